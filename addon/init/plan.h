// Walks the steps of a plan.
#pragma once

#include "../core/wire.h"
#include "reader.h"

#include "generated/steps.h"

using wire::PlanHeader;

// A plan is some tens of kB, or a few MB with a huge environment. The kernel takes at most a quarter of the stack limit for
// arguments and environment.
constexpr u32 plan_limit = 64u << 20;

inline bool valid(const PlanHeader &header) {
  return header.magic == step::magic && header.layout == step::layout && header.size >= sizeof header &&
         header.size <= plan_limit && header.size % 8 == 0 && header.more <= 1;
}

class PlanWalker {
public:
  // data: a part of a plan with its header, which was found valid; aligned to 8 bytes.
  PlanWalker(const char *data, const PlanHeader &header)
      : at_(data + sizeof header), end_(data + header.size), left_(header.count) {}

  // Next step: its kind, and a reader over its fields. False at the end and for a damaged plan, which damaged() tells apart.
  bool next(u32 &kind, Reader &fields) {
    if (left_ == 0) {
      damaged_ = at_ != end_;
      return false;
    }
    wire::StepHeader header = {};
    const u64 available = static_cast<u64>(end_ - at_);
    if (available >= sizeof header) memcpy(&header, at_, sizeof header);
    if (header.size < sizeof header || header.size % 8 != 0 || header.size > available) {
      damaged_ = true;
      return false;
    }
    kind = header.kind;
    fields = Reader(at_ + sizeof header, at_ + header.size);
    at_ += header.size;
    left_--;
    return true;
  }

  bool damaged() const { return damaged_; }

private:
  const char *at_;
  const char *end_;
  u32 left_;
  bool damaged_ = false;
};
