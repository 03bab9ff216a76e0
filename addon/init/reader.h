// Reads the wire form of a plan (src/plan/steps/step-table.ts describes it). Every length is checked against the end of the
// step, in 64 bits, before anything is touched (CVE-2021-43784: a length that wrapped let config be injected).
#pragma once

#include "types.h"

class Reader {
public:
  Reader() = default;
  // Both ends are aligned to 8 bytes.
  Reader(const char *at, const char *end) : at_(at), end_(end) {}

  bool take(u32 &value) { return word(&value, sizeof value); }
  bool take(i32 &value) { return word(&value, sizeof value); }
  bool take(u64 &value) { return word(&value, sizeof value); }
  bool take(i64 &value) { return word(&value, sizeof value); }

  bool take(Str &value) {
    u64 size, padded;
    if (!length(size) || (padded = align(4 + size + 1)) > left()) return false;
    value = {at_ + 4, static_cast<u32>(size)};
    for (u64 i = 0; i < size; i++)
      if (value.data[i] == 0) return false;
    if (value.data[size] != 0) return false;
    at_ += padded;
    return true;
  }

  bool take(Bytes &value) {
    u64 size, padded;
    if (!length(size) || (padded = align(8 + size)) > left()) return false;
    value = {reinterpret_cast<const u8 *>(at_ + 8), static_cast<u32>(size)};
    at_ += padded;
    return true;
  }

  bool take(Strs &value) {
    u64 count;
    if (!length(count)) return false;
    at_ += 8;
    value = {at_, static_cast<u32>(count)};
    for (Str text; count > 0; count--)
      if (!take(text)) return false;
    return true;
  }

  bool done() const { return at_ == end_; }

private:
  const char *at_ = nullptr;
  const char *end_ = nullptr;

  static u64 align(u64 size) { return (size + 7) & ~7ull; }
  u64 left() const { return static_cast<u64>(end_ - at_); }

  bool word(void *value, u32 size) {
    if (left() < 8) return false;
    memcpy(value, at_, size);
    at_ += 8;
    return true;
  }

  // The u32 length or count at the start of an item, which is 8 bytes long at least. Stays in place.
  bool length(u64 &size) const {
    u32 value;
    if (left() < 8) return false;
    memcpy(&value, at_, 4);
    size = value;
    return true;
  }
};
