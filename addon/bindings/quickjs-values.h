// Values between JavaScript and C++ on QuickJS: read(context, value, out) and write(context, value) for every type that
// appears in a signature of the export table. Wrong types read as empty values: the core's callers are typed.
#pragma once

#include <quickjs/quickjs.h>

#include "../core/types.h"

namespace tsrunc::quickjs {

inline void read(JSContext *context, JSValueConst value, int &out) { JS_ToInt32(context, &out, value); }
inline void read(JSContext *context, JSValueConst value, uint32_t &out) { JS_ToUint32(context, &out, value); }
inline void read(JSContext *context, JSValueConst value, double &out) { JS_ToFloat64(context, &out, value); }
inline void read(JSContext *context, JSValueConst value, bool &out) { out = JS_ToBool(context, value) > 0; }

inline void read(JSContext *context, JSValueConst value, std::string &out) {
  if (!JS_IsString(value)) return;
  size_t length = 0;
  const char *text = JS_ToCStringLen(context, &length, value);
  if (!text) return;
  out.assign(text, length);
  JS_FreeCString(context, text);
  // Half of a surrogate pair, which is no UTF-8, becomes U+FFFD, as everywhere else.
  for (size_t at = out.find('\xed'); at != std::string::npos; at = out.find('\xed', at + 1))
    if (static_cast<uint8_t>(out[at + 1]) >= 0xa0) out.replace(at, 3, "\xef\xbf\xbd");
}

inline void read(JSContext *context, JSValueConst value, ByteSpan &out) {
  size_t offset = 0;
  size_t length = 0;
  JSValue buffer = JS_GetTypedArrayBuffer(context, value, &offset, &length, nullptr);
  if (JS_IsException(buffer)) return;
  size_t size = 0;
  const uint8_t *data = JS_GetArrayBuffer(context, &size, buffer);
  if (data) out = {data + offset, length};
  // The typed array keeps its buffer alive.
  JS_FreeValue(context, buffer);
}

template <typename T> void read(JSContext *context, JSValueConst value, std::vector<T> &out);

inline void read(JSContext *context, JSValueConst value, PlanValue &out) {
  if (JS_IsNumber(value)) {
    // As unsigned numbers from -2^31 on: i32 as well as u32.
    int64_t number = 0;
    JS_ToInt64(context, &number, value);
    out.value = static_cast<uint32_t>(number);
  } else if (JS_IsBigInt(context, value)) {
    int64_t number = 0;
    JS_ToBigInt64(context, &number, value);
    out.value = static_cast<uint64_t>(number);
  } else if (JS_IsString(value)) {
    read(context, value, out.value.emplace<std::string>());
  } else if (JS_IsArray(context, value) > 0) {
    read(context, value, out.value.emplace<std::vector<std::string>>());
  } else {
    read(context, value, out.value.emplace<ByteSpan>());
  }
}

// The names of the fields of T, each as QuickJS knows it: to look for one takes a microsecond.
template <typename T> const JSAtom *names_of(JSContext *context) {
  static JSAtom names[std::tuple_size_v<decltype(T::fields())>];
  if (names[0] == JS_ATOM_NULL) {
    JSAtom *name = names;
    std::apply([&](auto... fields) { ((*name++ = JS_NewAtom(context, fields.name)), ...); }, T::fields());
  }
  return names;
}

inline JSAtom length_name(JSContext *context) {
  static const JSAtom name = JS_NewAtom(context, "length");
  return name;
}

template <typename T> auto read(JSContext *context, JSValueConst value, T &out) -> decltype(T::fields(), void()) {
  const JSAtom *name = names_of<T>(context);
  std::apply(
      [&](auto... fields) {
        auto one = [&](const auto &field) {
          JSValue member = JS_GetProperty(context, value, *name++);
          read(context, member, out.*field.member);
          JS_FreeValue(context, member);
        };
        (one(fields), ...);
      },
      T::fields());
}

template <typename T> void read(JSContext *context, JSValueConst value, std::vector<T> &out) {
  JSValue count = JS_GetProperty(context, value, length_name(context));
  uint32_t length = 0;
  read(context, count, length);
  JS_FreeValue(context, count);
  out.resize(length);
  for (uint32_t i = 0; i < out.size(); i++) {
    JSValue element = JS_GetPropertyUint32(context, value, i);
    read(context, element, out[i]);
    JS_FreeValue(context, element);
  }
}

inline JSValue write(JSContext *context, int value) { return JS_NewInt32(context, value); }
inline JSValue write(JSContext *context, uint32_t value) { return JS_NewUint32(context, value); }
inline JSValue write(JSContext *context, double value) { return JS_NewFloat64(context, value); }
inline JSValue write(JSContext *context, bool value) { return JS_NewBool(context, value); }

inline JSValue write(JSContext *context, const std::string &value) {
  return JS_NewStringLen(context, value.data(), value.size());
}

inline JSValue write(JSContext *context, const Bytes &value) {
  JSValue buffer = JS_NewArrayBufferCopy(context, value.data.data(), value.data.size());
  if (JS_IsException(buffer)) return buffer;
  // The constructor reads its three parameters (buffer, offset, length) whatever the count says.
  JSValue parameters[] = {buffer, JS_UNDEFINED, JS_UNDEFINED};
  JSValue array = JS_NewTypedArray(context, 3, parameters, JS_TYPED_ARRAY_UINT8);
  JS_FreeValue(context, buffer);
  return array;
}

template <typename T> JSValue write(JSContext *context, const std::vector<T> &value);
template <typename T> JSValue write(JSContext *context, const std::optional<T> &value);

template <typename T> auto write(JSContext *context, const T &value) -> decltype(T::fields(), JSValue()) {
  JSValue object = JS_NewObject(context);
  const JSAtom *name = names_of<T>(context);
  std::apply(
      [&](auto... fields) {
        (JS_DefinePropertyValue(context, object, *name++, write(context, value.*fields.member), JS_PROP_C_W_E), ...);
      },
      T::fields());
  return object;
}

template <typename T> JSValue write(JSContext *context, const std::vector<T> &value) {
  JSValue array = JS_NewArray(context);
  for (uint32_t i = 0; i < value.size(); i++) JS_SetPropertyUint32(context, array, i, write(context, value[i]));
  return array;
}

template <typename T> JSValue write(JSContext *context, const std::optional<T> &value) {
  return value ? write(context, *value) : JS_NULL;
}

} // namespace tsrunc::quickjs
