#include "credentials.h"

#include "steps.h"

#include <linux/prctl.h>

int change_ids(Context &context, u32 uid, u32 gid) {
  if (const long result = sys::invoke(__NR_setresgid, gid, gid, gid); result < 0)
    return context.fail("setresgid", result, static_cast<u64>(gid));
  if (const long result = sys::invoke(__NR_setresuid, uid, uid, uid); result < 0)
    return context.fail("setresuid", result, static_cast<u64>(uid));
  // A change of ids sets dumpable to what fs.suid_dumpable says.
  if (context.undumpable)
    if (const long result = sys::prctl(PR_SET_DUMPABLE, 0); result < 0)
      return context.fail("prctl", result, "PR_SET_DUMPABLE");
  return 0;
}

int run(Context &context, const step::NoNewPrivileges &) {
  const long result = sys::prctl(PR_SET_NO_NEW_PRIVS, 1);
  return result < 0 ? context.fail("prctl", result, "PR_SET_NO_NEW_PRIVS") : 0;
}

int run(Context &context, const step::User &step) {
  // Permitted capabilities survive the change of ids; the capabilities step says what becomes of them.
  if (const long result = sys::prctl(PR_SET_KEEPCAPS, 1); result < 0) return context.fail("prctl", result, "PR_SET_KEEPCAPS");
  if (step.set_groups != 0) {
    const long result = sys::invoke(__NR_setgroups, step.groups.size / 4, step.groups.data);
    if (result < 0 && !(step.set_groups == 2 && result == -EPERM)) return context.fail("setgroups", result);
  }
  return change_ids(context, step.uid, step.gid);
}
