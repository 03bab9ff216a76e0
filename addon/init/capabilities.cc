#include "steps.h"

#include <linux/capability.h>
#include <linux/prctl.h>

namespace {

// The last one of Linux 5.9, CAP_CHECKPOINT_RESTORE: the calls that init is made of are newer, so that a kernel knows all up to it.
constexpr u64 surely_known = 40;

__user_cap_header_struct header() { return {_LINUX_CAPABILITY_VERSION_3, 0}; }

// capget(2) of this process. Holds what no process has where the answer is none of the kernel's.
long get(__user_cap_data_struct (&data)[2]) {
  memset(data, 0xff, sizeof data);
  __user_cap_header_struct target = header();
  return sys::invoke(__NR_capget, &target, data);
}

// Names the first capability of a set.
int refuse(Context &context, const char *call, u64 set, const char *why) {
  return context.fail(call, -EPERM, no_path, "capability ", static_cast<u64>(__builtin_ctzll(set)), why);
}

} // namespace

int run(Context &context, const step::BoundingSet &step) {
  for (u64 capability = 0; capability < 64; capability++) {
    if (step.keep >> capability & 1) continue;
    const long result = sys::prctl(PR_CAPBSET_DROP, capability);
    if (result == 0) continue;
    const long held = sys::prctl(PR_CAPBSET_READ, capability);
    // Nothing to drop: no right is needed for that.
    if (result == -EPERM && held == 0) continue;
    // Beyond the last one the kernel knows. A filter in front of the runtime may answer EINVAL to any.
    if (result == -EINVAL && held == -EINVAL && capability > surely_known) break;
    return context.fail("prctl", result, no_path, "PR_CAPBSET_DROP, capability ", capability);
  }
  return 0;
}

int run(Context &context, const step::Capabilities &step) {
  __user_cap_data_struct data[2];
  if (const long result = get(data); result < 0) return context.fail("capget", result);
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
  __user_cap_data_struct wanted[2];
  for (int half = 0; half < 2; half++) {
    wanted[half].effective = static_cast<u32>(step.effective >> 32 * half);
    wanted[half].permitted = static_cast<u32>(step.permitted >> 32 * half);
    wanted[half].inheritable = static_cast<u32>(step.inheritable >> 32 * half);
  }
  __user_cap_header_struct target = header();
  if (const long result = sys::invoke(__NR_capset, &target, wanted); result < 0) return context.fail("capset", result);
  // Filters that play root to an unprivileged process answer 0 to capset and change nothing; the container's own, which may be
  // loaded by now, can be one.
  if (const long result = get(data); result < 0) return context.fail("capget", result);
  if (memcmp(data, wanted, sizeof data) != 0) return context.fail("capset", -EPERM, no_path, "answered without an effect");
  if (const long result = sys::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL); result < 0)
    return context.fail("prctl", result, no_path, "PR_CAP_AMBIENT_CLEAR_ALL");
  for (u64 left = step.ambient; left != 0; left &= left - 1) {
    const u64 capability = static_cast<u64>(__builtin_ctzll(left));
    const long result = sys::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability);
    if (result < 0) return context.fail("prctl", result, no_path, "PR_CAP_AMBIENT_RAISE, capability ", capability);
  }
  return 0;
}
