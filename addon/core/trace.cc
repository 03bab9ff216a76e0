#include "trace.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <unordered_map>

#include "descriptors.h"
#include "owned-descriptor.h"

namespace tsrunc {

bool tracing = false;

namespace {

struct TracedCall {
  const char *name;
  // Its first argument, where that is a path.
  std::string path;
  // errno of a call that failed, otherwise 0.
  int error;
  unsigned long long begin;
  unsigned long long end;
  // It was made by the thread that spawns init.
  bool thread;
};

// `events` makes calls for as long as its container lives.
constexpr size_t most_calls = 100'000;

std::vector<TracedCall> calls;

// No thread or process has the number 0: the thread that spawns init is shown as that, beside the runtime.
constexpr int spawner = 0;

// The text of a trace, written piece by piece.
class TraceFile {
public:
  TraceFile(int descriptor, const std::vector<double> &clock)
      : descriptor_(descriptor), cycles_(clock[0]), nanoseconds_(clock[1]),
        per_cycle_((clock[3] - clock[1]) / (clock[2] - clock[0])) {
    text_.reserve(most_kept + 512);
    text_ = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
  }

  // Begins an event. After it come arguments, and end_event.
  void begin_event(const char *name, const char *kind, int pid, int tid) {
    text_ += first_event_ ? "\n{\"name\":\"" : ",\n{\"name\":\"";
    first_event_ = false;
    text_ += name;
    text_ += "\",\"ph\":\"";
    text_ += kind;
    text_ += "\",\"pid\":";
    number(pid);
    text_ += ",\"tid\":";
    number(tid);
    arguments_ = 0;
  }

  void times(const char *category, double begin, double end) {
    text_ += ",\"cat\":\"";
    text_ += category;
    text_ += "\",\"ts\":";
    microseconds(nanoseconds_ + (begin - cycles_) * per_cycle_);
    text_ += ",\"dur\":";
    microseconds((end - begin) * per_cycle_);
  }

  // Nothing for an empty value.
  void argument(const char *name, const std::string &value) {
    if (value.empty()) return;
    text_ += arguments_++ == 0 ? ",\"args\":{\"" : ",\"";
    text_ += name;
    text_ += "\":\"";
    for (const char byte : value) character(byte);
    text_ += '"';
  }

  void end_event() {
    text_ += arguments_ == 0 ? "}" : "}}";
    if (text_.size() > most_kept) flush();
  }

  // A line of the picture gets a name.
  void name_line(const char *what, int pid, int tid, const std::string &name) {
    begin_event(what, "M", pid, tid);
    argument("name", name);
    end_event();
  }

  Status end() {
    text_ += "\n]}\n";
    flush();
    return written_;
  }

private:
  void number(long long value) {
    char digits[24];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }

  // Whole nanoseconds as a decimal number.
  void microseconds(double nanoseconds) {
    const auto whole = static_cast<long long>(std::max(nanoseconds, 0.0) + 0.5);
    const auto rest = whole % 1000;
    number(whole / 1000);
    text_ += rest < 10 ? ".00" : rest < 100 ? ".0" : ".";
    number(rest);
  }

  void character(char byte) {
    if (byte == '"' || byte == '\\') {
      text_ += '\\';
      text_ += byte;
    } else if (static_cast<unsigned char>(byte) < ' ') {
      constexpr const char *digits = "0123456789abcdef";
      text_ += "\\u00";
      text_ += digits[byte >> 4];
      text_ += digits[byte & 15];
    } else {
      text_ += byte;
    }
  }

  void flush() {
    if (!written_.failed()) written_ = write_descriptor(descriptor_, text_);
    text_.clear();
  }

