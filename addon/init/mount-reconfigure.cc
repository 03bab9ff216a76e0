// Changes of the file system of a mount that is there.
#include "descriptors.h"
#include "filesystem.h"
#include "mountinfo.h"
#include "steps.h"

namespace {

struct Flag {
  const char *word;
  u64 flag;
};

// As mountinfo has them. A mount without noatime and relatime is strictatime.
constexpr Flag mount_flags[] = {{"nosuid", MS_NOSUID},         {"nodev", MS_NODEV},   {"noexec", MS_NOEXEC},
                                {"nosymfollow", MS_NOSYMFOLLOW}, {"noatime", MS_NOATIME}, {"nodiratime", MS_NODIRATIME},
                                {"relatime", MS_RELATIME},     {"ro", MS_RDONLY}};
constexpr Flag superblock_flags[] = {
    {"ro", MS_RDONLY}, {"sync", MS_SYNCHRONOUS}, {"dirsync", MS_DIRSYNC}, {"mand", MS_MANDLOCK}, {"lazytime", MS_LAZYTIME}};

// Calls `act` with each of the words with commas between.
template <typename Act> void each_word(Str words, Act act) {
  for (u32 start = 0, end = 0; start < words.size; start = end + 1) {
    for (end = start; end < words.size && words.data[end] != ',';) end++;
    act(Str{words.data + start, end - start});
  }
}

template <usize count> u64 read_flags(Str words, const Flag (&known)[count]) {
  u64 flags = 0;
  each_word(words, [&](Str word) {
    for (const Flag &one : known)
      if (equal(word, str(one.word))) flags |= one.flag;
  });
  return flags;
}

bool has_value(Str word) {
  for (u32 i = 0; i < word.size; i++)
    if (word.data[i] == '=') return true;
  return false;
}

// devpts takes what MS_REMOUNT doesn't say for its defaults: what is shown with a value is said again. Other file systems keep it.
struct Values {
  char text[256] = {};

  // False where they don't fit.
  bool read(const MountEntry &entry) {
    if (!equal(entry.type, str("devpts"))) return true;
    u32 used = 0;
    bool fits = true;
    each_word(entry.superblock, [&](Str word) {
      if (!has_value(word)) return;
      if (used + word.size + 2 > sizeof text) {
        fits = false;
        return;
      }
      if (used > 0) text[used++] = ',';
      memcpy(text + used, word.data, word.size);
      used += word.size;
    });
    return fits;
  }
};

// MS_I_VERSION has no word for fsconfig. MS_REMOUNT sets all flags anew, those of the mount (nosuid, …) and those of the file
// system (ro, sync, …), so each that is set now is given again.
int set_iversion(Context &context, int mount, Str path, bool on) {
  struct statx status;
  if (const long result = sys::fstatx(mount, STATX_MNT_ID, &status); result < 0)
    return context.fail("statx", result, path, in_the_root);
  MountTable table;
  if (const long result = table.read(context); result < 0) return context.fail("read", result, "/proc/self/mountinfo");
  MountEntry entry;
  do
    if (!table.next(entry)) return context.fail("read", -ENOENT, "/proc/self/mountinfo", "no line for ", path);
  while (entry.id != status.stx_mnt_id);

  const u64 own = read_flags(entry.options, mount_flags);
  const u64 shared = read_flags(entry.superblock, superblock_flags);
  u64 flags = MS_REMOUNT | (own & ~static_cast<u64>(MS_RDONLY)) | shared;
  if (!(own & (MS_NOATIME | MS_RELATIME))) flags |= MS_STRICTATIME;
  if (on) flags |= MS_I_VERSION;
  Values values;
  if (!values.read(entry)) return context.fail("mount", -E2BIG, path, in_the_root);
  const Descriptor directory = open_descriptor_directory(context);
  if (!directory.open()) return context.fail("openat2", directory.error(), "/proc/self/fd");
  if (const long result = sys::fchdir(directory.get()); result < 0) return context.fail("fchdir", result, "/proc/self/fd");
  const long result = sys::mount(nullptr, DescriptorName(mount).text, nullptr, flags, values.text);
  if (const long back = sys::chdir("/"); back < 0) return context.fail("chdir", back, "/");
  if (result < 0) return context.fail("mount", result, path, in_the_root);
  // MS_RDONLY is a flag of both for MS_REMOUNT; the mount alone may have had it.
  if (!(own & MS_RDONLY)) return 0;
  const long again = set_attributes(mount, MOUNT_ATTR_RDONLY, 0, false);
  return again < 0 ? context.fail("mount_setattr", again, path, in_the_root) : 0;
}

} // namespace

int run(Context &context, const step::MountReconfigure &step) {
  constexpr u32 set = 1;
  Descriptor opened;
  const int mount = find_mount(context, step.mount, step.target, opened);
  if (mount < 0) return context.fail("openat2", mount, step.target, in_the_root);
  if (step.parameters.count > 0) {
    Filesystem filesystem(context);
    if (filesystem.pick(mount, step.target) != 0) return -1;
    for (const Str parameter : step.parameters)
      if (filesystem.set(parameter) != 0) return -1;
    if (filesystem.reconfigure() != 0) return -1;
  }
  return step.iversion == 0 ? 0 : set_iversion(context, mount, step.target, step.iversion == set);
}
