#include "copy-up.h"
#include "descriptors.h"
#include "filesystem.h"
#include "steps.h"

namespace {

// fsconfig takes strings of up to 255 bytes; mount(2) a page of them (an overlay's lowerdir).
constexpr u32 fsconfig_limit = 255;
constexpr u32 page = 4096;

bool needs_legacy(Strs parameters) {
  for (const Str parameter : parameters) {
    u32 key = 0;
    while (key < parameter.size && parameter.data[key] != '=') key++;
    if (key < parameter.size && parameter.size - key - 1 > fsconfig_limit) return true;
  }
  return false;
}

u64 legacy_flags(u64 attributes) {
  u64 flags = 0;
  if (attributes & MOUNT_ATTR_RDONLY) flags |= MS_RDONLY;
  if (attributes & MOUNT_ATTR_NOSUID) flags |= MS_NOSUID;
  if (attributes & MOUNT_ATTR_NODEV) flags |= MS_NODEV;
  if (attributes & MOUNT_ATTR_NOEXEC) flags |= MS_NOEXEC;
  if (attributes & MOUNT_ATTR_NODIRATIME) flags |= MS_NODIRATIME;
  if (attributes & MOUNT_ATTR_NOSYMFOLLOW) flags |= MS_NOSYMFOLLOW;
  const u64 access_time = attributes & MOUNT_ATTR__ATIME;
  flags |= access_time == MOUNT_ATTR_NOATIME ? MS_NOATIME : access_time == MOUNT_ATTR_STRICTATIME ? MS_STRICTATIME : MS_RELATIME;
  return flags;
}

// mount(2) onto the descriptor, named by the verified procfs and not by its path.
int mount_legacy(Context &context, const step::MountFs &step, int target) {
  char data[page];
  u32 size = 0;
  for (const Str parameter : step.parameters) {
    if (parameter.size + 1 > sizeof data - size)
      return context.fail("mount", -E2BIG, step.target, "its options take more than a page");
    if (size > 0) data[size++] = ',';
    memcpy(data + size, parameter.data, parameter.size);
    size += parameter.size;
  }
  data[size < page ? size : page - 1] = 0;
  const Descriptor directory = open_descriptor_directory(context);
  if (!directory.open()) return context.fail("openat2", directory.error(), "/proc/self/fd");
  if (const long result = sys::fchdir(directory.get()); result < 0) return context.fail("fchdir", result, "/proc/self/fd");
  const long result = sys::mount(step.source.data, DescriptorName(target).text, step.type.data,
                                 legacy_flags(step.attributes), data);
  if (const long back = sys::chdir("/"); back < 0) return context.fail("chdir", back, "/");
  return result < 0 ? context.fail("mount", result, step.target, in_the_root) : 0;
}

int copy(Context &context, const step::MountFs &step, int mount, int target) {
  const Descriptor from(sys::openat(target, ".", O_RDONLY | O_DIRECTORY));
  if (!from.open()) return context.fail("openat", from.error(), step.target, in_the_root);
  const Descriptor to(sys::openat(mount, ".", O_RDONLY | O_DIRECTORY));
  if (!to.open()) return context.fail("openat", to.error(), step.target, "the new file system");
  const char *call;
  if (const long result = copy_up(from.get(), to.get(), call); result < 0)
    return context.fail(call, result, step.target, "copying up");
  return 0;
}

} // namespace

int run(Context &context, const step::MountFs &step) {
  Descriptor target;
  struct statx status;
  bool made;
  const u64 resolve = step.must_be_directory ? RESOLVE_NO_SYMLINKS : 0;
  if (open_target(context, step.target, Kind::directory, step.mode, resolve, target, status, made) != 0) return -1;

  if (needs_legacy(step.parameters)) {
    if (step.copy_up || step.userns != step::no_slot)
      return context.fail("fsconfig", -EINVAL, step.target, "an option is longer than 255 bytes");
    if (mount_legacy(context, step, target.get()) != 0) return -1;
    return note_attached(context, status, step.target, step.keep);
  }

  Filesystem filesystem(context);
  if (filesystem.open(step.type) != 0) return -1;
  if (step.source.size > 0 && filesystem.set("source", step.source.data) != 0) return -1;
  for (const Str parameter : step.parameters)
    if (filesystem.set(parameter) != 0) return -1;
  Descriptor mount;
  const bool read_only_later = step.copy_up && step.attributes & MOUNT_ATTR_RDONLY;
  if (filesystem.create(step.attributes & ~static_cast<u64>(read_only_later ? MOUNT_ATTR_RDONLY : 0), mount) != 0)
    return -1;

  if (step.copy_up && copy(context, step, mount.get(), target.get()) != 0) return -1;
  if (step.inherit_mode && !made)
    if (const long result = change_mode(context, mount.get(), status.stx_mode & 07777); result < 0)
      return context.fail("fchmodat2", result, step.target, "the new file system");
  if (read_only_later)
    if (const long result = set_attributes(mount.get(), MOUNT_ATTR_RDONLY, 0, false); result < 0)
      return context.fail("mount_setattr", result, step.target);
  if (step.userns != step::no_slot)
    if (const long result = map_ids(mount.get(), context.slot(step.userns), false); result < 0)
      return context.fail("mount_setattr", result, step.target, "MOUNT_ATTR_IDMAP");
  return attach_for(context, static_cast<Descriptor &&>(mount), target.get(), status, step.target, step.keep);
}
