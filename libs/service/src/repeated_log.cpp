#include "risk/service/repeated_log.hpp"

#include <utility>
#include <vector>

namespace risk::service {

RepeatedLog::RepeatedLog(LogLevel level, std::string message, std::function<Clock::time_point()> now)
    : level_(level), message_(std::move(message)), now_(std::move(now)) {}

RepeatedLog::~RepeatedLog() {
  if (left_out_ > 0) log(level_, message_, {{"left_out", left_out_}});
}

void RepeatedLog::tell(std::initializer_list<Field> fields) {
  std::uint64_t left_out = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto now = now_();
    if (told_ && now - *told_ < kInterval) {
      ++left_out_;
      return;
    }
    told_ = now;
    left_out = std::exchange(left_out_, 0);
  }
  std::vector<Field> all(fields);
  if (left_out > 0) all.emplace_back("left_out", left_out);
  log_fields(level_, message_, all);
}

}  // namespace risk::service
