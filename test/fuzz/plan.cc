// Init's decoder of plans. Every length in a plan was written by the runtime; CVE-2021-43784 was one that had wrapped.
// First: the C library's headers would hide what the kernel's have.
#include "../../addon/init/test-decode.h"
#include "../../addon/init/vector.h"

#include "harness.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

namespace {

struct Vectors {
  const void *memory = nullptr;

  void operator()(Strs texts) {
    auto *items = new char[vector_size(texts)];
    const char **list = vector(items, texts, "HOME=/");
    u32 count = 0;
    while (list[count] != nullptr) strlen(list[count++]);
    require(count == texts.count + 1, "a vector for execve has every text");
    delete[] items;
  }
  template <typename Other> void operator()(Other) {}
};

struct Build {};
template <typename Step> int run(Build &, const Step &step) {
  Vectors vectors;
  visit(step, vectors);
  return 0;
}
int malformed(Build &) { return -1; }

} // namespace

void try_input(const uint8_t *data, size_t size) {
  const auto *plan = reinterpret_cast<const char *>(data);
  if (!decode_plan(plan, size)) return;
  PlanHeader header;
  memcpy(&header, plan, sizeof header);
  PlanWalker walker(plan, header);
  Build build;
  u32 kind;
  Reader fields;
  while (walker.next(kind, fields)) step::dispatch(build, kind, fields);
}

// Most changes of a size make a plan that the first look refuses: here the header often fits what follows.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, most);
  PlanHeader header;
  if (size < sizeof header || seed % 4 == 0) return size;
  memcpy(&header, data, sizeof header);
  header = {step::magic, step::layout, static_cast<u32>(size & ~size_t{7}), header.count, header.more & 1, header.unused};
  memcpy(data, &header, sizeof header);
  // The last step ends where the plan does.
  size_t at = sizeof header;
  u32 steps = 0;
  while (at + sizeof(wire::StepHeader) <= header.size) {
    wire::StepHeader step;
    memcpy(&step, data + at, sizeof step);
    const bool fits = step.size >= sizeof step && step.size % 8 == 0 && step.size <= header.size - at;
    if (!fits && seed % 4 != 1) {
      step.size = static_cast<u32>(header.size - at);
      memcpy(data + at, &step, sizeof step);
    } else if (!fits) {
      break;
    }
    at += step.size;
    steps++;
  }
  if (seed % 4 != 2) memcpy(data + offsetof(PlanHeader, count), &steps, sizeof steps);
  return size;
}
