#include "filesystem.h"

int Filesystem::open(Str type) {
  type_ = type;
  descriptor_ = Descriptor(sys::fsopen(type.data, FSOPEN_CLOEXEC));
  return descriptor_.open() ? 0 : context_.fail("fsopen", descriptor_.error(), type);
}

int Filesystem::pick(int mount, Str about) {
  type_ = about;
  descriptor_ = Descriptor(sys::fspick(mount, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH));
  return descriptor_.open() ? 0 : context_.fail("fspick", descriptor_.error(), about, in_the_root);
}

int Filesystem::set(const char *key, const char *value) {
  const long result =
      sys::fsconfig(descriptor_.get(), value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0);
  return result < 0 ? fail("fsconfig", result, str(key)) : 0;
}

int Filesystem::set(Str parameter) {
  char key[256];
  u32 size = 0;
  while (size < parameter.size && parameter.data[size] != '=') size++;
  if (size >= sizeof key) return fail("fsconfig", -ENAMETOOLONG, parameter);
  memcpy(key, parameter.data, size);
  key[size] = 0;
  return set(key, size < parameter.size ? parameter.data + size + 1 : nullptr);
}

int Filesystem::create(u64 attributes, Descriptor &mount) {
  const long result = sys::fsconfig(descriptor_.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
  if (result < 0) return fail("fsconfig", result, type_);
  mount = Descriptor(sys::fsmount(descriptor_.get(), FSMOUNT_CLOEXEC, static_cast<u32>(attributes)));
  return mount.open() ? 0 : fail("fsmount", mount.error(), type_);
}

int Filesystem::reconfigure() {
  const long result = sys::fsconfig(descriptor_.get(), FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0);
  return result < 0 ? fail("fsconfig", result, type_) : 0;
}

// The context's log: one line a read, "e text", "w text" or "i text", ENODATA at the end.
int Filesystem::fail(const char *call, long result, Str about) {
  context_.fail(call, result, about);
  for (const char *before = " ("; ; before = "; ") {
    char line[256];
    const long size = sys::read(descriptor_.get(), line, sizeof line);
    if (size <= 2) {
      if (*before == ';') context_.failure_text.add(")");
      return -1;
    }
    context_.failure_text.add(before);
    u32 length = static_cast<u32>(size) - 2;
    if (line[length + 1] == '\n') length--;
    context_.failure_text.add(Str{line + 2, length});
  }
}
