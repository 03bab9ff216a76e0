// The wire form of a plan, which src/plan/steps/step-table.ts describes.
#pragma once

#include "result.h"
#include "types.h"

namespace tsrunc {

// Each step is the number of its kind and the values of its fields, whose types say how they are written: u32 for u32, i32
// and slot; u64 for u64 and i64; strings, lists of strings, bytes. EINVAL for a string that holds a NUL, and for a step without a kind.
Result<Bytes> encode_plan(uint32_t magic, uint32_t layout, const std::vector<std::vector<PlanValue>> &steps,
                          bool more);

} // namespace tsrunc
