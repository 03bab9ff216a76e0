// A program of the tests: decodes plans with every field touched and no step run. Built on its own, with -DTSRUNC_TEST_DECODER
// and sanitizers (`sanitized` of scripts/compiler-flags.mjs).
// Reads a plan from standard input, then decodes it and `count` damaged copies of it: test-decoder [count [seed]].
// Exits 0 when the plan itself is sound, 1 when it isn't; a mistake of the decoder is for the sanitizer to report.
#ifdef TSRUNC_TEST_DECODER

#include "test-decode.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  const u64 count = argc > 1 ? strtoull(argv[1], nullptr, 10) : 0;
  u64 random = argc > 2 ? strtoull(argv[2], nullptr, 10) : 1;
  static char input[1 << 20];
  const u64 size = fread(input, 1, sizeof input, stdin);
  const auto next = [&random] {
    random = random * 6364136223846793005ull + 1442695040888963407ull;
    return random >> 33;
  };
  for (u64 i = 0; i < count && size > 0; i++) {
    // A block of its own, so that the sanitizer sees a byte too far.
    const u64 length = next() % 4 == 0 ? next() % (size + 1) : size;
    char *copy = static_cast<char *>(malloc(length + 1));
    memcpy(copy, input, length);
    for (u64 changes = next() % 8; changes > 0 && length > 0; changes--) {
      const u64 at = next() % length;
      if (next() % 2 == 0) copy[at] = static_cast<char>(next());
      else if (at + 4 <= length) memset(copy + at, next() % 2 ? 0xff : 0, 4);
    }
    // Often the size is made to fit, so that the steps are reached.
    if (length >= 16 && next() % 2) {
      const u32 fitting = static_cast<u32>(length) & ~7u;
      memcpy(copy + 8, &fitting, 4);
    }
    decode_plan(copy, length);
    free(copy);
  }
  return decode_plan(input, size) ? 0 : 1;
}

#endif
