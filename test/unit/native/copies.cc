// Copies of all sizes, compared byte by byte, with what lies around them. The functions have other names here, so that they don't take the place
// of the C library's in this program.
#define memcpy copied
#define memmove moved
#include "../../../addon/bindings/copy-memory.cc"
#undef memcpy
#undef memmove

#include <cstdio>

namespace {

constexpr int room = 6000, start = 2500;

void fill(char *bytes) {
  for (int i = 0; i < room; i++) bytes[i] = static_cast<char>(i * 7 + i / 256);
}

bool right(const char *bytes, int to, int from, int size) {
  char before[room];
  fill(before);
  for (int i = 0; i < room; i++)
    if (bytes[i] != (i >= to && i < to + size ? before[i - to + from] : before[i])) return false;
  return true;
}

} // namespace

int main() {
  static char bytes[room];
  for (int size = 0; size < 1200; size += size < 300 ? 1 : 37) {
    for (int by = -150; by <= 150; by++) {
      fill(bytes);
      if (moved(bytes + start + by, bytes + start, size) != bytes + start + by || !right(bytes, start + by, start, size)) {
        printf("memmove of %d by %d\n", size, by);
        return 1;
      }
    }
    for (int at = 0; at < 17; at++) {
      fill(bytes);
      if (copied(bytes + 4000 + at, bytes + 3, size) != bytes + 4000 + at || !right(bytes, 4000 + at, 3, size)) {
        printf("memcpy of %d to %d\n", size, at);
        return 1;
      }
    }
  }
}
