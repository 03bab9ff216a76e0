// Changes of mounts that are there.
#include "mount.h"
#include "steps.h"

int run(Context &context, const step::TreePropagation &step) {
  // Without MS_REC it is that of the root alone, which no tree that was cloned before has to share.
  context.tree_propagation = step.flags & MS_REC ? step.flags : 0;
  const long result = sys::mount(nullptr, "/", nullptr, step.flags, nullptr);
  return result < 0 ? context.fail("mount", result, "/") : 0;
}

int run(Context &context, const step::MountAttributes &step) {
  Descriptor opened;
  const int mount = find_mount(context, step.mount, step.target, opened);
  if (mount < 0) return context.fail("openat2", mount, step.target, in_the_root);
  const long result = set_attributes(mount, step.set_attributes, step.clear_attributes, step.recursive != 0);
  return result < 0 ? context.fail("mount_setattr", result, step.target, in_the_root) : 0;
}

int run(Context &context, const step::MountPropagation &step) {
  if (step.mount < slot_limit && context.slots[step.mount] == Context::no_mount) return 0;
  Descriptor opened;
  const int mount = find_mount(context, step.mount, step.target, opened);
  if (mount < 0) return context.fail("openat2", mount, step.target, in_the_root);
  const long result = set_propagation(mount, step.flags);
  return result < 0 ? context.fail("mount_setattr", result, step.target, in_the_root) : 0;
}
