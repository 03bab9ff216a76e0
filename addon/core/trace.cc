#include "trace.h"

#include <algorithm>
#include <ctime>
#include <map>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "owned-descriptor.h"
#include "trace-file.h"

namespace tsrunc {

bool tracing = false;

namespace {

// A part of Recording::texts.
struct Text {
  uint32_t at;
  uint32_t size;
};

struct TracedCall {
  std::string_view name;
  // Its first argument, where that is an absolute path.
  Text path;
  CycleSpan span;
  // errno of a call that failed, otherwise 0.
  int error;
  // It was made by the thread that spawns init.
  bool thread;
};

struct Phase {
  Text name;
  unsigned long long begin;
};

struct NotedStep {
  Text name;
  Text pointer;
  Text about;
};

struct Process {
  int pid;
  std::vector<NotedStep> steps;
};

// Texts of another size need not be looked into; paths begin alike.
struct BySize {
  using is_transparent = void;
  bool operator()(std::string_view one, std::string_view other) const {
    return one.size() != other.size() ? one.size() < other.size() : one < other;
  }
};

// What a command has done. There is none without --trace.
struct Recording {
  TraceClock began;
  TraceClock ended;
  std::vector<TracedCall> calls;
  std::vector<Phase> phases;
  std::vector<Process> processes;
  // The pointer for each path.
  std::map<std::string, std::string, BySize> fields;
  std::vector<int> errors;
  std::string texts;
  OwnedDescriptor memory;

