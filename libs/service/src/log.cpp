#include "risk/service/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <charconv>
#include <cmath>
#include <memory>

#include "risk/base/json.hpp"
#include "risk/base/timestamp.hpp"
#include "text.hpp"

namespace risk::service {
namespace {

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

std::string_view view(spdlog::string_view_t text) {
  return {text.data(), text.size()};
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

// A message with its fields on its way through spdlog. Sinks format it before log() returns.
struct Event : spdlog::details::log_msg {
  Event(spdlog::string_view_t logger, spdlog::level::level_enum at, std::string_view message,
        std::span<const Field> with)
      : log_msg(logger, at, {message.data(), message.size()}), fields(with) {}
  std::span<const Field> fields;
};

// Lays a line out. It is called while its sink is locked, so lines that ask the clock here are in the order of their
// times; that of the message is from before the lock.
class LineFormatter final : public spdlog::formatter {
 public:
  LineFormatter(std::string service, bool json) : service_(std::move(service)), json_(json) {}

  // Precondition: the message is an Event.
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const auto& event = static_cast<const Event&>(message);
    Line line(json_);
    line.add("time", format_timestamp(system_now()), false);
    line.add("level", view(spdlog::level::to_string_view(event.level)), false);
    line.add("service", service_, false);
    line.add("msg", view(event.payload), false);
    for (const auto& field : event.fields) line.add(field.key, field.value, field.literal);
    const std::string text = std::move(line).finish() + "\n";
    out.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<LineFormatter>(*this); }

 private:
  std::string service_;
  bool json_;
};

// Gives events, and nothing else, to the one sink.
class EventLogger final : public spdlog::logger {
 public:
  EventLogger() : logger("risk", std::make_shared<spdlog::sinks::stdout_sink_mt>()) {
    start({.service = "risk-alert"});
    flush_on(spdlog::level::trace);
  }

  void start(const LogOptions& options) {
    sinks().front()->set_formatter(std::make_unique<LineFormatter>(options.service, options.json));
    set_level(spdlog_level(options.level));
  }

  void log_event(spdlog::level::level_enum level, std::string_view message, std::span<const Field> fields) {
    if (should_log(level)) log_it_(Event(name(), level, message, fields), true, false);
  }
};

// Never destroyed: destructors of statics may log.
EventLogger& logger() {
  static EventLogger& instance = *new EventLogger;
  return instance;
}

}  // namespace

Field::Field(std::string_view k, double v) : key(k), literal(std::isfinite(v)) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), v).ptr;
  value.assign(digits.data(), end);
}

void start_logging(const LogOptions& options) {
  logger().start(options);
}

bool log_enabled(LogLevel level) {
  return logger().should_log(spdlog_level(level));
}

void log_fields(LogLevel level, std::string_view message, std::span<const Field> fields) {
  logger().log_event(spdlog_level(level), message, fields);
}

}  // namespace risk::service
