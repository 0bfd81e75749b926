#include "risk/service/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <memory>
#include <mutex>

#include "risk/base/json.hpp"
#include "risk/base/timestamp.hpp"
#include "text.hpp"

namespace risk::service {
namespace {

struct Logging {
  std::mutex mutex;  // held from the clock to the flush, so that lines are in the order of their times
  LogOptions options{.service = "risk-alert"};
  spdlog::logger logger{"risk", std::make_shared<spdlog::sinks::stdout_sink_st>()};
  std::atomic<LogLevel> level{LogLevel::kInfo};

  Logging() {
    logger.set_pattern("%v");
    logger.set_level(spdlog::level::trace);
    logger.flush_on(spdlog::level::trace);
  }
};

// Never destroyed: destructors of statics may log.
Logging& logging() {
  static Logging& instance = *new Logging;
  return instance;
}

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

class Line {
 public:
  explicit Line(bool json) : json_(json) {
    if (json_) text_ = "{";
  }

  void add(std::string_view key, std::string_view value, bool literal) {
    if (text_.size() > (json_ ? 1U : 0U)) text_.push_back(json_ ? ',' : ' ');
    if (json_) {
      append_json_string(text_, key, JsonText::kAscii);
      text_.push_back(':');
      literal ? void(text_.append(value)) : append_json_string(text_, value, JsonText::kAscii);
    } else {
      append_logfmt_key(text_, key);
      text_.push_back('=');
      append_logfmt_value(text_, value);
    }
  }

  std::string finish() && {
    if (json_) text_.push_back('}');
    return std::move(text_);
  }

 private:
  bool json_;
  std::string text_;
};

}  // namespace

Field::Field(std::string_view k, double v) : key(k), literal(std::isfinite(v)) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), v).ptr;
  value.assign(digits.data(), end);
}

void start_logging(const LogOptions& options) {
  auto& state = logging();
  const std::lock_guard lock(state.mutex);
  state.options = options;
  state.level = options.level;
}

bool log_enabled(LogLevel level) {
  return level >= logging().level.load(std::memory_order_relaxed);
}

void log_fields(LogLevel level, std::string_view message, std::span<const Field> fields) {
  if (!log_enabled(level)) return;
  auto& state = logging();
  const std::lock_guard lock(state.mutex);
  Line line(state.options.json);
  line.add("time", format_timestamp(system_now()), false);
  line.add("level", name_of(level), false);
  line.add("service", state.options.service, false);
  line.add("msg", message, false);
  for (const auto& field : fields) line.add(field.key, field.value, field.literal);
  const std::string text = std::move(line).finish();
  state.logger.log(spdlog_level(level), spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace risk::service
