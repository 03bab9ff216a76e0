// Limits and scheduling of the process.
#include "steps.h"

#include <asm/resource.h>
#include <linux/sched/types.h>

namespace {

// Value of IOPRIO_WHO_PROCESS in include/uapi/linux/ioprio.h of newer kernels.
constexpr int ioprio_who_process = 1;

} // namespace

int run(Context &context, const step::Rlimit &step) {
  Limit limit{step.soft, step.hard};
  if (step.raise) {
    if (const long result = sys::invoke(__NR_prlimit64, 0, step.resource, nullptr, &limit); result < 0)
      return context.fail("prlimit64", result, no_path, "resource ", static_cast<u64>(step.resource));
    if (step.hard <= limit.hard) return 0;
    limit.hard = step.hard;
  }
  if (step.resource == RLIMIT_NOFILE && !step.raise) context.file_limit_given = true;
  const long result = sys::invoke(__NR_prlimit64, 0, step.resource, &limit, nullptr);
  return result < 0 ? context.fail("prlimit64", result, no_path, "resource ", static_cast<u64>(step.resource)) : 0;
}

int run(Context &context, const step::CpuAffinity &step) {
  const long result = sys::invoke(__NR_sched_setaffinity, 0, step.mask.size, step.mask.data);
  return result < 0 ? context.fail("sched_setaffinity", result) : 0;
}

int run(Context &context, const step::Scheduler &step) {
  struct sched_attr attributes = {};
  attributes.size = sizeof attributes;
  attributes.sched_policy = step.policy;
  attributes.sched_nice = step.nice;
  attributes.sched_priority = step.priority;
  attributes.sched_flags = step.flags;
  attributes.sched_runtime = step.runtime;
  attributes.sched_deadline = step.deadline;
  attributes.sched_period = step.period;
  const long result = sys::invoke(__NR_sched_setattr, 0, &attributes, 0);
  return result < 0 ? context.fail("sched_setattr", result) : 0;
}

int run(Context &context, const step::IoPriority &step) {
  const long result = sys::invoke(__NR_ioprio_set, ioprio_who_process, 0, step.value);
  return result < 0 ? context.fail("ioprio_set", result) : 0;
}

int run(Context &context, const step::Personality &step) {
  const long result = sys::invoke(__NR_personality, step.value);
  return sys::failed(result) ? context.fail("personality", result) : 0;
}

// The kernel takes one bit less than maxnode says, and reads whole words: the plan pads bytes to 8 with zeros.
int run(Context &context, const step::MemoryPolicy &step) {
  const u64 bits = step.nodes.size == 0 ? 0 : step.nodes.size * 8ull + 1;
  const long result = sys::invoke(__NR_set_mempolicy, step.mode, bits == 0 ? nullptr : step.nodes.data, bits);
  return result < 0 ? context.fail("set_mempolicy", result) : 0;
}

int run(Context &context, const step::Umask &step) {
  context.umask_given = true;
  const long result = sys::umask(step.mask);
  return result < 0 ? context.fail("umask", result) : 0;
}
