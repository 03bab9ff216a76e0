#include "open-in-root.h"

#include "descriptors.h"

namespace {

constexpr u32 path_limit = 4096;
constexpr int link_limit = 40;

// As a walk's result: the path was rewritten, resolve it again.
constexpr long again = 1;

// Replaces the component of path at start, a symlink in directory that leads nowhere, by its target; rest comes after it.
long follow(int directory, char *path, u32 start, const char *rest) {
  char expanded[path_limit];
  char target[path_limit];
  const long link = sys::readlinkat(directory, path + start, target, sizeof target);
  // No symlink (any more): somebody made a file or directory just now, which the next attempt finds.
  if (link == -EINVAL || link == -ENOENT) {
    if (*rest) path[start + strlen(path + start)] = '/';
    return again;
  }
  if (link < 0) return link;
  const u32 head = target[0] == '/' ? 0 : start;
  const u32 tail = static_cast<u32>(strlen(rest));
  const u32 size = head + static_cast<u32>(link);
  if (size + 1 + tail + 1 > path_limit) return -ENAMETOOLONG;
  memcpy(expanded, path, head);
  memcpy(expanded + head, target, static_cast<usize>(link));
  expanded[size] = '/';
  memcpy(expanded + size + 1, rest, tail + 1);
  if (tail == 0) expanded[size] = 0;
  memcpy(path, expanded, size + 1 + tail + 1);
  return again;
}

// Makes `name` in directory and opens it, not following whatever took its place. The descriptor of a file is open for writing: O_PATH makes none.
long make(int directory, const char *name, bool is_directory, u32 mode) {
  if (!is_directory) return sys::openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  if (const long result = sys::mkdirat(directory, name, mode); result < 0) return result;
  return open_exactly(directory, name, O_DIRECTORY).release();
}

// Goes down path component by component and makes what is missing. A descriptor in `found`, or `again`, or an errno.
long walk(Context &context, char *path, Kind kind, u32 mode, u64 resolve, bool &made, Descriptor &found) {
  Descriptor directory = open_in_root(context, "/", O_DIRECTORY);
  if (!directory.open()) return directory.error();
  u32 start = 0;
  for (;;) {
    while (path[start] == '/') start++;
    if (path[start] == 0) break;
    u32 end = start;
    while (path[end] != 0 && path[end] != '/') end++;
    u32 next = end;
    while (path[next] == '/') next++;
    const bool last = path[next] == 0;
    const bool is_directory = !last || kind == Kind::directory;
    // A NUL in place of the slash; follow() looks at what comes after it.
    const bool slash = path[end] == '/';
    path[end] = 0;
    Descriptor child = open_in_root(context, path, is_directory ? O_DIRECTORY : 0, resolve);
    if (!child.open() && child.error() == -ENOENT) {
      const long result = make(directory.get(), path + start, is_directory, last ? mode : 0755);
      if (result == -EEXIST) {
        if (resolve & RESOLVE_NO_SYMLINKS) return -ELOOP;
        return follow(directory.get(), path, start, path + next);
      }
      if (result < 0) return result;
      made = last;
      child = Descriptor(result);
    }
    if (!child.open()) return child.error();
    if (slash) path[end] = '/';
    directory = static_cast<Descriptor &&>(child);
    start = end;
  }
  found = static_cast<Descriptor &&>(directory);
  return 0;
}

// Makes the last component of a path that wasn't there, where the directory above it is: mostly it is, and the walk down to it needn't be
// made. Returns 0 with a descriptor in `found`, or an errno; `again` where the walk has to look.
long make_last(Context &context, char *path, Kind kind, u32 mode, u64 resolve, Descriptor &found) {
  u32 end = static_cast<u32>(strlen(path));
  while (end > 0 && path[end - 1] == '/') end--;
  u32 start = end;
  while (start > 0 && path[start - 1] != '/') start--;
  if (start == 0 || start == end) return again;
  const char first = path[start];
  path[start] = 0;
  const Descriptor directory = open_in_root(context, path, O_DIRECTORY, resolve);
  path[start] = first;
  if (!directory.open()) return again;
  const char after = path[end];
  path[end] = 0;
  const long result = make(directory.get(), path + start, kind == Kind::directory, mode);
  path[end] = after;
  if (result == -EEXIST) return again;
  found = Descriptor(result);
  return found.open() ? 0 : result;
}

} // namespace

