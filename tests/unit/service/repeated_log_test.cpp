#include "risk/service/repeated_log.hpp"

#include <thread>

#include "output_of.hpp"
#include "support/catch.hpp"

using namespace risk::service;

namespace {

struct Flood {
  RepeatedLog::Clock::time_point now{};
  RepeatedLog log{LogLevel::kError, "bad frame", [this] { return now; }};

  std::size_t lines(int times) {
    return lines_in(output_of(kText, [&] {
      for (int i = 0; i < times; ++i) log.tell({{"reason", "no version"}});
    }));
  }
};

}  // namespace

TEST_CASE("what a feed can repeat is told at once, then once a minute with the number of those left out") {
  Flood flood;
  const auto first = output_of(kText, [&] { flood.log.tell({{"reason", "no version"}}); });
  CHECK(without_time(first) == "level=error service=risk-engine msg=\"bad frame\" reason=\"no version\"\n");
  CHECK(flood.lines(10'000) == 0);
  flood.now += std::chrono::seconds{59};
  CHECK(flood.lines(1) == 0);
  flood.now += std::chrono::seconds{1};
  const auto next = output_of(kText, [&] { flood.log.tell({{"reason", "too short"}}); });
  CHECK(without_time(next) ==
        "level=error service=risk-engine msg=\"bad frame\" reason=\"too short\" left_out=10001\n");
  flood.now += std::chrono::minutes{1};
  const auto quiet = output_of(kText, [&] { flood.log.tell({}); });
  CHECK(without_time(quiet) == "level=error service=risk-engine msg=\"bad frame\"\n");
}

TEST_CASE("what was left out is told at the end") {
  const auto out = output_of(kText, [] {
    Flood flood;
    for (int i = 0; i < 5; ++i) flood.log.tell({});
  });
  CHECK(lines_in(out) == 2);
  CHECK(out.find("msg=\"bad frame\" left_out=4\n") != std::string::npos);
}

TEST_CASE("many threads may tell of the same thing, and every time is told or counted") {
  const auto out = output_of(kText, [] {
    RepeatedLog log(LogLevel::kWarning, "refused");
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&log] {
        for (int i = 0; i < 1000; ++i) log.tell({});
      });
    }
    for (auto& thread : threads) thread.join();
  });
  CHECK(lines_in(out) == 2);
  CHECK(out.find("left_out=3999\n") != std::string::npos);
}
