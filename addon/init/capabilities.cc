#include "steps.h"

#include <linux/capability.h>
#include <linux/prctl.h>

namespace {

__user_cap_header_struct header() { return {_LINUX_CAPABILITY_VERSION_3, 0}; }

// Names the first capability of a set.
int refuse(Context &context, const char *call, u64 set, const char *why) {
  return context.fail(call, -EPERM, "capability ", static_cast<u64>(__builtin_ctzll(set)), why);
}

} // namespace

int run(Context &context, const step::BoundingSet &step) {
  for (u64 capability = 0; capability < 64; capability++) {
    if (step.keep >> capability & 1) continue;
    const long result = sys::prctl(PR_CAPBSET_DROP, capability);
    if (result == -EINVAL) break; // beyond the last one the kernel knows
    if (result == 0) continue;
    // Nothing to drop: no right is needed for that.
    if (result == -EPERM && sys::prctl(PR_CAPBSET_READ, capability) == 0) continue;
    return context.fail("prctl", result, "PR_CAPBSET_DROP, capability ", capability);
  }
  return 0;
}

int run(Context &context, const step::Capabilities &step) {
  __user_cap_header_struct target = header();
  __user_cap_data_struct data[2];
  if (const long result = sys::invoke(__NR_capget, &target, data); result < 0) return context.fail("capget", result);
  const u64 held = data[0].permitted | static_cast<u64>(data[1].permitted) << 32;
  if (const u64 missing = step.permitted & ~held; missing != 0)
    return refuse(context, "capset", missing, " (not permitted to this process)");
  if (const u64 missing = step.effective & ~step.permitted; missing != 0)
    return refuse(context, "capset", missing, " (effective, but not permitted)");
  for (u64 left = step.inheritable; left != 0; left &= left - 1) {
    const u64 capability = static_cast<u64>(__builtin_ctzll(left));
    if (sys::prctl(PR_CAPBSET_READ, capability) != 1)
      return refuse(context, "capset", left & -left, " (inheritable, but not in the bounding set)");
  }
  for (int half = 0; half < 2; half++) {
    data[half].effective = static_cast<u32>(step.effective >> 32 * half);
    data[half].permitted = static_cast<u32>(step.permitted >> 32 * half);
    data[half].inheritable = static_cast<u32>(step.inheritable >> 32 * half);
  }
  target = header();
  if (const long result = sys::invoke(__NR_capset, &target, data); result < 0) return context.fail("capset", result);
  if (const long result = sys::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL); result < 0)
    return context.fail("prctl", result, "PR_CAP_AMBIENT_CLEAR_ALL");
  for (u64 left = step.ambient; left != 0; left &= left - 1) {
    const u64 capability = static_cast<u64>(__builtin_ctzll(left));
    const long result = sys::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability);
    if (result < 0) return context.fail("prctl", result, "PR_CAP_AMBIENT_RAISE, capability ", capability);
  }
  return 0;
}
