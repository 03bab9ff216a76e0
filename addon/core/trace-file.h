// The file that --trace writes, in the Trace Event Format: text, put together in a buffer on the stack, of which the pages are there
// already. Each page of new memory costs as much as several events.
#pragma once

#include <cstring>
#include <string_view>

#include "descriptors.h"
#include "trace.h"

namespace tsrunc {

// The counter, and CLOCK_MONOTONIC in nanoseconds at the same moment.
struct TraceClock {
  double cycles = 0;
  double nanoseconds = 0;
};

class TraceFile {
public:
  // Times are told by what two clocks have in common.
  TraceFile(int descriptor, const TraceClock &began, const TraceClock &ended)
      : descriptor_(descriptor), began_(began),
        per_cycle_((ended.nanoseconds - began.nanoseconds) / (ended.cycles - began.cycles)) {
    put("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
  }

  // Begins an event of something that lasted. After it come arguments, and end_event.
  void begin_span(std::string_view name, std::string_view category, int pid, int tid, const CycleSpan &span) {
    begin_event(name, category, pid, tid);
    const auto begin = static_cast<double>(span.begin);
    const auto end = static_cast<double>(span.end);
    microseconds(began_.nanoseconds + (begin - began_.cycles) * per_cycle_);
    put(",\"dur\":");
    microseconds((end - begin) * per_cycle_);
  }

  // Nothing for an empty value.
  void argument(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    if (has_arguments_) put(",\"");
    else put(",\"args\":{\"");
    has_arguments_ = true;
    put(name);
    put("\":\"");
    put_escaped(value);
    put("\"");
  }

  void end_event() {
    if (has_arguments_) put("}");
    put("}");
  }

  // A line of the picture gets a name.
  void name_line(std::string_view what, int pid, int tid, std::string_view name) {
    begin_event(what, {}, pid, tid);
    argument("name", name);
    end_event();
  }

  // Returns the first failure.
  Status end() {
    put("\n]}\n");
    flush();
    return written_;
  }

private:
  // Without a category what gives a line its name.
  void begin_event(std::string_view name, std::string_view category, int pid, int tid) {
    if (!first_event_) put(",");
    put("\n{\"name\":\"");
    first_event_ = false;
    put(name);
    // The same mostly as in the event before.
    if (pid != pid_ || tid != tid_ || category != category_) {
      pid_ = pid;
      tid_ = tid;
      category_ = category;
      constant_ = category.empty() ? "\",\"ph\":\"M\"" : "\",\"ph\":\"X\"";
      constant_ += ",\"pid\":" + std::to_string(pid) + ",\"tid\":" + std::to_string(tid);
      if (!category.empty()) constant_.append(",\"cat\":\"").append(category).append("\",\"ts\":");
    }
    put(std::string_view(constant_));
    has_arguments_ = false;
  }

  // Whole nanoseconds as a decimal number. From its last digit to its first.
  void microseconds(double nanoseconds) {
    auto whole = nanoseconds > 0 ? static_cast<unsigned long long>(nanoseconds + 0.5) : 0;
    char text[24];
    char *const end = text + sizeof text;
    char *at = end;
    do {
      if (end - at == 3) *--at = '.';
      *--at = static_cast<char>('0' + whole % 10);
      whole /= 10;
    } while (whole > 0 || end - at < 5);
    put(std::string_view(at, static_cast<size_t>(end - at)));
  }

  static bool is_plain(char byte) { return static_cast<unsigned char>(byte) >= ' ' && byte != '"' && byte != '\\'; }

  void put_escaped(std::string_view text) {
    while (!text.empty()) {
      size_t plain = 0;
      while (plain < text.size() && is_plain(text[plain])) plain++;
      put(text.substr(0, plain));
      if (plain == text.size()) return;
      put_escape(text[plain]);
      text.remove_prefix(plain + 1);
    }
  }

  void put_escape(char byte) {
    constexpr const char *digits = "0123456789abcdef";
    if (static_cast<unsigned char>(byte) >= ' ') {
      put("\\");
      put(std::string_view(&byte, 1));
    } else {
      put("\\u00");
      put(std::string_view(&digits[byte >> 4], 1));
      put(std::string_view(&digits[byte & 15], 1));
    }
  }

  template <size_t size> void put(const char (&text)[size]) {
    make_room(size);
    memcpy(at_, text, size - 1);
    at_ += size - 1;
  }

  void put(std::string_view text) {
    for (; text.size() > most_at_once; text.remove_prefix(most_at_once)) put(text.substr(0, most_at_once));
    make_room(text.size());
    memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }

  void make_room(size_t size) {
    if (size > static_cast<size_t>(buffer_ + sizeof buffer_ - at_)) flush();
  }

  void flush() {
    if (!written_.failed()) written_ = write_all(descriptor_, buffer_, static_cast<size_t>(at_ - buffer_));
    at_ = buffer_;
  }

  static constexpr size_t most_at_once = 1 << 10;
  int descriptor_;
  TraceClock began_;
  double per_cycle_;
  int pid_ = -1;
  int tid_ = -1;
  std::string_view category_;
  std::string constant_;
  bool first_event_ = true;
  bool has_arguments_ = false;
  Status written_ = Done{};
  char *at_ = buffer_;
  char buffer_[32 << 10];
};

} // namespace tsrunc
