// Decodes a plan with every byte of every field touched and no step run, for test-decoder.cc and test/fuzz.
#pragma once

#include "plan.h"

struct Sink {
  u64 sum = 0;
  u32 malformed = 0;

  void operator()(u32 value) { sum += value; }
  void operator()(i32 value) { sum += static_cast<u32>(value); }
  void operator()(u64 value) { sum += value; }
  void operator()(i64 value) { sum += static_cast<u64>(value); }
  void operator()(Str text) {
    for (u32 i = 0; i <= text.size; i++) sum += static_cast<u8>(text.data[i]);
  }
  void operator()(Bytes bytes) {
    for (u32 i = 0; i < bytes.size; i++) sum += bytes.data[i];
  }
  void operator()(Strs texts) {
    for (const Str text : texts) (*this)(text);
  }
};

template <typename Step> int run(Sink &sink, const Step &step) {
  visit(step, sink);
  return 0;
}

inline int malformed(Sink &sink) {
  sink.malformed++;
  return -1;
}

// Whether the bytes are a plan in which every step is sound. The data is aligned to 8 bytes.
inline bool decode_plan(const char *data, u64 size) {
  PlanHeader header;
  if (size < sizeof header) return false;
  memcpy(&header, data, sizeof header);
  if (!valid(header) || header.size > size) return false;
  PlanWalker walker(data, header);
  Sink sink;
  u32 kind;
  Reader fields;
  while (walker.next(kind, fields)) step::dispatch(sink, kind, fields);
  return !walker.damaged() && sink.malformed == 0;
}
