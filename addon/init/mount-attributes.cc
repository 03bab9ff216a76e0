// Changes of mounts that are there: their target is opened anew each time, as a descriptor opened before the mount still
// refers to what lies below it.
#include "descriptors.h"
#include "mount.h"
#include "steps.h"

int run(Context &context, const step::TreePropagation &step) {
  context.tree_propagation = step.flags;
  const long result = sys::mount(nullptr, "/", nullptr, step.flags, nullptr);
  return result < 0 ? context.fail("mount", result, "/") : 0;
}

int run(Context &context, const step::MountAttributes &step) {
  const Descriptor target = open_mount(context, step.target);
  if (!target.open()) return context.fail("openat2", target.error(), step.target, in_the_root);
  const long result = set_attributes(target.get(), step.set_attributes, step.clear_attributes, step.recursive != 0);
  return result < 0 ? context.fail("mount_setattr", result, step.target, in_the_root) : 0;
}

int run(Context &context, const step::MountPropagation &step) {
  const Descriptor target = open_mount(context, step.target);
  if (!target.open()) return context.fail("openat2", target.error(), step.target, in_the_root);
  const long result = set_propagation(target.get(), step.flags);
  return result < 0 ? context.fail("mount_setattr", result, step.target, in_the_root) : 0;
}

int run(Context &context, const step::MountReconfigure &step) {
  const Descriptor target = open_mount(context, step.target);
  if (!target.open()) return context.fail("openat2", target.error(), step.target, in_the_root);
  const Descriptor folder = open_descriptor_folder(context);
  if (!folder.open()) return context.fail("openat2", folder.error(), "/proc/self/fd");
  if (const long result = sys::fchdir(folder.get()); result < 0) return context.fail("fchdir", result, "/proc/self/fd");
  const long result = sys::mount(nullptr, DescriptorName(target.get()).text, nullptr, step.flags | MS_REMOUNT,
                                 step.data.size > 0 ? step.data.data : nullptr);
  if (const long back = sys::chdir("/"); back < 0) return context.fail("chdir", back, "/");
  return result < 0 ? context.fail("mount", result, step.target, in_the_root) : 0;
}
