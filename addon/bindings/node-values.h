// Values between JavaScript and C++ over Node-API: read(value, out) and write(env, value) for every type that appears in
// a signature of the export table. Wrong types read as empty values: the core's callers are typed.
#pragma once

#include <napi.h>

#include "../core/types.h"

namespace tsrunc::node {

inline void read(Napi::Value value, int &out) { out = value.ToNumber().Int32Value(); }
inline void read(Napi::Value value, uint32_t &out) { out = value.ToNumber().Uint32Value(); }
inline void read(Napi::Value value, double &out) { out = value.ToNumber().DoubleValue(); }
inline void read(Napi::Value value, bool &out) { out = value.ToBoolean().Value(); }

inline void read(Napi::Value value, std::string &out) {
  if (value.IsString()) out = value.As<Napi::String>().Utf8Value();
}

inline void read(Napi::Value value, ByteSpan &out) {
  if (!value.IsTypedArray()) return;
  const auto bytes = value.As<Napi::Uint8Array>();
  out = {bytes.Data(), bytes.ByteLength()};
}

template <typename T> void read(Napi::Value value, std::vector<T> &out);

inline void read(Napi::Value value, PlanValue &out) {
  bool lossless;
  // As unsigned numbers from -2^31 on: i32 as well as u32.
  if (value.IsNumber()) out.value = static_cast<uint32_t>(value.As<Napi::Number>().Int64Value());
  else if (value.IsBigInt()) out.value = static_cast<uint64_t>(value.As<Napi::BigInt>().Int64Value(&lossless));
  else if (value.IsString()) read(value, out.value.emplace<std::string>());
  else if (value.IsArray()) read(value, out.value.emplace<std::vector<std::string>>());
  else read(value, out.value.emplace<ByteSpan>());
}

template <typename T> auto read(Napi::Value value, T &out) -> decltype(T::fields(), void()) {
  if (!value.IsObject()) return;
  const auto object = value.As<Napi::Object>();
  std::apply([&](auto... fields) { (read(object.Get(fields.name), out.*fields.member), ...); }, T::fields());
}

template <typename T> void read(Napi::Value value, std::vector<T> &out) {
  if (!value.IsArray()) return;
  const auto array = value.As<Napi::Array>();
  out.resize(array.Length());
  for (uint32_t i = 0; i < out.size(); i++) read(array.Get(i), out[i]);
}

inline Napi::Value write(Napi::Env env, int value) { return Napi::Number::New(env, value); }
inline Napi::Value write(Napi::Env env, uint32_t value) { return Napi::Number::New(env, value); }
inline Napi::Value write(Napi::Env env, double value) { return Napi::Number::New(env, value); }
inline Napi::Value write(Napi::Env env, bool value) { return Napi::Boolean::New(env, value); }
inline Napi::Value write(Napi::Env env, const std::string &value) { return Napi::String::New(env, value); }

inline Napi::Value write(Napi::Env env, const Bytes &value) {
  auto array = Napi::Uint8Array::New(env, value.data.size());
  if (!value.data.empty()) __builtin_memcpy(array.Data(), value.data.data(), value.data.size());
  return array;
}

template <typename T> Napi::Value write(Napi::Env env, const std::vector<T> &value);
template <typename T> Napi::Value write(Napi::Env env, const std::optional<T> &value);

template <typename T> auto write(Napi::Env env, const T &value) -> decltype(T::fields(), Napi::Value()) {
  auto object = Napi::Object::New(env);
  std::apply([&](auto... fields) { (object.Set(fields.name, write(env, value.*fields.member)), ...); }, T::fields());
  return object;
}

template <typename T> Napi::Value write(Napi::Env env, const std::vector<T> &value) {
  auto array = Napi::Array::New(env, value.size());
  for (uint32_t i = 0; i < value.size(); i++) array.Set(i, write(env, value[i]));
  return array;
}

template <typename T> Napi::Value write(Napi::Env env, const std::optional<T> &value) {
  return value ? write(env, *value) : env.Null();
}

} // namespace tsrunc::node