  static constexpr size_t most_kept = 7 << 10;
  int descriptor_;
  double cycles_;
  double nanoseconds_;
  double per_cycle_;
  std::string text_;
  bool first_event_ = true;
  int arguments_ = 0;
  // The first failure.
  Status written_ = Done{};
};

// The pointer for each path.
using Pointers = std::unordered_map<std::string_view, const std::string *>;

void write_call(TraceFile &file, const TracedCall &call, const TraceTexts &texts, const Pointers &pointers) {
  file.begin_event(call.name, "X", texts.pid, call.thread ? spawner : texts.pid);
  file.times("call", static_cast<double>(call.begin), static_cast<double>(call.end));
  file.argument("path", call.path);
  const auto pointer = call.path.empty() ? pointers.end() : pointers.find(call.path);
  if (pointer != pointers.end()) file.argument("pointer", *pointer->second);
  for (size_t i = 0; i < texts.errors.size() && i < texts.error_texts.size(); i++)
    if (texts.errors[i] == call.error) file.argument("error", texts.error_texts[i]);
  file.end_event();
}

} // namespace

void note_call(const char *name, const std::string *text, int error, unsigned long long begin) {
  if (!tracing || calls.size() == most_calls) return;
  const bool path = text && !text->empty() && text->front() == '/';
  calls.push_back({name, path ? *text : std::string(), error, begin, wire::cycles(), false});
}

void note_thread_call(const char *name, const CycleSpan &span) {
  if (!tracing || span.begin == 0 || calls.size() == most_calls) return;
  calls.push_back({name, {}, 0, span.begin, span.end, true});
}

Status begin_trace() {
  calls.clear();
  tracing = true;
  return Done{};
}

Result<std::vector<int>> end_trace() {
  tracing = false;
  std::vector<int> errors;
  for (const auto &call : calls)
    if (call.error != 0 && std::find(errors.begin(), errors.end(), call.error) == errors.end()) errors.push_back(call.error);
  return errors;
}

Status write_trace(int descriptor, const TraceTexts &texts) {
  const auto &numbers = texts.span_numbers;
  if (texts.clock.size() != 4 || texts.spans.size() != numbers.size()) {
    errno = EINVAL;
    return failure("write");
  }
  Pointers pointers;
  for (size_t i = 0; i + 1 < texts.pointers.size(); i += 2) pointers.emplace(texts.pointers[i], &texts.pointers[i + 1]);
  TraceFile file(descriptor, texts.clock);
  file.name_line("process_name", texts.pid, texts.pid, texts.title);
  bool spawner_named = false;
  for (const auto &call : calls) {
    // Our own.
    if (std::string_view(call.name) == "traceClock") continue;
    if (call.thread && !spawner_named) {
      file.name_line("thread_name", texts.pid, spawner, "spawns init");
      spawner_named = true;
    }
    write_call(file, call, texts, pointers);
  }
  int process = texts.pid;
  for (size_t i = 0; i + 2 < texts.spans.size(); i += 3) {
    const int pid = static_cast<int>(numbers[i]);
    if (pid != process && pid != texts.pid) file.name_line("process_name", pid, pid, "init");
    process = pid;
    file.begin_event(texts.spans[i].c_str(), "X", pid, pid);
    file.times(pid == texts.pid ? "phase" : "step", numbers[i + 1], numbers[i + 2]);
    file.argument("pointer", texts.spans[i + 1]);
    file.argument("about", texts.spans[i + 2]);
    file.end_event();
  }
  calls.clear();
  return file.end();
}

Result<std::vector<double>> trace_clock() {
  timespec now;
  const auto before = wire::cycles();
  if (clock_gettime(CLOCK_MONOTONIC, &now) < 0) return failure("clock_gettime");
  const auto after = wire::cycles();
  return std::vector<double>{static_cast<double>(before + (after - before) / 2),
                             static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec)};
}

Result<int> step_times() {
  OwnedDescriptor memory(memfd_create("tsrunc-trace", MFD_CLOEXEC));
  if (memory.get() < 0) return failure("memfd_create");
  if (ftruncate(memory.get(), wire::step_times_size) < 0) return failure("ftruncate");
  return memory.release();
}

Result<std::vector<double>> read_step_times(int descriptor, int count) {
  const size_t wanted = std::min(static_cast<size_t>(std::max(count, 0)), wire::most_timed_steps);
  std::vector<wire::StepTimes> times(wanted);
  const size_t size = wanted * sizeof(wire::StepTimes);
  const ssize_t got = retried([&] { return pread(descriptor, times.data(), size, 0); });
  if (got < 0) return failure("pread");
  std::vector<double> numbers;
  for (const auto &[begin, end] : times) {
    numbers.push_back(static_cast<double>(begin));
    numbers.push_back(static_cast<double>(end));
  }
  return numbers;
}

} // namespace tsrunc
