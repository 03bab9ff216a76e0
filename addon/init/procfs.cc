#include "procfs.h"

#include <asm/statfs.h>
#include <linux/magic.h>

long check_procfs(int descriptor) {
  struct statfs status = {};
  if (const long result = sys::fstatfs(descriptor, &status); result < 0) return result;
  return status.f_type == PROC_SUPER_MAGIC ? 0 : -EXDEV;
}

namespace {

Descriptor open_below(int directory, const char *path, u32 flags) {
  if (directory < 0) return Descriptor(directory);
  Descriptor file(sys::openat2(directory, path, flags, RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS));
  if (file.open())
    if (const long result = check_procfs(file.get()); result < 0) return Descriptor(result);
  return file;
}

int write_opened(Context &context, Descriptor file, PathBelow path, Str text) {
  if (!file.open()) return context.fail("openat2", file.error(), path);
  const long result = sys::write(file.get(), text.data, text.size);
  if (result < 0) return context.fail("write", result, path);
  return result == static_cast<long>(text.size) ? 0 : context.fail("write", -EIO, path);
}

} // namespace

int open_proc_root() {
  Descriptor proc(sys::openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW));
  if (!proc.open()) return static_cast<int>(proc.error());
  const long result = check_procfs(proc.get());
  return result < 0 ? static_cast<int>(result) : proc.release();
}

Descriptor open_proc(Context &context, const char *path, u32 flags) { return open_below(context.proc, path, flags); }

int write_proc(Context &context, const char *path, Str text) {
  return write_opened(context, open_proc(context, path, O_WRONLY | O_NOFOLLOW), {"/proc/", path}, text);
}

int write_sysctl(Context &context, const char *path, Str text) {
  const Descriptor directory = open_proc(context, "sys", O_PATH | O_DIRECTORY);
  return write_opened(context, open_below(directory.get(), path, O_WRONLY | O_NOFOLLOW), {"/proc/sys/", path}, text);
}
