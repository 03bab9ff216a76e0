// Taking a mount of a running container away.
#include "descriptors.h"
#include "open-in-root.h"
#include "steps.h"

// MNT_DETACH and UMOUNT_NOFOLLOW of umount(2).
constexpr u32 detach_nofollow = 2 | 8;

int run(Context &context, const step::Unmount &step) {
  Place place;
  // A link of the container's would have us take away what hides or protects a path elsewhere, or a mount of the host's.
  if (const long result = open_place(context, step.target, place, RESOLVE_NO_SYMLINKS); result < 0)
    return context.fail("openat2", result, step.target, in_the_root);
  // umount2 takes a path and nothing else: one component, from the directory that was opened.
  if (const long result = sys::fchdir(place.directory.get()); result < 0)
    return context.fail("fchdir", result, step.target, in_the_root);
  if (const long result = sys::umount2(place.name, detach_nofollow); result < 0)
    return context.fail("umount2", result, step.target, in_the_root);
  return 0;
}
