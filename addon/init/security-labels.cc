#include "procfs.h"
#include "steps.h"

#include <linux/keyctl.h>

int run(Context &context, const step::ApparmorProfile &step) {
  char text[4096] = "exec ";
  if (step.profile.size + 5 > sizeof text) return context.fail("write", -ENAMETOOLONG, no_path, step.profile);
  memcpy(text + 5, step.profile.data, step.profile.size);
  const Str value{text, step.profile.size + 5};
  // The directory of its own came with Linux 5.8; attr/exec belongs to whichever LSM is first.
  const Descriptor own = open_proc(context, "self/attr/apparmor", O_PATH | O_DIRECTORY);
  if (own.open()) return write_proc(context, "self/attr/apparmor/exec", value);
  if (own.error() != -ENOENT) return context.fail("openat2", own.error(), "/proc/self/attr/apparmor");
  return write_proc(context, "self/attr/exec", value);
}

int run(Context &context, const step::SelinuxLabel &step) {
  return write_proc(context, "self/attr/exec", step.label);
}

namespace {

/** The permissions of a key, the fourth part of what KEYCTL_DESCRIBE says: `keyring;0;0;3f130000;_ses.ID`. */
unsigned permissions_in(const char *text) {
  unsigned permissions = 0;
  int separators = 0;
  for (; *text != '\0' && separators < 4; text++) {
    const char digit = *text;
    if (digit == ';')
      separators++;
    else if (separators == 3)
      permissions = permissions << 4 | static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  }
  return permissions;
}

/**
 * Lets processes of the keyring's owner find it by its name, as that of exec does; without this each would get a new one of
 * the same name. Names are known within a user namespace alone.
 */
int make_findable(Context &context, long keyring, const Str &name) {
  constexpr unsigned owner_may_search = 0x00080000;  // KEY_USR_SEARCH of <linux/key.h>, which is the kernel's own.
  char text[4096] = "";
  const long length = sys::invoke(__NR_keyctl, KEYCTL_DESCRIBE, keyring, text, sizeof text);
  if (length < 0) return context.fail("keyctl", length, no_path, "KEYCTL_DESCRIBE ", name);
  const unsigned permissions = permissions_in(text);
  if ((permissions & owner_may_search) != 0) return 0;
  const long result = sys::invoke(__NR_keyctl, KEYCTL_SETPERM, keyring, permissions | owner_may_search);
  return result < 0 ? context.fail("keyctl", result, no_path, "KEYCTL_SETPERM ", name) : 0;
}

}  // namespace

int run(Context &context, const step::SessionKeyring &step) {
  if (step.label.size > 0 && write_proc(context, "self/attr/keycreate", step.label) != 0) return -1;
  const long result = sys::invoke(__NR_keyctl, KEYCTL_JOIN_SESSION_KEYRING, step.name.data);
  // A kernel without keyrings has none to share with the runtime either.
  if (result < 0 && result != -ENOSYS) return context.fail("keyctl", result, no_path, "KEYCTL_JOIN_SESSION_KEYRING ", step.name);
  if (result > 0 && make_findable(context, result, step.name) != 0) return -1;
  return step.label.size > 0 ? write_proc(context, "self/attr/keycreate", {"\n", 1}) : 0;
}
