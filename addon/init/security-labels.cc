#include "procfs.h"
#include "steps.h"

#include <linux/keyctl.h>

int run(Context &context, const step::ApparmorProfile &step) {
  char text[4096] = "exec ";
  if (step.profile.size + 5 > sizeof text) return context.fail("write", -ENAMETOOLONG, step.profile);
  memcpy(text + 5, step.profile.data, step.profile.size);
  const Str value{text, step.profile.size + 5};
  // The folder of its own came with Linux 5.8; attr/exec belongs to whichever LSM is first.
  const Descriptor own = open_proc(context, "self/attr/apparmor", O_PATH | O_DIRECTORY);
  if (own.open()) return write_proc(context, "self/attr/apparmor/exec", value);
  if (own.error() != -ENOENT) return context.fail("openat2", own.error(), "/proc/self/attr/apparmor");
  return write_proc(context, "self/attr/exec", value);
}

int run(Context &context, const step::SelinuxLabel &step) {
  return write_proc(context, "self/attr/exec", step.label);
}

int run(Context &context, const step::SessionKeyring &step) {
  if (step.label.size > 0 && write_proc(context, "self/attr/keycreate", step.label) != 0) return -1;
  const long result = sys::invoke(__NR_keyctl, KEYCTL_JOIN_SESSION_KEYRING, step.name.data);
  // A kernel without keyrings has none to share with the runtime either.
  if (result < 0 && result != -ENOSYS) return context.fail("keyctl", result, "KEYCTL_JOIN_SESSION_KEYRING ", step.name);
  return step.label.size > 0 ? write_proc(context, "self/attr/keycreate", {"\n", 1}) : 0;
}
