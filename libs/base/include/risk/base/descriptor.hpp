// Owns a file descriptor and closes it. One thread at a time.
#pragma once

#include <unistd.h>

#include <utility>

namespace risk {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}  // below 0: none
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }

  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }  // it is the caller's to close
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_;
};

}  // namespace risk
