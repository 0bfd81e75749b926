// A doorbell that zmq_poll can wait for: rung by any thread, heard by one.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "risk/base/os.hpp"
#include "risk/bus/message.hpp"

namespace risk::bus {

class WakeUp {
 public:
  WakeUp() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (fd_ < 0) throw BusError(std::string("cannot open an eventfd: ") + errno_text(errno));
  }
  ~WakeUp() { ::close(fd_); }
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  int fd() const { return fd_; }
  // A write fails only when the counter is full, and then the bell rings already.
  void ring() { [[maybe_unused]] const auto written = ::eventfd_write(fd_, 1); }
  void silence() {
    eventfd_t rings;
    [[maybe_unused]] const auto read = ::eventfd_read(fd_, &rings);
  }

 private:
  int fd_;
};

}  // namespace risk::bus
