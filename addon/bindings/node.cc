// The Node-API binding: every entry of the export table as a function of the addon's exports.
#include <node_api.h>

#include "../core/result.h"
#include "exports.h"
#include "node-values.h"

namespace tsrunc::node {

namespace {

// (syscall, errno, path) => Error, registered by the host: TsruncError is a class of JavaScript.
napi_ref error_factory = nullptr;

void throw_error(napi_env env, const Error &error) {
  napi_value factory = nullptr;
  napi_value global = nullptr;
  napi_value made = nullptr;
  napi_value args[] = {write(env, std::string(error.syscall)), write(env, error.number), write(env, error.path)};
  napi_get_global(env, &global);
  if (!error_factory || napi_get_reference_value(env, error_factory, &factory) != napi_ok ||
      napi_call_function(env, global, factory, 3, args, &made) != napi_ok) {
    napi_throw_error(env, nullptr, error.syscall);
    return;
  }
  napi_throw(env, made);
}

inline napi_value write(napi_env, const Done &) { return nullptr; }
using node::write;

// Calls a function of the core with the arguments its signature asks for.
template <auto function> struct Call;
template <typename T, typename... Args, Result<T> (*function)(Args...)> struct Call<function> {
  static napi_value run(napi_env env, napi_callback_info info) {
    // One more than there are, for functions without arguments.
    napi_value given[sizeof...(Args) + 1] = {};
    size_t count = sizeof...(Args);
    napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
    std::tuple<std::decay_t<Args>...> args;
    size_t next = 0;
    std::apply([&](auto &...arg) { (node::read(env, given[next++], arg), ...); }, args);
    Result<T> result = std::apply([](auto &...arg) { return function(arg...); }, args);
    if (result.failed()) {
      throw_error(env, result.error());
      return nullptr;
    }
    return write(env, result.value());
  }
};

napi_value set_error_factory(napi_env env, napi_callback_info info) {
  napi_value factory = nullptr;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, &factory, nullptr, nullptr);
  if (error_factory) napi_delete_reference(env, error_factory);
  error_factory = nullptr;
  napi_create_reference(env, factory, 1, &error_factory);
  return nullptr;
}

napi_property_descriptor property(const char *name, napi_callback callback) {
  return {name, nullptr, callback, nullptr, nullptr, nullptr, napi_enumerable, nullptr};
}

} // namespace

NAPI_MODULE_INIT() {
  const napi_property_descriptor properties[] = {
#define TSRUNC_PROPERTY(name, function) property(#name, Call<&function>::run),
      TSRUNC_EXPORTS(TSRUNC_PROPERTY)
#undef TSRUNC_PROPERTY
          property("setErrorFactory", set_error_factory),
  };
  napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties);
  return exports;
}

} // namespace tsrunc::node