  Text keep(const std::string &text) {
    const auto at = static_cast<uint32_t>(texts.size());
    texts += text;
    return {at, static_cast<uint32_t>(text.size())};
  }
  std::string_view text(const Text &part) const { return {texts.data() + part.at, part.size}; }
};

Recording *recording = nullptr;

// `events` makes calls for as long as its container lives.
constexpr size_t most_calls = 100'000;

// No thread or process has the number 0: the thread that spawns init is shown as that, beside the runtime.
constexpr int spawner = 0;

bool is_own(std::string_view name) { return name.substr(0, 5) == "trace"; }

TraceClock now() {
  const auto before = wire::cycles();
  const timespec time = time_of(CLOCK_MONOTONIC);
  const auto after = wire::cycles();
  return {static_cast<double>(before + (after - before) / 2),
          static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec)};
}

// Notes of init; 0 where a step didn't begin or end.
Result<std::vector<CycleSpan>> read_step_times(size_t count) {
  std::vector<CycleSpan> times(count);
  const size_t size = std::min(count, wire::most_timed_steps) * sizeof(CycleSpan);
  if (recording->memory.valid() && retried([&] { return pread(recording->memory.get(), times.data(), size, 0); }) < 0)
    return failure("pread");
  return times;
}

void write_calls(TraceFile &file, int pid, const std::vector<std::string> &error_texts) {
  bool spawner_named = false;
  for (const TracedCall &call : recording->calls) {
    if (call.thread && !spawner_named) {
      file.name_line("thread_name", pid, spawner, "spawns init");
      spawner_named = true;
    }
    file.begin_span(call.name, "call", pid, call.thread ? spawner : pid, call.span);
    const std::string_view path = recording->text(call.path);
    file.argument("path", path);
    const auto field = recording->fields.find(path);
    if (field != recording->fields.end()) file.argument("pointer", field->second);
    const auto &errors = recording->errors;
    const auto error = static_cast<size_t>(std::find(errors.begin(), errors.end(), call.error) - errors.begin());
    if (error < error_texts.size()) file.argument("error", error_texts[error]);
    file.end_event();
  }
}

void write_phases(TraceFile &file, int pid) {
  const auto &phases = recording->phases;
  for (size_t i = 0; i < phases.size(); i++) {
    const auto end = i + 1 < phases.size() ? phases[i + 1].begin : static_cast<unsigned long long>(recording->ended.cycles);
    file.begin_span(recording->text(phases[i].name), "phase", pid, pid, {phases[i].begin, end});
    file.end_event();
  }
}

// Of a step that init didn't come back from: it was executing the program, waits for `start`, or was killed in it.
unsigned long long end_of(unsigned long long begin) {
  for (const Phase &phase : recording->phases)
    if (phase.begin > begin) return phase.begin;
  return static_cast<unsigned long long>(recording->ended.cycles);
}

void write_steps(TraceFile &file, const Process &process, const std::vector<CycleSpan> &times) {
  const int pid = process.pid;
  file.name_line("process_name", pid, pid, "init");
  for (size_t i = 0; i < times.size(); i++) {
    const auto [begin, end] = times[i];
    if (begin == 0) continue;
    const NotedStep &step = process.steps[i];
    file.begin_span(recording->text(step.name), "step", pid, pid, {begin, end ? end : end_of(begin)});
    file.argument("pointer", recording->text(step.pointer));
    file.argument("about", recording->text(step.about));
    file.end_event();
  }
}

Status write_recording(int descriptor, const std::string &title, const std::vector<std::string> &error_texts) {
  const int pid = getpid();
  TraceFile file(descriptor, recording->began, recording->ended);
  file.name_line("process_name", pid, pid, title);
  write_calls(file, pid, error_texts);
  write_phases(file, pid);
  for (const Process &process : recording->processes) {
    auto times = read_step_times(process.steps.size());
    if (times.failed()) return times.error();
    write_steps(file, process, times.value());
  }
  return file.end();
}

// What was in the file behind what is written now.
Status cut_rest(int descriptor) {
  struct stat status;
  const off_t end = lseek(descriptor, 0, SEEK_CUR);
  // A pipe or a terminal has none.
  if (end < 0 || fstat(descriptor, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size <= end) return Done{};
  if (ftruncate(descriptor, end) < 0) return failure("ftruncate");
  return Done{};
}

} // namespace

void note_call(std::string_view name, const std::string *text, int error, unsigned long long begin) {
  const auto end = wire::cycles();
  if (!tracing || recording->calls.size() == most_calls || is_own(name)) return;
  const bool path = text && !text->empty() && text->front() == '/';
  recording->calls.push_back({name, path ? recording->keep(*text) : Text{}, {begin, end}, error, false});
}

void note_thread_call(std::string_view name, const CycleSpan &span) {
  if (!tracing || span.begin == 0 || recording->calls.size() == most_calls) return;
  recording->calls.push_back({name, {}, span, 0, true});
}

Status begin_trace() {
  delete recording;
  recording = new Recording;
  // Enough for most commands. Of what isn't used no page is ever there.
  recording->calls.reserve(512);
  recording->phases.reserve(32);
  recording->texts.reserve(32 << 10);
  recording->began = now();
  tracing = true;
  return Done{};
}

Status trace_phase(const std::string &name) {
  if (tracing) recording->phases.push_back({recording->keep(name), wire::cycles()});
  return Done{};
}

Status trace_field(const std::string &path, const std::string &pointer) {
  if (tracing) recording->fields.emplace(path, pointer);
  return Done{};
}

Status trace_process(int pid, const std::vector<TracedStep> &steps, const std::string &program) {
  if (!tracing) return Done{};
  Process &process = recording->processes.emplace_back(Process{pid, {}});
  process.steps.reserve(steps.size());
  for (const auto &[step, pointer] : steps) {
    const bool about = step == "find-executable" || step == "exec";
    process.steps.push_back({recording->keep(step), recording->keep(pointer), about ? recording->keep(program) : Text{}});
  }
  return Done{};
}

Result<int> step_times() {
  if (!tracing) return Error{"memfd_create", EINVAL, {}};
  if (recording->memory.valid()) return recording->memory.get();
  OwnedDescriptor memory(memfd_create("tsrunc-trace", MFD_CLOEXEC));
  if (!memory.valid()) return failure("memfd_create");
  if (ftruncate(memory.get(), wire::step_times_size) < 0) return failure("ftruncate");
  recording->memory = std::move(memory);
  return recording->memory.get();
}

Result<std::vector<int>> end_trace() {
  std::vector<int> errors;
  if (!tracing) return errors;
  tracing = false;
  recording->ended = now();
  for (const auto &call : recording->calls)
    if (call.error != 0 && std::find(errors.begin(), errors.end(), call.error) == errors.end()) errors.push_back(call.error);
  recording->errors = errors;
  return errors;
}

Status write_trace(int descriptor, const std::string &title, const std::vector<std::string> &error_texts) {
  if (tracing || !recording) return Error{"write", EINVAL, {}};
  const Status written = write_recording(descriptor, title, error_texts);
  const Status cut = cut_rest(descriptor);
  delete recording;
  recording = nullptr;
  return written.failed() ? written : cut;
}

} // namespace tsrunc
