// Logs: one line an event on stdout, `time=… level=… service=… msg=… key=value`, or one JSON object a line with
// LOG_FORMAT=json. Messages are constant texts; what varies goes into fields. One event is one line whatever bytes its
// fields hold, and shows plainly what they hold: control and other hidden characters and invalid UTF-8 are escaped.
// Each line is flushed. Any thread may log; lines appear in the order of their times.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "risk/base/secret.hpp"

namespace risk::service {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

// One key=value of a line. A Secret cannot be one.
struct Field {
  std::string_view key;
  std::string value;
  bool literal = false;  // a number or a truth value: JSON shows it without quotes

  Field(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, bool v) : key(k), value(v ? "true" : "false"), literal(true) {}
  Field(std::string_view k, double v);  // the shortest text that reads back as v: "0.25"
  template <class T>
  requires std::is_integral_v<T> Field(std::string_view k, T v) : key(k), value(std::to_string(v)), literal(true) {}
  Field(std::string_view, const Secret&) = delete;
};

struct LogOptions {
  std::string service;  // "risk-engine"
  LogLevel level = LogLevel::kInfo;
  bool json = false;
};

// Before this call lines go out as from service "risk-alert".
void start_logging(const LogOptions& options);

bool log_enabled(LogLevel level);
void log_fields(LogLevel level, std::string_view message, std::span<const Field> fields);
inline void log(LogLevel level, std::string_view message, std::initializer_list<Field> fields = {}) {
  log_fields(level, message, std::span(fields.begin(), fields.size()));
}

inline void log_debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  if (log_enabled(LogLevel::kDebug)) log(LogLevel::kDebug, message, fields);
}
inline void log_info(std::string_view message, std::initializer_list<Field> fields = {}) {
  log(LogLevel::kInfo, message, fields);
}
inline void log_warning(std::string_view message, std::initializer_list<Field> fields = {}) {
  log(LogLevel::kWarning, message, fields);
}
inline void log_error(std::string_view message, std::initializer_list<Field> fields = {}) {
  log(LogLevel::kError, message, fields);
}

}  // namespace risk::service
