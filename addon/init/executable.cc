#include "executable.h"

#include "steps.h"

#include <asm/statfs.h>
#include <linux/elf.h>

namespace {

constexpr u32 execute = 1;

// Whether this process may execute a file or enter a directory: 0 or a negative errno.
long may_execute(const char *path) {
  // A seccomp filter that is loaded by now may not know faccessat2, or forbid it.
  constexpr u32 effective_ids = 0x200;
  const long result = sys::faccessat2(AT_FDCWD, path, execute, effective_ids);
  return result == -ENOSYS || result == -EPERM ? sys::faccessat(AT_FDCWD, path, execute) : result;
}

// The same for a program, which has to be a file.
long check(const char *path) {
  struct statx status;
  long result = sys::statx(AT_FDCWD, path, 0, STATX_TYPE, &status);
  if (result < 0) return result;
  if ((status.stx_mode & S_IFMT) == S_IFDIR) return -EISDIR;
  if ((status.stx_mode & S_IFMT) != S_IFREG) return -EACCES;
  return may_execute(path);
}

// A directory on the way to an absolute path that this process may not enter: NUL-terminated, nullptr if there is none.
const char *closed_directory(const char *path) {
  if (path[0] != '/') return may_execute("/") == -EACCES ? "/" : nullptr;
  static char directory[4096] = "/";
  for (u32 at = 0; path[at] != 0 && at < sizeof directory - 1; at++) {
    if (path[at] == '/') {
      directory[at == 0 ? 1 : at] = 0;
      if (may_execute(directory) == -EACCES) return directory;
    }
    directory[at] = path[at];
  }
  return nullptr;
}

// Blames a directory rather than the program in it. The runtime knows the beginning for the root directory.
bool explain_directory(Context &context, const char *path) {
  const char *directory = closed_directory(path);
  if (directory == nullptr) return false;
  Text &remark = context.failure_text;
  remark.add(directory[1] == 0 ? "the root directory" : "the directory ");
  if (directory[1] != 0) remark.add(directory);
  remark.add(" can't be entered by the user of the process, who lacks the right x there");
  return true;
}

// Whether a program that isn't at one place may be at another: as execvp(3), which doesn't take the next one because of a lack of
// memory or an error on disk.
bool elsewhere(long result) {
  switch (-result) {
    case ENOENT:
    case ENOTDIR:
    case EACCES:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case ESTALE:
    case ENODEV:
    case ETIMEDOUT: return true;
    default: return false;
  }
}

// Along PATH. What was found but can't be executed counts when nothing else is found.
long search(Context &context, Str name, Str path) {
  long outcome = -ENOENT;
  char *candidate = static_cast<char *>(allocate(path.size + name.size + 3ull, true));
  for (u32 at = 0; at <= path.size; at++) {
    const u32 start = at;
    while (at < path.size && path.data[at] != ':') at++;
    u32 size = at - start;
    // An empty entry is the working directory.
    if (size == 0) candidate[size++] = '.';
    else memcpy(candidate, path.data + start, size);
    candidate[size++] = '/';
    memcpy(candidate + size, name.data, name.size + 1);
    const long result = check(candidate);
    if (result == 0) {
      context.executable = candidate;
      return 0;
    }
    if (!elsewhere(result)) return result;
    if (result == -EACCES) outcome = result;
  }
  return outcome;
}

// Whether the interpreter of a file is missing; says so if it is.
bool explain_interpreter(Context &context, Str interpreter) {
  char path[512];
  if (interpreter.size == 0 || interpreter.size >= sizeof path) return false;
  memcpy(path, interpreter.data, interpreter.size);
  path[interpreter.size] = 0;
  struct statx status;
  const long result = sys::statx(AT_FDCWD, path, 0, STATX_TYPE, &status);
  if (result != -ENOENT && result != -ENOTDIR) return false;
  context.failure_text.add("its interpreter ");
  context.failure_text.add(str(path));
  context.failure_text.add(" is missing");
  return true;
}

bool explain_missing(Context &context, int file) {
  char head[512];
  const long size = sys::pread(file, head, sizeof head, 0);
  if (size >= 2 && head[0] == '#' && head[1] == '!') {
    u32 start = 2;
    while (start < size && (head[start] == ' ' || head[start] == '\t')) start++;
    u32 end = start;
    while (end < size && head[end] != ' ' && head[end] != '\t' && head[end] != '\n') end++;
    return explain_interpreter(context, {head + start, end - start});
  }
  Elf64_Ehdr elf;
  if (size < static_cast<long>(sizeof elf)) return false;
  memcpy(&elf, head, sizeof elf);
  if (memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 || elf.e_ident[EI_CLASS] != ELFCLASS64) return false;
  for (u32 i = 0; i < elf.e_phnum && i < 64; i++) {
    Elf64_Phdr segment;
    const u64 at = elf.e_phoff + i * sizeof segment;
    if (sys::pread(file, &segment, sizeof segment, at) != static_cast<long>(sizeof segment)) return false;
    if (segment.p_type != PT_INTERP) continue;
    char interpreter[512];
    const u64 length = segment.p_filesz < sizeof interpreter ? segment.p_filesz : sizeof interpreter;
    const long got = sys::pread(file, interpreter, length, segment.p_offset);
    u32 end = 0;
    while (end < got && interpreter[end] != 0) end++;
    return explain_interpreter(context, {interpreter, end});
  }
  return false;
}

bool forbidden_by_mount(const char *path) {
  const Descriptor file(sys::openat(AT_FDCWD, path, O_PATH));
  struct statfs filesystem = {};
  constexpr long noexec = 8;
  return file.open() && sys::fstatfs(file.get(), &filesystem) == 0 && (filesystem.f_flags & noexec) != 0;
}

} // namespace

void explain_failure(Context &context, const char *path, long result) {
  Text &remark = context.failure_text;
  if (result == -EACCES && explain_directory(context, path)) return;
  if (result == -EACCES)
    remark.add(forbidden_by_mount(path) ? "its file system is mounted noexec"
                                        : "the user of the process has no right to execute it, or its interpreter can't be executed");
  if (result == -ENOEXEC) remark.add("neither a program for this machine nor a script that begins with #!");
  if (result != -ENOENT) return;
  const Descriptor file(sys::openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (file.error() == -ENOENT || (file.open() && explain_missing(context, file.get()))) return;
  remark.add("its interpreter may be missing: the program of its #! line, or its dynamic loader");
}

int run(Context &context, const step::FindExecutable &step) {
  bool has_slash = false;
  for (u32 i = 0; i < step.name.size; i++) has_slash |= step.name.data[i] == '/';
  long result = -ENOENT;
  if (has_slash) {
    result = check(step.name.data);
    context.executable = step.name.data;
  } else if (step.name.size > 0) {
    result = search(context, step.name, step.path);
  }
  if (result == 0) return 0;
  if (!has_slash) {
    context.fail("execve", result, no_path, "");
    if (result == -EACCES) explain_directory(context, "");
    return -1;
  }
  const char *path = step.name.data;
  context.fail("execve", result, path);
  explain_failure(context, path, result);
  return -1;
}
