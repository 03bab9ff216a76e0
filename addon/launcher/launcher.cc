// bin/tsrunc-node. Node changes what a container would inherit (it raises RLIMIT_NOFILE, ignores SIGPIPE, marks descriptors
// close-on-exec) and obeys NODE_* and LD_* variables of the caller; so this comes first. It notes what Node would change,
// hides such variables under other names, and becomes Node on the bundled command line. The pid stays the same.
//
// Signals, measured with runc 1.1.5 (run, run -d, create): a signal its caller blocks is blocked in the container's process
// too; one its caller ignores is not ignored there. So the mask is noted, and dispositions are left: they end as default.
//
// Freestanding: no C library to set up, and nothing of LD_* is looked at.
#include <asm/fcntl.h>
#include <linux/fcntl.h>

#include "../core/raw.h"

namespace {

constexpr long at_cwd = -100;
constexpr int stderr_number = 2;
constexpr long rlimit_nofile = 7;

struct Text {
  char *data;
  size_t size;
  size_t used;

  void add(char letter) {
    // One byte stays for the NUL. Too long is cut and noticed by full().
    if (used + 1 < size) data[used++] = letter;
    data[used] = 0;
  }
  void add(const char *text) {
    while (*text) add(*text++);
  }
  void add_number(unsigned long number) {
    char digits[20];
    int count = 0;
    do {
      digits[count++] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    while (count > 0) add(digits[--count]);
  }
  bool full() const { return used + 1 >= size; }
};

template <size_t capacity> struct Buffer : Text {
  char bytes[capacity];
  Buffer() : Text{bytes, capacity, 0} { bytes[0] = 0; }
};

bool starts_with(const char *text, const char *start) {
  while (*start)
    if (*text++ != *start++) return false;
  return true;
}

[[noreturn]] void fail(const char *what, const char *path) {
  Buffer<5000> line;
  line.add("tsrunc: ");
  line.add(what);
  line.add(path);
  line.add('\n');
  raw::call(SYS_write, stderr_number, raw::pointer(line.data), static_cast<long>(line.used));
  raw::call(SYS_exit_group, 1);
  __builtin_unreachable();
}

// Variables that Node, its libraries or the dynamic loader obey. They are for the hooks of a container alone, which get the
// caller's environment where the configuration gives them none: src/hosts/node/main.ts takes the prefix off again.
bool is_obeyed(const char *variable) {
  static constexpr const char *names[] = {"NODE_", "LD_",  "UV_",      "OPENSSL_",        "SSL_",
                                          "ICU_",  "TZ=", "MALLOC_", "GLIBC_TUNABLES=", "TSRUNC_CALLER"};
  for (const char *name : names)
    if (starts_with(variable, name)) return true;
  return false;
}

constexpr const char hidden[] = "TSRUNC_CALLER_";

size_t length_of(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

// Copies text with its end, and returns what is behind.
char *append(char *to, const char *text) {
  while ((*to = *text++)) to++;
  return to;
}

// 0, 1 and 2 are there after this, so that no file tsrunc opens gets one of these numbers.
void fill_standard_descriptors() {
  for (long fd = 0; fd <= 2; fd++) {
    if (raw::call(SYS_fcntl, fd, F_GETFD) >= 0) continue;
    // The lowest free number is fd.
    raw::call(SYS_openat, at_cwd, raw::pointer("/dev/null"), O_RDWR);
  }
}

// "<soft> <hard> <mask> <fd>,<fd>…": RLIMIT_NOFILE, blocked signals, descriptors above 2. addon/core/inherited.cc reads it.
void describe_caller(Text &out) {
  struct {
    unsigned long soft, hard;
  } limit = {};
  raw::call(SYS_prlimit64, 0, rlimit_nofile, 0, raw::pointer(&limit));
  out.add_number(limit.soft);
  out.add(' ');
  out.add_number(limit.hard);
  out.add(' ');
  unsigned long mask = 0;
  raw::call(SYS_rt_sigprocmask, 0, 0, raw::pointer(&mask), sizeof mask);
  out.add_number(mask);
  out.add(' ');
  const long directory = raw::call(SYS_openat, at_cwd, raw::pointer("/proc/self/fd"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  alignas(8) char entries[4096];
  bool first = true;
  for (;;) {
    const long count = raw::call(SYS_getdents64, directory, raw::pointer(entries), sizeof entries);
    if (count <= 0) break;
    for (long at = 0; at < count;) {
      // struct linux_dirent64: u64 inode, s64 offset, u16 length, u8 type, name.
      const char *name = entries + at + 19;
      at += *reinterpret_cast<unsigned short *>(entries + at + 16);
      long number = 0;
      for (const char *digit = name; *digit; digit++) number = *digit == '.' ? -1 : number * 10 + (*digit - '0');
      if (number <= 2 || number == directory) continue;
      if (!first) out.add(',');
      first = false;
      out.add_number(static_cast<unsigned long>(number));
    }
  }
  raw::call(SYS_close, directory);
}

// The directory above the one this executable is in: <top>/bin/tsrunc.
void find_top(Text &out) {
  const long count = raw::call(SYS_readlinkat, at_cwd, raw::pointer("/proc/self/exe"), raw::pointer(out.data),
                               static_cast<long>(out.size - 1));
  if (count <= 0 || out.data[0] != '/') fail("cannot read /proc/self/exe", "");
  out.used = static_cast<size_t>(count);
  for (int parts = 0; parts < 2 && out.used > 0; parts++)
    while (out.used > 0 && out.data[--out.used] != '/') {
    }
  out.data[out.used] = 0;
}

bool exists(const char *path) { return raw::call(SYS_faccessat, at_cwd, raw::pointer(path), 4 /* R_OK */) == 0; }

} // namespace

extern "C" [[noreturn]] void launch(long *stack) {
  const long argc = stack[0];
  char **argv = reinterpret_cast<char **>(stack + 1);
  char **environment = argv + argc + 1;

  fill_standard_descriptors();

  static char caller_bytes[64 << 10];
  Text caller = {caller_bytes, sizeof caller_bytes, 0};
  caller.add("TSRUNC_CALLER=");
  describe_caller(caller);
  if (caller.full()) fail("too many open descriptors", "");

  Buffer<4096> bundle;
  find_top(bundle);
  const size_t top = bundle.used;
  bundle.add("/build/Release/tsrunc.cjs");
  if (!exists(bundle.data)) {
    // As installed by a package: PREFIX/bin/tsrunc, PREFIX/lib/tsrunc/tsrunc.cjs.
    bundle.used = top;
    bundle.add("/lib/tsrunc/tsrunc.cjs");
    if (!exists(bundle.data)) {
      bundle.used = top;
      bundle.add("/build/Release/tsrunc.cjs");
      fail("not built: no ", bundle.data);
    }
  }

  // The new argv and environment stand below the old ones; the caller's strings are used where they are.
  static constexpr const char *options[] = {TSRUNC_NODE_OPTIONS};
  constexpr long option_count = sizeof options / sizeof *options;
  long variables = 0;
  while (environment[variables]) variables++;
  const char **list =
      static_cast<const char **>(__builtin_alloca(static_cast<size_t>(argc + option_count + variables + 6) * sizeof(char *)));
  const char **new_argv = list;
  *list++ = "tsrunc";
  for (const char *option : options) *list++ = option;
  *list++ = bundle.data;
  for (long i = 1; i < argc; i++) *list++ = argv[i];
  *list++ = nullptr;
  const char **new_environment = list;
  for (long i = 0; i < variables; i++) {
    if (!is_obeyed(environment[i])) {
      *list++ = environment[i];
      continue;
    }
    auto *renamed = static_cast<char *>(__builtin_alloca(sizeof hidden + length_of(environment[i])));
    append(append(renamed, hidden), environment[i]);
    *list++ = renamed;
  }
  *list++ = caller.data;
  *list++ = nullptr;

  static constexpr const char *nodes[] = {TSRUNC_NODE, "/usr/bin/node", "/usr/local/bin/node", "/usr/bin/nodejs"};
  for (const char *node : nodes)
    raw::call(SYS_execve, raw::pointer(node), raw::pointer(new_argv), raw::pointer(new_environment));
  fail("cannot run Node.js: not at ", TSRUNC_NODE);
}

// The kernel starts a program with argc, argv, environment on the stack.
#if defined(__x86_64__)
asm(".global _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall launch\n");
#else
asm(".global _start\n_start:\n\tmov x29, xzr\n\tmov x0, sp\n\tbl launch\n");
#endif
