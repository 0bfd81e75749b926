// Owns a file descriptor and closes it. One thread at a time.
#pragma once

#include <unistd.h>

#include <utility>

namespace risk {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}  // below 0: none
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }  // it is the caller's to close

 private:
  int fd_;
};

}  // namespace risk
