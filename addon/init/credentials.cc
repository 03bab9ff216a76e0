#include "credentials.h"

#include "procfs.h"
#include "steps.h"

#include <linux/prctl.h>

namespace {

// What the kernel has now must be what was asked for: to it 4294967295 (-1) is no id but "leave as it is", with success.
int verify(Context &context, long call, const char *name, u32 wanted) {
  u32 real, effective, saved;
  if (const long result = sys::invoke(call, &real, &effective, &saved); result < 0) return context.fail(name, result);
  if (real == wanted && effective == wanted && saved == wanted) return 0;
  return context.fail(name, -EPERM, no_path, "the process has ", static_cast<u64>(effective), ", not ", static_cast<u64>(wanted));
}

// Shell sort with Knuth's gaps: the kernel sorts groups by their ids outside of the user namespace.
void sort(u32 *numbers, u32 count) {
  u32 gap = 1;
  while (gap < count / 3) gap = gap * 3 + 1;
  for (; gap > 0; gap /= 3)
    for (u32 i = gap; i < count; i++) {
      const u32 number = numbers[i];
      u32 at = i;
      for (; at >= gap && numbers[at - gap] > number; at -= gap) numbers[at] = numbers[at - gap];
      numbers[at] = number;
    }
}

// The supplementary groups are those of the plan, in whatever order.
int verify_groups(Context &context, Bytes groups) {
  const u32 count = groups.size / 4;
  const long has = sys::invoke(__NR_getgroups, 0, nullptr);
  if (has < 0) return context.fail("getgroups", has);
  if (has != static_cast<long>(count))
    return context.fail("getgroups", -EPERM, no_path, "the process has ", static_cast<u64>(has), " groups, not ",
                        static_cast<u64>(count));
  if (count == 0) return 0;
  auto *wanted = static_cast<u32 *>(allocate(groups.size * 2ull, true));
  u32 *found = wanted + count;
  memcpy(wanted, groups.data, groups.size);
  if (const long result = sys::invoke(__NR_getgroups, count, found); result != has)
    return context.fail("getgroups", result < 0 ? result : -EPERM);
  sort(wanted, count);
  sort(found, count);
  for (u32 i = 0; i < count; i++)
    if (wanted[i] != found[i])
      return context.fail("getgroups", -EPERM, no_path, "the process is not in group ", static_cast<u64>(wanted[i]));
  return 0;
}

// Whether the kernel refuses setgroups(2) in our user namespace. Another's EPERM, of a filter for example, would leave us the groups of the
// runtime.
bool denies_setgroups(Context &context) {
  const Descriptor file = open_proc(context, "self/setgroups", O_RDONLY | O_NOFOLLOW);
  char text[4];
  return file.open() && sys::read(file.get(), text, sizeof text) == sizeof text && memcmp(text, "deny", sizeof text) == 0;
}

} // namespace

int change_ids(Context &context, u32 uid, u32 gid) {
  if (const long result = sys::invoke(__NR_setresgid, gid, gid, gid); result < 0)
    return context.fail("setresgid", result, no_path, static_cast<u64>(gid));
  if (const long result = sys::invoke(__NR_setresuid, uid, uid, uid); result < 0)
    return context.fail("setresuid", result, no_path, static_cast<u64>(uid));
  if (verify(context, __NR_getresgid, "getresgid", gid) != 0 || verify(context, __NR_getresuid, "getresuid", uid) != 0)
    return -1;
  // A change of ids sets dumpable to what fs.suid_dumpable says.
  if (context.undumpable)
    if (const long result = sys::prctl(PR_SET_DUMPABLE, 0); result < 0)
      return context.fail("prctl", result, no_path, "PR_SET_DUMPABLE");
  return 0;
}

int run(Context &context, const step::NoNewPrivileges &) {
  const long result = sys::prctl(PR_SET_NO_NEW_PRIVS, 1);
  return result < 0 ? context.fail("prctl", result, no_path, "PR_SET_NO_NEW_PRIVS") : 0;
}

int run(Context &context, const step::User &step) {
  // Permitted capabilities survive the change of ids; the capabilities step says what becomes of them.
  if (const long result = sys::prctl(PR_SET_KEEPCAPS, 1); result < 0)
    return context.fail("prctl", result, no_path, "PR_SET_KEEPCAPS");
  if (step.set_groups != 0) {
    const long result = sys::invoke(__NR_setgroups, step.groups.size / 4, step.groups.data);
    if (result < 0 && !(step.set_groups == 2 && result == -EPERM && denies_setgroups(context)))
      return context.fail("setgroups", result);
    if (result == 0 && verify_groups(context, step.groups) != 0) return -1;
  }
  return change_ids(context, step.uid, step.gid);
}
