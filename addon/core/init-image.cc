#include "init-image.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>

#include "raw.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

// Set by the assembler source that scripts/embed-init.mjs writes.
extern "C" const char tsrunc_init_image[];
extern "C" const char tsrunc_init_image_end[];

namespace tsrunc {

int open_init_image_raw(const char *&failed) {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const auto give_up = [&](const char *call, long fd, long result) {
    failed = call;
    if (fd >= 0) raw::call(SYS_close, fd);
    return static_cast<int>(result);
  };
  // Linux 6.3 wants to be told that it is for executing, older kernels don't know the flag.
  long fd = raw::call(SYS_memfd_create, raw::pointer("tsrunc-init"), flags | MFD_EXEC);
  if (fd == -EINVAL) fd = raw::call(SYS_memfd_create, raw::pointer("tsrunc-init"), flags);
  if (fd < 0) return give_up("memfd_create", -1, fd);

  const long size = tsrunc_init_image_end - tsrunc_init_image;
  for (long done = 0; done < size;) {
    const long count = raw::call(SYS_write, fd, raw::pointer(tsrunc_init_image + done), size - done);
    if (count <= 0) return give_up("write", fd, count < 0 ? count : -EIO);
    done += count;
  }

  constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  long sealed = raw::call(SYS_fcntl, fd, F_ADD_SEALS, seals | F_SEAL_EXEC);
  if (sealed < 0) sealed = raw::call(SYS_fcntl, fd, F_ADD_SEALS, seals);
  if (sealed < 0) return give_up("fcntl", fd, sealed);
  return static_cast<int>(fd);
}

} // namespace tsrunc
