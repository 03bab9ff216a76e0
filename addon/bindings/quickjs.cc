// The standalone executable: the same core as bytecode, over the same export table, on QuickJS.
#include <fcntl.h>
#include <unistd.h>

#include "../core/result.h"
#include "exports.h"
#include "quickjs-values.h"

// The compiled chunks, a table made by scripts/build-standalone.mjs.
struct Chunk {
  const char *name;
  const uint8_t *bytecode;
  uint32_t size;
};
extern const Chunk tsrunc_chunks[];

extern char **environ;

namespace tsrunc::quickjs {

namespace {

// (syscall, errno, path) => Error, registered by the host: TsruncError is a class of JavaScript.
JSValue error_factory = JS_UNDEFINED;

JSValue throw_error(JSContext *context, const Error &error) {
  JSValue args[] = {write(context, std::string(error.syscall)), write(context, error.number),
                    write(context, error.path)};
  JSValue made = JS_Call(context, error_factory, JS_UNDEFINED, 3, args);
  for (JSValue arg : args) JS_FreeValue(context, arg);
  return JS_IsException(made) ? made : JS_Throw(context, made);
}

inline JSValue write(JSContext *, const Done &) { return JS_UNDEFINED; }
using quickjs::write;

// Calls a function of the core with the arguments its signature asks for.
template <auto function> struct Call;
template <typename T, typename... Args, Result<T> (*function)(Args...)> struct Call<function> {
  static constexpr int count = sizeof...(Args);
  static JSValue run(JSContext *context, JSValueConst, int, JSValueConst *given) {
    std::tuple<std::decay_t<Args>...> args;
    [[maybe_unused]] size_t next = 0;
    std::apply([&](auto &...arg) { (quickjs::read(context, given[next++], arg), ...); }, args);
    Result<T> result = std::apply([](auto &...arg) { return function(arg...); }, args);
    if (result.failed()) return throw_error(context, result.error());
    return write(context, result.value());
  }
};

JSValue set_error_factory(JSContext *context, JSValueConst, int, JSValueConst *given) {
  error_factory = JS_DupValue(context, given[0]);
  return JS_UNDEFINED;
}

// require(name): runs a chunk, which is a function (exports, require, module), once; its exports are kept.
JSValue loaded = JS_UNDEFINED;

JSValue require_chunk(JSContext *context, JSValueConst, int, JSValueConst *given) {
  std::string name;
  read(context, given[0], name);
  JSValue known = JS_GetPropertyStr(context, loaded, name.c_str());
  if (!JS_IsUndefined(known)) return known;
  for (const Chunk *chunk = tsrunc_chunks; chunk->name; chunk++) {
    if (name != chunk->name) continue;
    JSValue code = JS_ReadObject(context, chunk->bytecode, chunk->size, JS_READ_OBJ_BYTECODE);
    if (JS_IsException(code)) return code;
    JSValue body = JS_EvalFunction(context, code);
    if (JS_IsException(body)) return body;
    JSValue global = JS_GetGlobalObject(context);
    JSValue module = JS_NewObject(context);
    JS_SetPropertyStr(context, module, "exports", JS_NewObject(context));
    JSValue args[] = {JS_GetPropertyStr(context, module, "exports"), JS_GetPropertyStr(context, global, "require"),
                      module};
    JSValue result = JS_Call(context, body, JS_UNDEFINED, 3, args);
    if (JS_IsException(result)) return result;
    JSValue exports = JS_GetPropertyStr(context, module, "exports");
    JS_SetPropertyStr(context, loaded, chunk->name, JS_DupValue(context, exports));
    return exports;
  }
  return JS_ThrowReferenceError(context, "no chunk %s in this executable", name.c_str());
}

JSValue native_object(JSContext *context) {
  JSValue object = JS_NewObject(context);
#define TSRUNC_FUNCTION(name, function)                                                                                \
  JS_SetPropertyStr(context, object, #name,                                                                            \
                    JS_NewCFunction(context, Call<&function>::run, #name, Call<&function>::count));
  TSRUNC_EXPORTS(TSRUNC_FUNCTION)
#undef TSRUNC_FUNCTION
  JS_SetPropertyStr(context, object, "setErrorFactory", JS_NewCFunction(context, set_error_factory, "", 1));
  return object;
}

JSValue arguments(JSContext *context, int argc, char **argv) {
  std::vector<std::string> list(argv + (argc > 0 ? 1 : 0), argv + argc);
  return write(context, list);
}

JSValue environment(JSContext *context) {
  JSValue object = JS_NewObject(context);
  for (char **variable = environ; *variable; variable++) {
    const std::string text = *variable;
    const size_t equals = text.find('=');
    if (equals == std::string::npos) continue;
    JS_SetPropertyStr(context, object, text.substr(0, equals).c_str(), write(context, text.substr(equals + 1)));
  }
  return object;
}

// The working directory; / where it was removed, so that commands without relative paths go on.
JSValue working_directory(JSContext *context) {
  char path[4096];
  return write(context, std::string(getcwd(path, sizeof path) && path[0] == '/' ? path : "/"));
}

// 0, 1 and 2 are there after this, so that no file tsrunc opens gets one of these numbers.
void fill_standard_descriptors() {
  for (int fd = 0; fd <= 2; fd++)
    if (fcntl(fd, F_GETFD) == -1) (void)open("/dev/null", O_RDWR);
}

JSContext *new_context() {
  JSRuntime *runtime = JS_NewRuntime();
  if (!runtime) return nullptr;
  // A command lives for milliseconds: what it leaves behind goes with the process.
  JS_SetGCThreshold(runtime, static_cast<size_t>(-1));
  JSContext *context = JS_NewContextRaw(runtime);
  if (!context) return nullptr;
  // Only what the core uses: each costs start-up time.
  JS_AddIntrinsicBaseObjects(context);
  JS_AddIntrinsicDate(context);
  JS_AddIntrinsicRegExpCompiler(context);
  JS_AddIntrinsicRegExp(context);
  JS_AddIntrinsicJSON(context);
  JS_AddIntrinsicMapSet(context);
  JS_AddIntrinsicTypedArrays(context);
  return context;
}

[[noreturn]] void fail(JSContext *context) {
  JSValue exception = JS_GetException(context);
  const char *text = JS_ToCString(context, exception);
  JSValue stack = JS_GetPropertyStr(context, exception, "stack");
  const char *trace = JS_IsString(stack) ? JS_ToCString(context, stack) : nullptr;
  dprintf(2, "tsrunc: internal error: %s\n%s", text ? text : "?", trace ? trace : "");
  _exit(1);
}

} // namespace

int run(int argc, char **argv) {
  fill_standard_descriptors();
  JSContext *context = new_context();
  if (!context) {
    dprintf(2, "tsrunc: cannot allocate memory\n");
    return 1;
  }
  JSValue global = JS_GetGlobalObject(context);
  loaded = JS_NewObject(context);
  JSValue require = JS_NewCFunction(context, require_chunk, "require", 1);
  JS_SetPropertyStr(context, global, "require", JS_DupValue(context, require));
  JSValue name = write(context, std::string("main"));
  JSValue entry = JS_Call(context, require, JS_UNDEFINED, 1, &name);
  if (JS_IsException(entry)) fail(context);
  JSValue main = JS_GetPropertyStr(context, entry, "run");
  JSValue args[] = {native_object(context), arguments(context, argc, argv), environment(context),
                    working_directory(context)};
  JSValue status = JS_Call(context, main, JS_UNDEFINED, 4, args);
  if (JS_IsException(status)) fail(context);
  int code = 1;
  read(context, status, code);
  return code;
}

} // namespace tsrunc::quickjs

// _exit: nothing is buffered, and taking the heap apart would cost time for nothing.
int main(int argc, char **argv) { _exit(tsrunc::quickjs::run(argc, argv)); }
