#include "risk/service/repeated_log.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace risk::service {

RepeatedLog::RepeatedLog(LogLevel level, std::string message, std::function<Clock::time_point()> now)
    : level_(level), message_(std::move(message)), now_(std::move(now)) {}

RepeatedLog::~RepeatedLog() {
  const auto left_out = throttle_.kept_back(message_);
  if (left_out > 0) log(level_, message_, {{"left_out", left_out}});
}

void RepeatedLog::tell(std::initializer_list<Field> fields) {
  std::optional<std::uint64_t> left_out;
  {
    const std::lock_guard lock(mutex_);
    left_out = throttle_.admit(message_, now_());
  }
  if (!left_out) return;
  std::vector<Field> all(fields);
  if (*left_out > 0) all.emplace_back("left_out", *left_out);
  log_fields(level_, message_, all);
}

}  // namespace risk::service
