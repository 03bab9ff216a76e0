#include "filesystem.h"

namespace {

constexpr Str no_text{"", 0};

} // namespace

int Filesystem::open(Str type) {
  type_ = type;
  descriptor_ = Descriptor(sys::fsopen(type.data, FSOPEN_CLOEXEC));
  return descriptor_.open() ? 0 : context_.fail("fsopen", descriptor_.error(), no_path, type);
}

int Filesystem::pick(int mount, Str path) {
  path_ = path;
  descriptor_ = Descriptor(sys::fspick(mount, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH));
  return descriptor_.open() ? 0 : context_.fail("fspick", descriptor_.error(), path, in_the_root);
}

int Filesystem::set(const char *key, const char *value) {
  const long result =
      sys::fsconfig(descriptor_.get(), value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0);
  return result < 0 ? fail("fsconfig", result, no_text, str(key)) : 0;
}

int Filesystem::set(Str parameter) {
  char key[256];
  u32 size = 0;
  while (size < parameter.size && parameter.data[size] != '=') size++;
  if (size >= sizeof key) return fail("fsconfig", -ENAMETOOLONG, no_text, parameter);
  memcpy(key, parameter.data, size);
  key[size] = 0;
  return set(key, size < parameter.size ? parameter.data + size + 1 : nullptr);
}

int Filesystem::create(u64 attributes, Descriptor &mount) {
  const long result = sys::fsconfig(descriptor_.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
  if (result < 0) return fail("fsconfig", result, no_text, type_);
  mount = Descriptor(sys::fsmount(descriptor_.get(), FSMOUNT_CLOEXEC, static_cast<u32>(attributes)));
  return mount.open() ? 0 : fail("fsmount", mount.error(), no_text, type_);
}

int Filesystem::reconfigure() {
  const long result = sys::fsconfig(descriptor_.get(), FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0);
  return result < 0 ? fail("fsconfig", result, path_, no_text) : 0;
}

// The context's log: one line a read, "e text", "w text" or "i text", ENODATA at the end. Words that say what it is about stand
// before it.
int Filesystem::fail(const char *call, long result, Str path, Str words) {
  context_.fail(call, result, path, words);
  for (const char *before = words.size > 0 ? " (" : ""; ; before = "; ") {
    char line[256];
    const long size = sys::read(descriptor_.get(), line, sizeof line);
    if (size <= 2) {
      if (*before == ';' && words.size > 0) context_.failure_text.add(")");
      return -1;
    }
    context_.failure_text.add(before);
    u32 length = static_cast<u32>(size) - 2;
    if (line[length + 1] == '\n') length--;
    context_.failure_text.add(Str{line + 2, length});
  }
}
