#include "descriptors.h"

#include "procfs.h"

#include <asm/resource.h>
#include <linux/close_range.h>

long give_file_limit(const Context &context) {
  return sys::invoke(__NR_prlimit64, 0, RLIMIT_NOFILE, &context.file_limit, nullptr);
}

namespace {

// Where a preserved descriptor is missing, one of init's own has taken its number: those have close-on-exec.
long close_own_below(int first, const int *keep, int count) {
  for (int descriptor = 3; descriptor < first; descriptor++) {
    bool kept = false;
    for (int i = 0; i < count; i++) kept = kept || keep[i] == descriptor;
    if (kept) continue;
    const long flags = sys::invoke(__NR_fcntl, descriptor, F_GETFD, 0);
    if (flags == -EBADF) continue;
    if (flags < 0) return flags;
    if ((flags & FD_CLOEXEC) == 0) continue;
    if (const long result = sys::close(descriptor); result < 0) return result;
  }
  return 0;
}

} // namespace

int seal(Context &context) {
  if (context.sealed) return 0;
  context.sealed = true;
  if (!context.umask_given)
    if (const long result = sys::umask(context.inherited_umask); result < 0) return context.fail("umask", result);
  if (!context.file_limit_given)
    if (const long result = give_file_limit(context); result < 0)
      return context.fail("prlimit64", result, no_path, "RLIMIT_NOFILE");
  const u32 kept_slots[] = {context.start_slot, context.status_slot, context.hook_out_slot, context.hook_err_slot};
  int keep[] = {context.socket,
                context.root,
                context.slot(kept_slots[0]),
                context.slot(kept_slots[1]),
                context.slot(kept_slots[2]),
                context.slot(kept_slots[3])};
  constexpr int count = sizeof keep / sizeof *keep;
  for (int i = 1; i < count; i++)
    for (int j = i; j > 0 && keep[j - 1] > keep[j]; j--) {
      const int greater = keep[j - 1];
      keep[j - 1] = keep[j];
      keep[j] = greater;
    }
  u32 first = 3 + context.preserve;
  if (const long result = close_own_below(static_cast<int>(first), keep, count); result < 0)
    return context.fail("close", result);
  for (const int kept : keep) {
    if (kept < static_cast<int>(first)) continue;
    if (static_cast<u32>(kept) > first)
      if (const long result = sys::close_range(first, static_cast<u32>(kept) - 1, 0); result < 0)
        return context.fail("close_range", result);
    first = static_cast<u32>(kept) + 1;
  }
  if (const long result = sys::close_range(first, ~0u, 0); result < 0) return context.fail("close_range", result);
  context.proc = context.time_offsets = -EBADF;
  context.null_device.descriptor = context.empty_directory.descriptor = -EBADF;
  for (u32 slot = 0; slot < context.slots_end; slot++) {
    bool stays = false;
    for (const u32 kept : kept_slots) stays = stays || slot == kept;
    if (!stays) context.slots[slot] = 0;
  }
  return 0;
}

void close_root(Context &context) {
  if (context.root_detached) return;
  if (context.root >= 0) sys::close(context.root);
  context.root = -1;
}

DescriptorName::DescriptorName(int descriptor) {
  char digits[12];
  int at = sizeof digits;
  digits[--at] = 0;
  do digits[--at] = static_cast<char>('0' + descriptor % 10);
  while ((descriptor /= 10) > 0);
  memcpy(text, digits + at, sizeof digits - static_cast<usize>(at));
}

Descriptor open_descriptor_directory(Context &context) {
  return open_proc(context, "self/fd", O_RDONLY | O_DIRECTORY);
}
