// The standalone executable: the same core as bytecode, over the same export table, on QuickJS.
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include "../core/clock.h"
#include "../core/result.h"
#include "../core/files.h"
#include "../core/inherited.h"
#include "exports.h"
#include "heap-layout.h"
#include "quickjs-values.h"
#include "snapshot.h"

extern char **environ;

namespace tsrunc::quickjs {

namespace {

JSValue throw_error(JSContext *context, const Error &error) {
  JSValue args[] = {write(context, std::string(error.syscall)), write(context, error.number),
                    write(context, error.path), write(context, error.remark)};
  // (syscall, errno, path, remark) => Error, registered by the host: TsruncError is a class of JavaScript.
  JSValue made = JS_Call(context, roots().error_factory, JS_UNDEFINED, 4, args);
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
    Result<T> result = traced<T>(export_name<function>, [](auto &...arg) { return function(arg...); }, args);
    if (result.failed()) return throw_error(context, result.error());
    return write(context, result.value());
  }
};

JSValue set_error_factory(JSContext *context, JSValueConst, int, JSValueConst *given) {
  roots().error_factory = JS_DupValue(context, given[0]);
  return JS_UNDEFINED;
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

bool new_context() {
  JSRuntime *runtime = JS_NewRuntime2(&arena_functions, nullptr);
  if (!runtime) return false;
  // A command lives for milliseconds: what it leaves behind goes with the process.
  JS_SetGCThreshold(runtime, static_cast<size_t>(-1));
  JSContext *context = JS_NewContextRaw(runtime);
  if (!context) return false;
  roots().runtime = runtime;
  roots().context = context;
  // Only what the core uses.
  JS_AddIntrinsicBaseObjects(context);
  JS_AddIntrinsicDate(context);
  JS_AddIntrinsicRegExpCompiler(context);
  JS_AddIntrinsicRegExp(context);
  JS_AddIntrinsicJSON(context);
  JS_AddIntrinsicMapSet(context);
  JS_AddIntrinsicTypedArrays(context);
  return true;
}

[[noreturn]] void fail(JSContext *context) {
  JSValue exception = JS_GetException(context);
  const char *text = JS_ToCString(context, exception);
  JSValue stack = JS_GetPropertyStr(context, exception, "stack");
  const char *trace = JS_IsString(stack) ? JS_ToCString(context, stack) : nullptr;
  dprintf(2, "tsrunc: internal error: %s\n%s", text ? text : "?", trace ? trace : "");
  _exit(1);
}

// Compiles the bundle: what the compiler needs for that would be garbage in the snapshot.
int compile(const std::string &source, const char *path) {
  JSContext *context = roots().context;
  // Neither the text of the source nor its line numbers: the bundle is one line.
  JS_SetStripInfo(roots().runtime, JS_STRIP_DEBUG);
  JS_AddIntrinsicEval(context);
  constexpr int flags = JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_COMPILE_ONLY;
  JSValue code = JS_Eval(context, source.c_str(), source.size(), "tsrunc.js", flags);
  if (JS_IsException(code)) fail(context);
  size_t size = 0;
  uint8_t *bytes = JS_WriteObject(context, &size, code, JS_WRITE_OBJ_BYTECODE);
  if (!bytes) fail(context);
  const std::string content(reinterpret_cast<char *>(bytes), size);
  return write_new(path, content, 0600).failed();
}

// QuickJS keeps names and shapes of objects in tables that grow by half or to the double when they are full, which copies them and writes to
// each shape, wherever it lies. Where that happens depends on the size of the core, so that a change of a line could make every command
// slower. Names and shapes that are made and freed here leave room for those of a command.
bool leave_room(JSContext *context) {
  constexpr int room = 1024;
  JSAtom names[room];
  JSValue objects[room];
  for (int i = 0; i < room; i++) {
    char name[32];
    snprintf(name, sizeof name, "a name that is free %d", i);
    names[i] = JS_NewAtom(context, name);
    objects[i] = JS_NewObject(context);
    if (JS_SetProperty(context, objects[i], names[i], JS_TRUE) < 0) return false;
  }
  // The first are free last, and taken first: those of a command lie close together.
  for (int i = room - 1; i >= 0; i--) {
    JS_FreeValue(context, objects[i]);
    JS_FreeAtom(context, names[i]);
  }
  return true;
}

// Runs the compiled bundle, a function of (exports), and keeps what it exports.
void load(const std::string &bytecode) {
  JSContext *context = roots().context;
  JSValue code = JS_ReadObject(context, reinterpret_cast<const uint8_t *>(bytecode.data()), bytecode.size(),
                               JS_READ_OBJ_BYTECODE);
  if (JS_IsException(code)) fail(context);
  JSValue body = JS_EvalFunction(context, code);
  if (JS_IsException(body)) fail(context);
  JSValue exports = JS_NewObject(context);
  JSValue result = JS_Call(context, body, JS_UNDEFINED, 1, &exports);
  if (JS_IsException(result)) fail(context);
  roots().main = JS_GetPropertyStr(context, exports, "run");
  roots().native = native_object(context);
  JSValue prepare = JS_GetPropertyStr(context, exports, "prepare");
  result = JS_Call(context, prepare, JS_UNDEFINED, 1, &roots().native);
  if (JS_IsException(result) || !leave_room(context)) fail(context);
}

int run_command(int argc, char **argv) {
  JSContext *context = roots().context;
  JS_UpdateStackTop(roots().runtime);
  JSValue args[] = {roots().native, arguments(context, argc, argv), environment(context), working_directory(context)};
  JSValue status = JS_Call(context, roots().main, JS_UNDEFINED, 4, args);
  if (JS_IsException(status)) fail(context);
  int code = 1;
  read(context, status, code);
  return code;
}

std::string content(const char *path) {
  auto text = read_file(path, 64 << 20);
  if (!text.failed()) return text.value();
  dprintf(2, "tsrunc: %s: %s\n", path, strerror(text.error().number));
  _exit(1);
}

// Asks QuickJS for more names and shapes of objects than it has lists of them: a command's own are looked for in any of these lists, and that
// reads what others there are. None is kept. A name that is freed leaves its number, by which shapes are found, to the next one: so
// the properties here are numbers.
int search_tables(int, char **) {
  JSContext *context = roots().context;
  constexpr uint32_t searches = 1 << 16;
  for (uint32_t i = 0; i < searches; i++) {
    char name[32];
    snprintf(name, sizeof name, "a name of nothing %u", i);
    JS_FreeAtom(context, JS_NewAtom(context, name));
    const JSValue object = JS_NewObject(context);
    if (JS_SetPropertyUint32(context, object, i, JS_TRUE) < 0) return 1;
    JS_FreeValue(context, object);
  }
  return 0;
}

// Runs commands, one in each line, its words separated by tabs, and writes what of the heap they use.
int train_heap(const char *bytecode, const char *commands, const char *result) {
  if (!prepare_training() || !new_context()) return 1;
  load(content(bytecode));
  end_snapshot();
  char name[] = "tsrunc";
  std::string lines = content(commands);
  char *next_line;
  for (char *line = strtok_r(lines.data(), "\n", &next_line); line; line = strtok_r(nullptr, "\n", &next_line)) {
    std::vector<char *> words = {name};
    char *next_word;
    for (char *word = strtok_r(line, "\t", &next_word); word; word = strtok_r(nullptr, "\t", &next_word))
      words.push_back(word);
    words.push_back(nullptr);
    if (!train(run_command, static_cast<int>(words.size() - 1), words.data())) return 1;
  }
  if (!train(search_tables, 0, nullptr, true)) return 1;
  return write_new(result, profile(), 0600).failed();
}

int make_heap(const char *bytecode, const char *result, const char *offsets, const char *profile) {
  if (!lay_out_by(content(profile)) || !new_context()) return 1;
  load(content(bytecode));
  if (!as_trained()) {
    dprintf(2, "tsrunc: QuickJS asked for other blocks than in training\n");
    return 1;
  }
  if (!forget_stack(roots().runtime)) {
    dprintf(2, "tsrunc: QuickJS keeps addresses of the stack in another way than is known\n");
    return 1;
  }
  return write_snapshot(result, offsets) ? 0 : 1;
}

// What the first link does, at build time:
//   compile BUNDLE BYTECODE
//   train BYTECODE COMMANDS PROFILE
//   load BYTECODE SNAPSHOT OFFSETS PROFILE
int make_snapshot(int argc, char **argv) {
  const std::string task = argc < 4 ? "" : argv[1];
  if (task == "compile") return new_context() ? compile(content(argv[2]), argv[3]) : 1;
  if (task == "train" && argc == 5) return train_heap(argv[2], argv[3], argv[4]);
  if (task == "load" && argc == 6) return make_heap(argv[2], argv[3], argv[4], argv[5]);
  return 1;
}

} // namespace

int run(int argc, char **argv) {
  if (making_snapshot()) return make_snapshot(argc, argv);
  fill_standard_descriptors();
  raise_file_limit();
  return run_command(argc, argv);
}

} // namespace tsrunc::quickjs

// QuickJS's clock, in the place of the C library's. It is also the seed of Math.random, which would make every heap another one.
extern "C" int gettimeofday(timeval *time, void *) {
  timespec now = {};
  if (!tsrunc::quickjs::making_snapshot()) now = tsrunc::time_of(CLOCK_REALTIME);
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

// _exit: nothing is buffered, and taking the heap apart would cost time for nothing.
int main(int argc, char **argv) { _exit(tsrunc::quickjs::run(argc, argv)); }
