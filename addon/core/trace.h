// What --trace asks of native code: how long each function of the table took, and the memory in which init notes its steps.
#pragma once

#include "cycles.h"
#include "result.h"
#include "types.h"
#include "wire.h"

namespace tsrunc {

// What native code doesn't know of a trace that it is to write.
struct TraceTexts {
  // The clock at the beginning and at the end: cycles, nanoseconds, cycles, nanoseconds.
  std::vector<double> clock;
  // The runtime's, and what its line is called.
  int pid = 0;
  std::string title;
  // A path, and the pointer of the field that calls about it are for; another path and so on.
  std::vector<std::string> pointers;
  // Numbers of end_trace, and a text for each.
  std::vector<int> errors;
  std::vector<std::string> error_texts;
  // Of each phase of the runtime and of each step of an init its name, its pointer, and what it is about.
  std::vector<std::string> spans;
  // Of each its process, and its begin and end in cycles.
  std::vector<double> span_numbers;
  static constexpr auto fields() {
    return std::make_tuple(field("clock", &TraceTexts::clock), field("pid", &TraceTexts::pid),
                           field("title", &TraceTexts::title), field("pointers", &TraceTexts::pointers),
                           field("errors", &TraceTexts::errors), field("errorTexts", &TraceTexts::error_texts),
                           field("spans", &TraceTexts::spans), field("spanNumbers", &TraceTexts::span_numbers));
  }
};

extern bool tracing;

// When a thread, which may not make strings, began and ended something.
using CycleSpan = wire::StepTimes;

void note_call(const char *name, const std::string *text, int error, unsigned long long begin);

// A call of the thread that spawns init; nothing if it wasn't made.
void note_thread_call(const char *name, const CycleSpan &span);

// Carries a call out, and notes it while tracing.
template <typename T, typename Call, typename... Args>
Result<T> traced(const char *name, Call call, std::tuple<Args...> &args) {
  if (!tracing) return std::apply(call, args);
  const auto begin = wire::cycles();
  Result<T> result = std::apply(call, args);
  const std::string *text = nullptr;
  if constexpr (sizeof...(Args) > 0)
    if constexpr (std::is_same_v<std::tuple_element_t<0, std::tuple<Args...>>, std::string>) text = &std::get<0>(args);
  note_call(name, text, result.failed() ? result.error().number : 0, begin);
  return result;
}

Status begin_trace();
// No more calls are noted. Returns the errno of those that failed, each once.
Result<std::vector<int>> end_trace();
// Writes the noted calls, the first ones where there are too many, and the spans, in the Trace Event Format. The calls are forgotten
// then. Here and not in JavaScript, which would take as long for it as for half a container; and piece by piece, as each page of new
// memory costs a microsecond.
Status write_trace(int descriptor, const TraceTexts &texts);
// The counter, and CLOCK_MONOTONIC in nanoseconds at the same moment.
Result<std::vector<double>> trace_clock();
// A memfd for init's notes.
Result<int> step_times();
// For each of the first `count` steps two numbers: cycles at its begin and at its end, 0 where it didn't begin or end.
Result<std::vector<double>> read_step_times(int descriptor, int count);

} // namespace tsrunc
