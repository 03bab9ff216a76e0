// Takes values from the bytes of an input, whatever they are; at its end they are zero and empty.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

class Input {
public:
  Input(const uint8_t *data, size_t size) : at_(data), left_(size) {}

  size_t left() const { return left_; }

  template <typename Number> Number number() {
    Number value = 0;
    const size_t size = std::min(left_, sizeof value);
    memcpy(&value, at_, size);
    skip(size);
    return value;
  }

  // From 0 to most - 1.
  size_t below(size_t most) { return number<uint8_t>() % most; }

  template <typename Item, size_t count> Item one_of(const Item (&items)[count]) { return items[below(count)]; }

  // At most 255 bytes.
  std::string text() { return bytes(number<uint8_t>()); }

  std::string rest() { return bytes(left_); }

private:
  const uint8_t *at_;
  size_t left_;

  void skip(size_t size) {
    at_ += size;
    left_ -= size;
  }

  std::string bytes(size_t size) {
    size = std::min(size, left_);
    std::string text(reinterpret_cast<const char *>(at_), size);
    skip(size);
    return text;
  }
};
