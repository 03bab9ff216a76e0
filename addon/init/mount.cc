#include "mount.h"

long set_attributes(int descriptor, u64 set, u64 clear, bool recursive) {
  // The kernel wants the whole of the access time setting cleared where a part of it is set.
  if (set & MOUNT_ATTR__ATIME) clear |= MOUNT_ATTR__ATIME;
  const mount_attr attributes{set, clear, 0, 0};
  return sys::mount_setattr(descriptor, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes,
                            sizeof attributes);
}

long set_propagation(int descriptor, u64 flags) {
  const mount_attr attributes{0, 0, flags & (MS_SHARED | MS_SLAVE | MS_PRIVATE | MS_UNBINDABLE), 0};
  return sys::mount_setattr(descriptor, "", AT_EMPTY_PATH | (flags & MS_REC ? AT_RECURSIVE : 0), &attributes,
                            sizeof attributes);
}

long map_ids(int tree, int user_namespace, bool recursive) {
  const mount_attr attributes{MOUNT_ATTR_IDMAP, 0, 0, static_cast<u64>(user_namespace)};
  return sys::mount_setattr(tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes, sizeof attributes);
}

long attach(int tree, int target) {
  return sys::move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

Descriptor clone_tree(int descriptor, bool recursive) {
  return Descriptor(
      sys::open_tree(descriptor, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | (recursive ? AT_RECURSIVE : 0)));
}

long attach_shared(SharedMount &mount, int target) {
  if (mount.descriptor < 0) return mount.descriptor;
  if (!mount.attached) {
    const long result = attach(mount.descriptor, target);
    mount.attached = result == 0;
    return result;
  }
  const Descriptor tree = clone_tree(mount.descriptor, false);
  return tree.open() ? attach(tree.get(), target) : tree.error();
}

int open_target(Context &context, Str path, Kind kind, u32 mode, u64 resolve, Descriptor &target, bool &made) {
  target = make_in_root(context, path, kind, mode, resolve, made);
  if (!target.open()) return context.fail("openat2", target.error(), path, in_the_root);
  struct statx status;
  if (const long result = sys::fstatx(target.get(), STATX_BASIC_STATS | STATX_MNT_ID, &status); result < 0)
    return context.fail("statx", result, path, in_the_root);
  if (is_root(context, status)) return context.fail("move_mount", -EBUSY, path, " (is the root file system itself)");
  return 0;
}
