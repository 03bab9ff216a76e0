// The heads of what runtime and init send each other, for both: the core and init include it, which has no C library.
#pragma once

namespace wire {

// Not those of <stdint.h>: where init is built with a C library, that one would hide what <linux/stat.h> has.
using u32 = unsigned int;
using i32 = int;

// Of a plan, or of a part of one: src/plan/steps/step-table.ts.
struct PlanHeader {
  u32 magic;
  u32 layout;
  u32 size;
  u32 count;
  // 1: this is not all of it. The next part comes when these steps are done, with slots of its own.
  u32 more;
  u32 unused;
};

// Of a step; its fields follow.
struct StepHeader {
  u32 kind;
  // With this header.
  u32 size;
};

// Of a message of init; `size` bytes of text follow: src/plan/steps/protocol.ts.
struct MessageHeader {
  u32 kind;
  u32 step;
  i32 value;
  u32 size;
};

// Of a reply of the runtime; `size` bytes follow.
struct ReplyHeader {
  u32 kind;
  u32 size;
};

// When a step began and ended, in cycles (cycles.h): 0 until then. Init writes one for each step into memory that it shares with a
// runtime that traces; steps beyond them aren't timed.
struct StepTimes {
  unsigned long long begin;
  unsigned long long end;
};
constexpr unsigned long most_timed_steps = 1UL << 16;
constexpr unsigned long step_times_size = most_timed_steps * sizeof(StepTimes);

} // namespace wire
