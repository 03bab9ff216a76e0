#include "json.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

void Json::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

void Json::open(char bracket) {
  separate();
  out_ += bracket;
  first_ = true;
}

void Json::close(char bracket) {
  out_ += bracket;
  first_ = false;
}

void Json::name(const char *key) {
  text(key);
  out_ += ':';
  first_ = true;
}

void Json::text(const std::string &value) {
  separate();
  out_ += '"';
  for (unsigned char byte : value) {
    char escaped[8];
    if (byte == '"' || byte == '\\' || byte < 0x20 || byte >= 0x7f) {
      // A byte for itself, whatever encoding it was meant in: both runtimes are read alike.
      snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      out_ += escaped;
    } else {
      out_ += static_cast<char>(byte);
    }
  }
  out_ += '"';
}

void Json::number(long long value) {
  separate();
  out_ += std::to_string(value);
}

void Json::member(const char *key, const std::string &value) {
  name(key);
  text(value);
}

void Json::member(const char *key, long long value) {
  name(key);
  number(value);
}

void Json::outcome(const char *key, long long value) {
  if (value >= 0)
    member(key, value);
  else
    member(key, error_name(errno));
}

std::string error_name(int number) {
  if (number == 0) return "ok";
  const char *name = strerrorname_np(number);
  return name ? name : "errno " + std::to_string(number);
}
