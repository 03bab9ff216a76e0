// What --trace asks of native code: to note how long each function of the table took, and what the runtime and init do meanwhile, and
// to write that down. A note is a few stores here; in JavaScript it would be objects, and take as long as what it is about.
#pragma once

#include <string_view>

#include "cycles.h"
#include "result.h"
#include "types.h"
#include "wire.h"

namespace tsrunc {

// A step of a plan, as the trace shows it.
struct TracedStep {
  std::string step;
  std::string pointer;
  static constexpr auto fields() {
    return std::make_tuple(field("step", &TracedStep::step), field("pointer", &TracedStep::pointer));
  }
};

extern bool tracing;

// When something began and ended.
using CycleSpan = wire::StepTimes;

void note_call(std::string_view name, const std::string *text, int error, unsigned long long begin);

// A call of the thread that spawns init; nothing if it wasn't made.
void note_thread_call(std::string_view name, const CycleSpan &span);

// Carries a call out, and notes it while tracing.
template <typename T, typename Call, typename... Args>
Result<T> traced(const char *name, Call call, std::tuple<Args...> &args) {
  const auto begin = tracing ? wire::cycles() : 0;
  Result<T> result = std::apply(call, args);
  if (begin == 0) return result;
  const std::string *text = nullptr;
  if constexpr (sizeof...(Args) > 0)
    if constexpr (std::is_same_v<std::tuple_element_t<0, std::tuple<Args...>>, std::string>) text = &std::get<0>(args);
  note_call(name, text, result.failed() ? result.error().number : 0, begin);
  return result;
}

Status begin_trace();
// From begin_trace to end_trace: a phase begins, and the one before ends.
Status trace_phase(const std::string &name);
// Calls about this path are for this field of the configuration, unless it was told of another one.
Status trace_field(const std::string &path, const std::string &pointer);
// A process carries a plan out, and notes its times in the memory of step_times. `program` is what the steps that find and execute one
// are about.
Status trace_process(int pid, const std::vector<TracedStep> &steps, const std::string &program);
// A memfd for init's notes; the same one each time. It is closed with the trace.
Result<int> step_times();
// No more is noted. Returns the errno of the calls that failed, each once.
Result<std::vector<int>> end_trace();
// Writes what was noted, with a text for each number of end_trace, and forgets it. A file that was longer is cut: at the end, since
// ext4 takes half a millisecond to empty a file and to fill it anew.
Status write_trace(int descriptor, const std::string &title, const std::vector<std::string> &error_texts);

} // namespace tsrunc
