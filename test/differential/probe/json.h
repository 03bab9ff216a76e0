/** A writer of JSON on one line: what the probe says is read by a program, and may hold any bytes. */
#pragma once

#include <string>

class Json {
 public:
  void open(char bracket);
  void close(char bracket);
  /** The name of the member whose value comes next. */
  void name(const char *text);
  void text(const std::string &value);
  void number(long long value);
  /** A member that is a text, a number, or the outcome of a system call: its value, or the name of the error. */
  void member(const char *key, const std::string &value);
  void member(const char *key, long long value);
  void outcome(const char *key, long long value);

  const std::string &written() const { return out_; }

 private:
  void separate();
  std::string out_;
  bool first_ = true;
};

/** The name of an errno value; `ok` for 0. */
std::string error_name(int number);
