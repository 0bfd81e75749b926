// What reaches the real stdout through the log.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "risk/base/timestamp.hpp"
#include "risk/service/log.hpp"
#include "support/catch.hpp"

namespace risk::service {

// What `act` writes to the real stdout.
template <class Act>
std::string output_of(const LogOptions& options, Act act) {
  FILE* file = std::tmpfile();
  std::fflush(stdout);
  const int saved = dup(STDOUT_FILENO);
  dup2(fileno(file), STDOUT_FILENO);
  start_logging(options);
  act();
  // Without a flush of ours: what the logger has not flushed is missing here.
  std::string text(static_cast<std::size_t>(lseek(fileno(file), 0, SEEK_END)), '\0');
  CHECK(pread(fileno(file), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  dup2(saved, STDOUT_FILENO);
  close(saved);
  std::fclose(file);
  start_logging({.service = "test"});
  return text;
}

inline std::string without_time(const std::string& line) {
  REQUIRE(line.rfind("time=", 0) == 0);
  const auto blank = line.find(' ');
  CHECK(parse_timestamp(line.substr(5, blank - 5)).ok());
  return line.substr(blank + 1);
}

inline const LogOptions kText{.service = "risk-engine"};
inline const LogOptions kJson{.service = "risk-engine", .level = LogLevel::kInfo, .json = true};

inline std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace risk::service
