// The plain types everything in init is written in. There is no libc here.
#pragma once

using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using i32 = int;
using u64 = unsigned long long;
using i64 = long long;
using usize = __SIZE_TYPE__;

// As the C library declares them, for what is built with one.
extern "C" {
void *memcpy(void *to, const void *from, usize size) noexcept;
void *memmove(void *to, const void *from, usize size) noexcept;
void *memset(void *to, int byte, usize size) noexcept;
int memcmp(const void *a, const void *b, usize size) noexcept;
usize strlen(const char *text) noexcept;
}

// A string of the plan: `size` bytes without a NUL, and a NUL after them.
struct Str {
  const char *data;
  u32 size;
};

inline Str str(const char *text) { return {text, static_cast<u32>(strlen(text))}; }
inline bool equal(Str a, Str b) { return a.size == b.size && memcmp(a.data, b.data, a.size) == 0; }
inline bool starts_with(Str text, Str start) {
  return text.size >= start.size && memcmp(text.data, start.data, start.size) == 0;
}

struct Bytes {
  const u8 *data;
  u32 size;
};

// Several strings, still in their wire form, which Reader has checked.
struct Strs {
  const char *data;
  u32 count;

  struct Iterator {
    const char *at;
    u32 left;

    Str operator*() const {
      u32 size;
      memcpy(&size, at, 4);
      return {at + 4, size};
    }
    Iterator &operator++() {
      at += ((**this).size + 4ull + 1 + 7) & ~7ull;
      left--;
      return *this;
    }
    bool operator!=(const Iterator &other) const { return left != other.left; }
  };
  Iterator begin() const { return {data, count}; }
  Iterator end() const { return {nullptr, 0}; }
};
