#include "risk/service/log.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "output_of.hpp"
#include "risk/base/id.hpp"
#include "risk/base/timestamp.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::service;

namespace {

// Every byte, line separators, terminal escapes, broken and overlong UTF-8.
std::vector<std::string> hostile_texts() {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));
  return {every_byte,
          "a\nlevel=error msg=forged",
          "a\" msg=\"forged",
          "\\",
          "{\"level\":\"error\"}",
          "\x1b[2J",
          "\xC2\x85 \xC2\x9B \xE2\x80\xA8 \xE2\x80\xA9",
          "\xC0\x80 \xED\xA0\x80 \xF4\x90\x80\x80 \xE2\x82",
          std::string(100'000, '"'),
          ""};
}

}  // namespace

TEST_CASE("a log line is time, level, service, msg, then the fields, quoted only where needed") {
  const auto line = output_of(kText, [] {
    log_info("engine started",
             {{"port", 5561}, {"path", "var/risk.db"}, {"ready", true}, {"rate", 0.25}, {"name", "a b"}});
  });
  CHECK(without_time(line) ==
        "level=info service=risk-engine msg=\"engine started\" port=5561 path=var/risk.db ready=true rate=0.25 "
        "name=\"a b\"\n");
}

TEST_CASE("quotes, backslashes, equal signs, control bytes and broken UTF-8 are escaped in a text line") {
  const auto value = [](std::string text) {
    const auto line = without_time(output_of(kText, [&] { log_info("m", {{"v", text}}); }));
    return line.substr(line.find(" v=") + 3);
  };
  CHECK(value("") == "\"\"\n");
  CHECK(value("a=b") == "\"a=b\"\n");
  CHECK(value("say \"hi\"") == "\"say \\\"hi\\\"\"\n");
  CHECK(value("a\\b") == "\"a\\\\b\"\n");
  CHECK(value("a\nb\r\tc") == "\"a\\nb\\r\\tc\"\n");
  CHECK(value(std::string("\0", 1)) == "\"\\u0000\"\n");
  CHECK(value("\x1b[2J\x7f") == "\"\\u001b[2J\\u007f\"\n");
  CHECK(value("\xC2\x9B \xE2\x80\xA8") == "\"\\u009b \\u2028\"\n");
  CHECK(value("\xFF") == "\"\\xff\"\n");
  CHECK(value("z\xC3\xBCrich") == "z\xC3\xBCrich\n");
}

TEST_CASE("a log line shows plainly what would pass for something else, as text and as JSON") {
  const std::pair<std::string, std::string> shown[] = {{"A\u202eB", "\\u202e"},
                                                       {"A\u200bB", "\\u200b"},
                                                       {"A\u00a0B", "\\u00a0"},
                                                       {"\ufeff", "\\ufeff"},
                                                       {"A\u2066", "\\u2066"}};
  for (const auto& [text, escape] : shown) {
    for (const auto& options : {kText, kJson}) {
      const auto out = output_of(options, [&] { log_info("m", {{"client", text}}); });
      CHECK(out.find(escape) != std::string::npos);
      CHECK(out.find(text) == std::string::npos);
    }
  }
  CHECK(output_of(kText, [] { log_info("m", {{"v", "\U000E0041"}}); }).find("v=\"\\U000e0041\"") != std::string::npos);
  CHECK(output_of(kText, [] { log_info("m", {{"v", "ACME "}}); }).find("v=\"ACME \"") != std::string::npos);
}

TEST_CASE("one event is one line whatever its message, fields and keys hold") {
  for (const auto& options : {kText, kJson}) {
    for (const auto& text : hostile_texts()) {
      const auto out = output_of(options, [&] { log_error(text, {{"k", text}, {text, "v"}}); });
      CHECK(lines_in(out) == 1);
      CHECK(out.back() == '\n');
      CHECK(is_valid_utf8(out));
      CHECK(std::count_if(out.begin(), out.end(), [](unsigned char c) { return c < 0x20; }) == 1);
    }
  }
}

TEST_CASE("a JSON line is valid JSON for any bytes, and numbers stay numbers") {
  for (const auto& text : hostile_texts()) {
    const auto out = output_of(kJson, [&] { log_warning(text, {{"value", text}, {text, 1}}); });
    const auto json = nlohmann::json::parse(out);
    CHECK(json.at("level") == "warning");
    CHECK(json.at("service") == "risk-engine");
    CHECK(parse_timestamp(json.at("time").get<std::string>()).ok());
    if (is_valid_utf8(text)) {
      CHECK(json.at("msg") == text);
      CHECK(json.at("value") == text);
    }
  }
  const auto json = nlohmann::json::parse(output_of(kJson, [] {
    log_info("m", {{"count", 12U},
                   {"ok", false},
                   {"rate", 0.1},
                   {"big", 1e300},
                   {"odd", std::numeric_limits<double>::infinity()}});
  }));
  CHECK(json.at("count") == 12);
  CHECK(json.at("ok") == false);
  CHECK(json.at("rate") == 0.1);
  CHECK(json.at("big") == 1e300);
  CHECK(json.at("odd") == "inf");
}

TEST_CASE("lines below the level are not written") {
  LogOptions options = kText;
  options.level = LogLevel::kWarning;
  const auto out = output_of(options, [] {
    CHECK_FALSE(log_enabled(LogLevel::kInfo));
    log_debug("a");
    log_info("b");
    log_warning("c");
    log_error("d");
  });
  CHECK(lines_in(out) == 2);
}

TEST_CASE("lines of many threads stay whole and in the order of their times") {
  const auto out = output_of(kText, [] {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([t] {
        for (int i = 0; i < 200; ++i) log_info("from a thread", {{"thread", t}, {"i", i}});
      });
    }
    for (auto& thread : threads) thread.join();
  });
  CHECK(lines_in(out) == 800);
  std::istringstream lines(out);
  std::string previous;
  for (std::string line; std::getline(lines, line);) {
    const auto time = line.substr(0, line.find(' '));
    CHECK(without_time(line).rfind("level=info service=risk-engine msg=\"from a thread\" thread=", 0) == 0);
    CHECK(previous <= time);
    previous = time;
  }
}

TEST_CASE("a line is whole text or whole JSON while the format changes under threads that log") {
  const auto out = output_of(kText, [] {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([t] {
        for (int i = 0; i < 200; ++i) log_info("from a thread", {{"thread", t}, {"i", i}});
      });
    }
    for (int i = 0; i < 100; ++i) start_logging(i % 2 == 0 ? kJson : kText);
    for (auto& thread : threads) thread.join();
  });
  CHECK(lines_in(out) == 800);
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    if (line.front() == '{') {
      CHECK(nlohmann::json::parse(line).at("msg") == "from a thread");
    } else {
      CHECK(without_time(line).rfind("level=info service=risk-engine msg=\"from a thread\" thread=", 0) == 0);
    }
  }
}
