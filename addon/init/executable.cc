#include "executable.h"

#include "steps.h"

#include <asm/statfs.h>
#include <linux/elf.h>

namespace {

constexpr u32 execute = 1;

// Whether this process may execute path: 0 or a negative errno.
long check(const char *path) {
  struct statx status;
  long result = sys::statx(AT_FDCWD, path, 0, STATX_TYPE, &status);
  if (result < 0) return result;
  if ((status.stx_mode & S_IFMT) == S_IFDIR) return -EISDIR;
  if ((status.stx_mode & S_IFMT) != S_IFREG) return -EACCES;
  // A seccomp filter that is loaded by now may not know faccessat2, or forbid it.
  constexpr u32 effective_ids = 0x200;
  result = sys::faccessat2(AT_FDCWD, path, execute, effective_ids);
  return result == -ENOSYS || result == -EPERM ? sys::faccessat(AT_FDCWD, path, execute) : result;
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
  char *candidate = static_cast<char *>(allocate(path.size + name.size + 3ull));
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

// Whether the interpreter of a file is there; says so if it isn't.
void explain_interpreter(Context &context, Str interpreter) {
  char path[512];
  if (interpreter.size == 0 || interpreter.size >= sizeof path) return;
  memcpy(path, interpreter.data, interpreter.size);
  path[interpreter.size] = 0;
  struct statx status;
  const long result = sys::statx(AT_FDCWD, path, 0, STATX_TYPE, &status);
  if (result != -ENOENT && result != -ENOTDIR) return;
  context.failure_text.add(" (its interpreter ");
  context.failure_text.add(str(path));
  context.failure_text.add(" is missing)");
}

void explain_missing(Context &context, int file) {
  char head[512];
  const long size = sys::pread(file, head, sizeof head, 0);
  if (size >= 2 && head[0] == '#' && head[1] == '!') {
    u32 start = 2;
    while (start < size && (head[start] == ' ' || head[start] == '\t')) start++;
    u32 end = start;
    while (end < size && head[end] != ' ' && head[end] != '\t' && head[end] != '\n') end++;
    explain_interpreter(context, {head + start, end - start});
    return;
  }
  Elf64_Ehdr elf;
  if (size < static_cast<long>(sizeof elf)) return;
  memcpy(&elf, head, sizeof elf);
  if (memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 || elf.e_ident[EI_CLASS] != ELFCLASS64) return;
  for (u32 i = 0; i < elf.e_phnum && i < 64; i++) {
    Elf64_Phdr segment;
    const u64 at = elf.e_phoff + i * sizeof segment;
    if (sys::pread(file, &segment, sizeof segment, at) != static_cast<long>(sizeof segment)) return;
    if (segment.p_type != PT_INTERP) continue;
    char interpreter[512];
    const u64 length = segment.p_filesz < sizeof interpreter ? segment.p_filesz : sizeof interpreter;
    const long got = sys::pread(file, interpreter, length, segment.p_offset);
    u32 end = 0;
    while (end < got && interpreter[end] != 0) end++;
    return explain_interpreter(context, {interpreter, end});
  }
}

} // namespace

void explain_failure(Context &context, const char *path, long result) {
  if (result == -EACCES) {
    const Descriptor file(sys::openat(AT_FDCWD, path, O_PATH));
    struct statfs filesystem = {};
    constexpr long noexec = 8;
    if (file.open() && sys::fstatfs(file.get(), &filesystem) == 0 && (filesystem.f_flags & noexec) != 0)
      context.failure_text.add(" (its file system is mounted noexec)");
  }
  if (result == -ENOEXEC) context.failure_text.add(" (neither a program for this machine nor a script that begins with #!)");
  if (result != -ENOENT) return;
  const Descriptor file(sys::openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (file.open()) explain_missing(context, file.get());
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
  context.fail("execve", result, step.name);
  if (has_slash) explain_failure(context, step.name.data, result);
  return -1;
}
