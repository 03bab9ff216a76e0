#include "init-image.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "descriptor.h"

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

Result<int> open_init_image() {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  // Linux 6.3 wants to be told that it is for executing, older kernels don't know the flag.
  Descriptor fd(memfd_create("tsrunc-init", flags | MFD_EXEC));
  if (!fd.valid() && errno == EINVAL) fd.reset(memfd_create("tsrunc-init", flags));
  if (!fd.valid()) return failure("memfd_create");

  const size_t size = static_cast<size_t>(tsrunc_init_image_end - tsrunc_init_image);
  for (size_t done = 0; done < size;) {
    ssize_t count = retried([&] { return write(fd.get(), tsrunc_init_image + done, size - done); });
    if (count < 0) return failure("write", "memfd:tsrunc-init");
    done += static_cast<size_t>(count);
  }

  constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (fcntl(fd.get(), F_ADD_SEALS, seals | F_SEAL_EXEC) < 0 && fcntl(fd.get(), F_ADD_SEALS, seals) < 0)
    return failure("fcntl", "memfd:tsrunc-init");
  return fd.release();
}

} // namespace tsrunc
