// Values between JavaScript and C++ over Node-API: read(env, value, out) and write(env, value) for every type that
// appears in a signature of the export table. Wrong types read as empty values: the core's callers are typed.
#pragma once

#include <node_api.h>

#include "../core/types.h"

namespace tsrunc::node {

inline void read(napi_env env, napi_value value, int &out) { napi_get_value_int32(env, value, &out); }
inline void read(napi_env env, napi_value value, uint32_t &out) { napi_get_value_uint32(env, value, &out); }
inline void read(napi_env env, napi_value value, double &out) { napi_get_value_double(env, value, &out); }
inline void read(napi_env env, napi_value value, bool &out) { napi_get_value_bool(env, value, &out); }

inline void read(napi_env env, napi_value value, std::string &out) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) return;
  out.resize(length);
  napi_get_value_string_utf8(env, value, out.data(), length + 1, &length);
}

inline void read(napi_env env, napi_value value, ByteSpan &out) {
  void *data = nullptr;
  napi_get_typedarray_info(env, value, nullptr, &out.size, &data, nullptr, nullptr);
  out.data = static_cast<const uint8_t *>(data);
}

template <typename T> void read(napi_env env, napi_value value, std::vector<T> &out);

template <typename T> auto read(napi_env env, napi_value value, T &out) -> decltype(T::fields(), void()) {
  std::apply(
      [&](auto... fields) {
        auto one = [&](const auto &field) {
          napi_value member = nullptr;
          if (napi_get_named_property(env, value, field.name, &member) == napi_ok) read(env, member, out.*field.member);
        };
        (one(fields), ...);
      },
      T::fields());
}

template <typename T> void read(napi_env env, napi_value value, std::vector<T> &out) {
  uint32_t length = 0;
  if (napi_get_array_length(env, value, &length) != napi_ok) return;
  out.resize(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value element = nullptr;
    if (napi_get_element(env, value, i, &element) == napi_ok) read(env, element, out[i]);
  }
}

inline napi_value write(napi_env env, int value) {
  napi_value result = nullptr;
  napi_create_int32(env, value, &result);
  return result;
}
inline napi_value write(napi_env env, uint32_t value) {
  napi_value result = nullptr;
  napi_create_uint32(env, value, &result);
  return result;
}
inline napi_value write(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}
inline napi_value write(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}
inline napi_value write(napi_env env, const std::string &value) {
  napi_value result = nullptr;
  napi_create_string_utf8(env, value.data(), value.size(), &result);
  return result;
}
inline napi_value write(napi_env env, const Bytes &value) {
  void *data = nullptr;
  napi_value buffer = nullptr;
  napi_value result = nullptr;
  napi_create_arraybuffer(env, value.data.size(), &data, &buffer);
  if (!value.data.empty()) __builtin_memcpy(data, value.data.data(), value.data.size());
  napi_create_typedarray(env, napi_uint8_array, value.data.size(), buffer, 0, &result);
  return result;
}

template <typename T> napi_value write(napi_env env, const std::vector<T> &value);

template <typename T> auto write(napi_env env, const T &value) -> decltype(T::fields(), napi_value()) {
  napi_value result = nullptr;
  napi_create_object(env, &result);
  std::apply(
      [&](auto... fields) {
        (napi_set_named_property(env, result, fields.name, write(env, value.*fields.member)), ...);
      },
      T::fields());
  return result;
}

template <typename T> napi_value write(napi_env env, const std::vector<T> &value) {
  napi_value result = nullptr;
  napi_create_array_with_length(env, value.size(), &result);
  for (uint32_t i = 0; i < value.size(); i++) napi_set_element(env, result, i, write(env, value[i]));
  return result;
}

template <typename T> napi_value write(napi_env env, const std::optional<T> &value) {
  if (value) return write(env, *value);
  napi_value result = nullptr;
  napi_get_null(env, &result);
  return result;
}

} // namespace tsrunc::node
