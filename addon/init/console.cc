#include "mount.h"
#include "socket.h"
#include "steps.h"

#include <asm/ioctls.h>
#include <asm/statfs.h>
#include <linux/magic.h>

namespace {

constexpr const char *ptmx_path = "/dev/pts/ptmx";

long check_devpts(int descriptor) {
  struct statfs filesystem = {};
  if (const long result = sys::fstatfs(descriptor, &filesystem); result < 0) return result;
  return filesystem.f_type == DEVPTS_SUPER_MAGIC ? 0 : -ENODEV;
}

// The multiplexer of the container's own devpts: looked at before it is opened, as opening anything else could do anything
// (CVE-2025-52565). Both times it is the one in the directory that was found to be a devpts: there are no symlinks in one, nothing is
// renamed, and no other mount is entered. Inode 2 is ptmx in every devpts.
int open_master(Context &context, Descriptor &master) {
  constexpr u64 resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
  const Descriptor directory = open_in_root(context, "/dev/pts", O_DIRECTORY, RESOLVE_NO_SYMLINKS);
  if (!directory.open()) return context.fail("openat2", directory.error(), ptmx_path, in_the_root);
  const Descriptor ptmx(sys::openat2(directory.get(), "ptmx", O_PATH | O_NOFOLLOW, resolve));
  if (!ptmx.open()) return context.fail("openat2", ptmx.error(), ptmx_path, in_the_root);
  struct statx status;
  if (const long result = sys::fstatx(ptmx.get(), STATX_BASIC_STATS, &status); result < 0)
    return context.fail("statx", result, ptmx_path, in_the_root);
  const bool is_ptmx = (status.stx_mode & S_IFMT) == S_IFCHR && status.stx_rdev_major == 5 &&
                       status.stx_rdev_minor == 2 && status.stx_ino == 2;
  const long result = is_ptmx ? check_devpts(directory.get()) : -ENODEV;
  if (result < 0) return context.fail("fstatfs", result, ptmx_path, "no devpts is mounted at /dev/pts in the root file system");
  master = Descriptor(sys::openat2(directory.get(), "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW, resolve));
  return master.open() ? 0 : context.fail("openat2", master.error(), ptmx_path, in_the_root);
}

int bind_console(Context &context, int slave) {
  Descriptor target;
  if (open_file_target(context, str("/dev/console"), 0600, target) != 0) return -1;
  const Descriptor tree = clone_tree(slave, false);
  if (!tree.open()) return context.fail("open_tree", tree.error(), "/dev/console");
  const long result = attach(tree.get(), target.get());
  return result < 0 ? context.fail("move_mount", result, "/dev/console", in_the_root) : 0;
}

} // namespace

int run(Context &context, const step::Console &step) {
  Descriptor master;
  if (open_master(context, master) != 0) return -1;
  i32 unlock = 0;
  if (const long result = sys::ioctl(master.get(), TIOCSPTLCK, sys::word(&unlock)); result < 0)
    return context.fail("ioctl", result, no_path, "TIOCSPTLCK");
  u32 number;
  if (const long result = sys::ioctl(master.get(), TIOCGPTN, sys::word(&number)); result < 0)
    return context.fail("ioctl", result, no_path, "TIOCGPTN");
  if (step.rows != 0 || step.columns != 0) {
    const u16 size[] = {static_cast<u16>(step.rows), static_cast<u16>(step.columns), 0, 0};
    if (const long result = sys::ioctl(master.get(), TIOCSWINSZ, sys::word(size)); result < 0)
      return context.fail("ioctl", result, no_path, "TIOCSWINSZ");
  }
  // The other end of this very terminal, whatever lies at /dev/pts/<number> by now.
  const Descriptor slave(sys::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave.open()) return context.fail("ioctl", slave.error(), no_path, "TIOCGPTPEER");
  if (const long result = check_devpts(slave.get()); result < 0) return context.fail("fstatfs", result, no_path, "TIOCGPTPEER");
  Text name;
  name.add("/dev/pts/");
  name.add(static_cast<u64>(number));
  if (const long result = sys::fchownat(slave.get(), "", step.uid, ~0u, AT_EMPTY_PATH); result < 0)
    return context.fail("fchownat", result, name.get(), in_the_root);
  if (step.bind && bind_console(context, slave.get()) != 0) return -1;
  send_descriptor(context, message::console, 0, name.get(), master.get());

  if (const long result = sys::ioctl(slave.get(), TIOCSCTTY, 0); result < 0)
    return context.fail("ioctl", result, no_path, "TIOCSCTTY");
  for (int stream = 0; stream < 3; stream++)
    if (const long result = sys::dup3(slave.get(), stream, 0); result < 0) return context.fail("dup3", result);
  return 0;
}
