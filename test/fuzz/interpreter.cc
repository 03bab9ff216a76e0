// Why a program can't be executed: init looks for the interpreter in a file of the container's.
// First: the C library's headers would hide what the kernel's have.
#include "../../addon/init/executable.h"

#include "harness.h"

#include <string>
#include <sys/mman.h>

namespace {

Context context;

} // namespace

void try_input(const uint8_t *data, size_t size) {
  static const int file = memfd_create("program", MFD_CLOEXEC);
  sys::invoke(__NR_ftruncate, file, 0);
  sys::invoke(__NR_pwrite64, file, data, size, 0);
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  context.fail("execve", -ENOENT, path.c_str());
  explain_failure(context, path.c_str(), -ENOENT);
  const Str text = context.failure_text.get();
  require(text.size <= sizeof(Text), "the words fit");
  volatile u64 sum = 0;
  for (u32 i = 0; i < text.size; i++) sum = sum + static_cast<u8>(text.data[i]);
}
