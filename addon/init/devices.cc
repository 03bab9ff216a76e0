// Device nodes and links in the root, each made by the descriptor of the folder it is in.
#include "root.h"
#include "steps.h"

namespace {

// Owner and mode of something just made. The mode was given to mkdirat or mknodat with an empty umask, which a default ACL of
// the folder overrides.
int dress(Context &context, int descriptor, const struct statx &status, u32 mode, u32 uid, u32 gid, Str path) {
  if (status.stx_uid != uid || status.stx_gid != gid)
    if (const long result = sys::fchownat(descriptor, "", uid, gid, AT_EMPTY_PATH); result < 0)
      return context.fail("fchownat", result, path, in_the_root);
  if ((status.stx_mode & 07777u) != (mode & 07777u))
    if (const long result = change_mode(context, descriptor, mode & 07777u); result < 0)
      return context.fail("fchmodat2", result, path, in_the_root);
  return 0;
}

} // namespace

int run(Context &context, const step::DeviceNode &step) {
  Place place;
  if (const long result = open_place(context, step.path, place); result < 0)
    return context.fail("openat2", result, step.path, in_the_root);
  const u32 type = step.type & S_IFMT;
  const long made = sys::mknodat(place.folder.get(), place.name, type | (step.mode & 07777u),
                                 sys::device_number(step.major, step.minor));
  if (made < 0 && made != -EEXIST) return context.fail("mknodat", made, step.path, in_the_root);
  const Descriptor node(sys::openat(place.folder.get(), place.name, O_PATH | O_NOFOLLOW));
  if (!node.open()) return context.fail("openat", node.error(), step.path, in_the_root);
  struct statx status;
  if (const long result = sys::fstatx(node.get(), STATX_BASIC_STATS, &status); result < 0)
    return context.fail("statx", result, step.path, in_the_root);
  const bool same = (status.stx_mode & S_IFMT) == type &&
                    (type == S_IFIFO || (status.stx_rdev_major == step.major && status.stx_rdev_minor == step.minor));
  if (!same) return context.fail("mknodat", -EEXIST, step.path, in_the_root);
  return made == 0 ? dress(context, node.get(), status, step.mode, step.uid, step.gid, step.path) : 0;
}

int run(Context &context, const step::Symlink &step) {
  Place place;
  if (const long result = open_place(context, step.path, place); result < 0)
    return context.fail("openat2", result, step.path, in_the_root);
  long result = sys::symlinkat(step.target.data, place.folder.get(), place.name);
  if (result == -EEXIST) {
    char target[4096];
    const long size = sys::readlinkat(place.folder.get(), place.name, target, sizeof target);
    if (size >= 0 && equal({target, static_cast<u32>(size)}, step.target)) return 0;
    if (!step.replace) return context.fail("symlinkat", -EEXIST, step.path, in_the_root);
    result = sys::unlinkat(place.folder.get(), place.name, 0);
    if (result < 0 && result != -ENOENT) return context.fail("unlinkat", result, step.path, in_the_root);
    result = sys::symlinkat(step.target.data, place.folder.get(), place.name);
  }
  return result < 0 ? context.fail("symlinkat", result, step.path, in_the_root) : 0;
}
