// Where init notes how long its steps take, for --trace.
#include "steps.h"

int run(Context &context, const step::StepTimes &step) {
  const Descriptor memory(context.slot(step.memory));
  const long result = sys::map_shared(memory.get(), wire::step_times_size);
  if (sys::failed(result)) return context.fail("mmap", result, no_path, "the memory for the times of steps");
  context.step_times = reinterpret_cast<wire::StepTimes *>(result);
  return 0;
}
