#include "passwd.h"

namespace {

// The digits of a field as a number; -1 for anything else. Strict: "0x0" or "12a" is nobody (CVE-2026-30892).
i64 number(Str text) {
  if (text.size == 0 || text.size > 10) return -1;
  i64 value = 0;
  for (u32 i = 0; i < text.size; i++) {
    if (text.data[i] < '0' || text.data[i] > '9') return -1;
    value = value * 10 + (text.data[i] - '0');
  }
  return value;
}

// Up to the next separator, and past it.
Str take(const char *&at, const char *end, char separator) {
  const char *start = at;
  while (at < end && *at != separator) at++;
  const Str part{start, static_cast<u32>(at - start)};
  if (at < end) at++;
  return part;
}

} // namespace

Str home_directory(Str passwd, u32 uid) {
  const char *at = passwd.data;
  const char *end = passwd.data + passwd.size;
  while (at < end) {
    const Str line = take(at, end, '\n');
    const char *field = line.data;
    const char *line_end = line.data + line.size;
    Str fields[6] = {};
    for (Str &part : fields) part = take(field, line_end, ':');
    if (number(fields[2]) == static_cast<i64>(uid)) return fields[5];
  }
  return {"", 0};
}
