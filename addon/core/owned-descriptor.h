// A descriptor that is closed when it goes out of scope. Init, which has no C library, has a class of its own.
#pragma once

#include <fcntl.h>
#include <unistd.h>

namespace tsrunc {

// Not open(): musl's follows each with an fcntl(2), for kernels that don't know O_CLOEXEC.
inline int open_path(const char *path, int flags, mode_t mode = 0) { return openat(AT_FDCWD, path, flags, mode); }

class OwnedDescriptor {
public:
  OwnedDescriptor() = default;
  explicit OwnedDescriptor(int number) : number_(number) {}
  OwnedDescriptor(const OwnedDescriptor &) = delete;
  OwnedDescriptor &operator=(const OwnedDescriptor &) = delete;
  OwnedDescriptor(OwnedDescriptor &&other) noexcept : number_(other.release()) {}
  OwnedDescriptor &operator=(OwnedDescriptor &&other) noexcept {
    reset(other.release());
    return *this;
  }
  ~OwnedDescriptor() { reset(); }

  int get() const { return number_; }
  bool valid() const { return number_ >= 0; }
  int release() {
    int number = number_;
    number_ = -1;
    return number;
  }
  void reset(int number = -1) {
    if (number_ >= 0) close(number_);
    number_ = number;
  }

private:
  int number_ = -1;
};

} // namespace tsrunc
