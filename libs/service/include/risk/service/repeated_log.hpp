// A log line about what a stranger or a feed can make happen any number of times: told at once the first time, from
// then on at most once a minute, with `left_out`, how often it happened untold since the line before. What is left
// untold at the end is told by the destructor. Any thread.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>

#include "risk/base/throttle.hpp"
#include "risk/service/log.hpp"

namespace risk::service {

class RepeatedLog {
 public:
  using Clock = std::chrono::steady_clock;

  // `now` is for tests.
  RepeatedLog(LogLevel level, std::string message, std::function<Clock::time_point()> now = Clock::now);
  ~RepeatedLog();
  RepeatedLog(const RepeatedLog&) = delete;
  RepeatedLog& operator=(const RepeatedLog&) = delete;

  void tell(std::initializer_list<Field> fields);

 private:
  const LogLevel level_;
  const std::string message_;
  const std::function<Clock::time_point()> now_;
  std::mutex mutex_;
  Throttle throttle_;  // of one thing: what this log is about
};

}  // namespace risk::service
