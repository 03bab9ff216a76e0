// The Node-API binding: every entry of the export table as a function of the addon's exports.
#include <dlfcn.h>
#include <napi.h>
#include <unistd.h>

#include "../core/result.h"
#include "../core/terminal-relay.h"
#include "exports.h"
#include "node-values.h"

namespace tsrunc::node {

namespace {

// (syscall, errno, path, remark) => Error, registered by the host: TsruncError is a class of JavaScript. Each worker of Node.js has its own
// classes, and V8 ends a process that calls a function of another thread.
thread_local Napi::FunctionReference error_factory;

void throw_error(Napi::Env env, const Error &error) {
  if (error_factory.IsEmpty()) {
    Napi::Error::New(env, error.syscall).ThrowAsJavaScriptException();
    return;
  }
  const Napi::Value made = error_factory.Call(
      {write(env, std::string(error.syscall)), write(env, error.number), write(env, error.path), write(env, error.remark)});
  if (!env.IsExceptionPending()) napi_throw(env, made);
}

inline Napi::Value write(Napi::Env env, const Done &) { return env.Undefined(); }
using node::write;

// Calls a function of the core with the arguments its signature asks for.
template <auto function> struct Call;
template <typename T, typename... Args, Result<T> (*function)(Args...)> struct Call<function> {
  static Napi::Value run(const Napi::CallbackInfo &info) {
    std::tuple<std::decay_t<Args>...> args;
    [[maybe_unused]] size_t next = 0;
    std::apply([&](auto &...arg) { (node::read(info[next++], arg), ...); }, args);
    Result<T> result = traced<T>(export_name<function>, [](auto &...arg) { return function(arg...); }, args);
    if (!result.failed()) return write(info.Env(), result.value());
    throw_error(info.Env(), result.error());
    return {};
  }
};

void set_error_factory(const Napi::CallbackInfo &info) {
  error_factory = Napi::Persistent(info[0].As<Napi::Function>());
  // The process ends with it.
  error_factory.SuppressDestruct();
}

// A worker of Node that ends takes its addons along, while our threads go on.
void stay_loaded() {
  Dl_info self;
  if (dladdr(reinterpret_cast<void *>(&stay_loaded), &self)) dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

void end_process(const Napi::CallbackInfo &info) { _exit(info[0].As<Napi::Number>().Int32Value()); }

Napi::Object exports_of(Napi::Env env, Napi::Object exports) {
  stay_loaded();
#define TSRUNC_PROPERTY(name, function) exports.Set(#name, Napi::Function::New<Call<&function>::run>(env, #name));
  TSRUNC_EXPORTS(TSRUNC_PROPERTY)
#undef TSRUNC_PROPERTY
  exports.Set("setErrorFactory", Napi::Function::New<set_error_factory>(env, "setErrorFactory"));
  exports.Set("openPipe", Napi::Function::New<Call<&open_pipe>::run>(env, "openPipe"));
  exports.Set("serveConsole", Napi::Function::New<Call<&serve_console>::run>(env, "serveConsole"));
  exports.Set("serveTerminal", Napi::Function::New<Call<&serve_terminal>::run>(env, "serveTerminal"));
  exports.Set("resizeTerminal", Napi::Function::New<Call<&resize_terminal>::run>(env, "resizeTerminal"));
  exports.Set("watchProcess", Napi::Function::New<Call<&watch_process>::run>(env, "watchProcess"));
  exports.Set("exit", Napi::Function::New<end_process>(env, "exit"));
  return exports;
}

} // namespace

NODE_API_MODULE(tsrunc, exports_of)

} // namespace tsrunc::node
