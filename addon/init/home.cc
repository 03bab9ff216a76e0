#include "passwd.h"
#include "steps.h"

namespace {

constexpr u64 passwd_limit = 1u << 20;

// /etc/passwd as far as it may be read, of a root file system that means no good. Its links end in this root in any case; magic
// ones, which needn't, are not followed.
int read_passwd(Context &context, Str &passwd) {
  constexpr const char *path = "/etc/passwd";
  passwd = {"", 0};
  const Descriptor file(sys::openat2(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, RESOLVE_NO_MAGICLINKS));
  if (!file.open()) return sys::absent(file.error()) ? 0 : context.fail("openat2", file.error(), path);
  struct statx status;
  if (const long result = sys::fstatx(file.get(), STATX_BASIC_STATS, &status); result < 0)
    return context.fail("statx", result, path);
  if ((status.stx_mode & S_IFMT) != S_IFREG) return 0;
  auto *data = static_cast<char *>(allocate(passwd_limit));
  u64 size = 0;
  while (size < passwd_limit) {
    const long result = sys::read(file.get(), data + size, passwd_limit - size);
    if (result < 0) return context.fail("read", result, path);
    if (result == 0) break;
    size += static_cast<u64>(result);
  }
  passwd = {data, static_cast<u32>(size)};
  return 0;
}

} // namespace

int run(Context &context, const step::Home &step) {
  Str passwd;
  if (read_passwd(context, passwd) != 0) return -1;
  Str home = home_directory(passwd, step.uid);
  if (home.size == 0) home = str("/");
  auto *text = static_cast<char *>(allocate(home.size + 6ull, true));
  memcpy(text, "HOME=", 5);
  memcpy(text + 5, home.data, home.size);
  text[5 + home.size] = 0;
  context.home = text;
  return 0;
}
