#include "mountinfo.h"

#include "procfs.h"

long MountTable::read(Context &context) {
  constexpr u64 limit = 16u << 20;
  const Descriptor file = open_proc(context, "self/mountinfo", O_RDONLY);
  if (!file.open()) return file.error();
  // Only the pages that are read into take memory.
  at_ = end_ = static_cast<char *>(allocate(limit));
  for (;;) {
    const u64 used = static_cast<u64>(end_ - at_);
    if (used == limit) return -EFBIG;
    const long result = sys::read(file.get(), end_, limit - used);
    // A process without any mount there is not.
    if (result == 0 && used == 0) return -EIO;
    if (result <= 0) return result;
    end_ += result;
  }
}

bool MountTable::next(MountEntry &entry) {
  // 36 35 98:0 /root /mount/point rw,noatime shared:1 - ext3 /dev/root rw
  constexpr int id_field = 0, path_field = 4, options_field = 5;
  // Fields from the dash on.
  constexpr int type_field = 1, superblock_field = 3;
  if (at_ == end_) return false;
  char *line = at_;
  while (at_ < end_ && *at_ != '\n') at_++;
  char *line_end = at_;
  if (at_ < end_) at_++;
  entry = {0, "", {"", 0}, {"", 0}, {"", 0}};
  int after_dash = 0;
  for (int field = 0; line < line_end; field++) {
    char *word = line;
    while (line < line_end && *line != ' ') line++;
    const Str text{word, static_cast<u32>(line - word)};
    if (line < line_end) line++;
    if (after_dash > 0) {
      if (after_dash == type_field) entry.type = text;
      if (after_dash == superblock_field) entry.superblock = text;
      after_dash++;
      continue;
    }
    if (field == id_field)
      for (u32 i = 0; i < text.size; i++) entry.id = entry.id * 10 + static_cast<u64>(text.data[i] - '0');
    if (field == options_field) entry.options = text;
    if (field > options_field && equal(text, {"-", 1})) after_dash = type_field;
    if (field != path_field) continue;
    // Space, tab, newline and backslash are written as three octal digits.
    char *to = word;
    for (u32 i = 0; i < text.size; i++) {
      if (word[i] == '\\' && i + 3 < text.size) {
        *to++ = static_cast<char>((word[i + 1] - '0') * 64 + (word[i + 2] - '0') * 8 + (word[i + 3] - '0'));
        i += 3;
      } else {
        *to++ = word[i];
      }
    }
    *to = 0;
    entry.path = word;
  }
  return true;
}