Descriptor open_in_root(Context &context, const char *path, u32 flags, u64 resolve) {
  constexpr u32 real = O_WRONLY | O_RDWR | O_NONBLOCK;
  if (context.root < 0) return Descriptor(-EBADF);
  if ((flags & real) == 0) flags |= O_PATH;
  return Descriptor(sys::openat2(context.root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve));
}

Descriptor make_in_root(Context &context, Str path, Kind kind, u32 mode, u64 resolve, bool &made) {
  char copy[path_limit + 1];
  made = false;
  if (path.size >= path_limit) return Descriptor(-ENAMETOOLONG);
  memcpy(copy, path.data, path.size + 1);
  // Where the last one had to be made this one most likely has to be, too. If not, it is found below, or why it can't be made.
  Descriptor guessed;
  made = context.makes_targets && make_last(context, copy, kind, mode, resolve, guessed) == 0;
  if (made) return guessed;
  context.makes_targets = false;
  for (int links = 0; links < link_limit; links++) {
    Descriptor found = open_in_root(context, copy, kind == Kind::directory ? O_DIRECTORY : 0, resolve);
    if (found.open() || found.error() != -ENOENT) return found;
    long result = make_last(context, copy, kind, mode, resolve, found);
    made = context.makes_targets = result == 0;
    if (result == again) result = walk(context, copy, kind, mode, resolve, made, found);
    if (result < 0) return Descriptor(result);
    if (result == 0) return found;
  }
  return Descriptor(-ELOOP);
}

long open_place(Context &context, Str path, Place &place, u64 resolve) {
  char directory[path_limit];
  u32 end = path.size;
  while (end > 0 && path.data[end - 1] == '/') end--;
  u32 start = end;
  while (start > 0 && path.data[start - 1] != '/') start--;
  const Str name{path.data + start, end - start};
  if (name.size == 0 || equal(name, str(".")) || equal(name, str(".."))) return -EINVAL;
  if (name.size >= sizeof place.name || start + 1 >= sizeof directory) return -ENAMETOOLONG;
  memcpy(place.name, name.data, name.size);
  place.name[name.size] = 0;
  directory[0] = '/';
  memcpy(directory + 1, path.data, start);
  directory[start + 1] = 0;
  // Devices and links go into the /dev of the image, never where it has a symlink instead (CVE-2026-41579).
  if (starts_with(path, str("/dev/"))) resolve |= RESOLVE_NO_SYMLINKS;
  bool made;
  place.directory = make_in_root(context, {directory, start + 1}, Kind::directory, 0755, resolve, made);
  return place.directory.open() ? 0 : place.directory.error();
}

// RESOLVE_NO_SYMLINKS lets a symlink at the end pass where O_PATH | O_NOFOLLOW asks for the symlink itself.
Descriptor open_exactly(int directory, const char *name, u32 flags) {
  Descriptor found(sys::openat2(directory, name, O_PATH | O_NOFOLLOW | flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
  struct statx status;
  if (!found.open()) return found;
  if (const long result = sys::fstatx(found.get(), STATX_TYPE, &status); result < 0) return Descriptor(result);
  if ((status.stx_mode & S_IFMT) == S_IFLNK) return Descriptor(-ELOOP);
  return found;
}

long change_mode(Context &context, int descriptor, u32 mode) {
  const long result = sys::fchmodat2(descriptor, "", mode, AT_EMPTY_PATH);
  if (result != -ENOSYS) return result;
  const Descriptor directory = open_descriptor_directory(context);
  if (!directory.open()) return directory.error();
  return sys::fchmodat(directory.get(), DescriptorName(descriptor).text, mode);
}
