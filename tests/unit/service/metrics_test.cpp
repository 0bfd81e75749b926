#include "risk/service/metrics.hpp"

#include <unistd.h>

#include <ctime>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "support/catch.hpp"

using namespace risk::service;
using Catch::Matchers::ContainsSubstring;

namespace {

double value_of(const std::string& text, const std::string& series) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(series + " ", 0) == 0) return std::stod(line.substr(series.size() + 1));
  }
  FAIL("no series " << series << " in\n" << text);
  return 0;
}

}  // namespace

TEST_CASE("counters, gauges and histograms show in the text format") {
  Metrics metrics;
  metrics.counter("risk_alerts_total", "Alerts", {{"severity", "HIGH"}}).add(3);
  metrics.gauge("risk_lag_seconds", "Lag").set(0.25);
  auto& histogram = metrics.histogram("risk_commit_seconds", "Commits", {0.01, 0.1});
  histogram.observe(0.05);
  histogram.observe(5);
  const auto text = metrics.scrape();
  CHECK_THAT(text, ContainsSubstring("# HELP risk_alerts_total Alerts\n# TYPE risk_alerts_total counter\n"));
  CHECK(value_of(text, "risk_alerts_total{severity=\"HIGH\"}") == 3);
  CHECK(value_of(text, "risk_lag_seconds") == 0.25);
  CHECK(value_of(text, "risk_commit_seconds_bucket{le=\"0.1\"}") == 1);
  CHECK(value_of(text, "risk_commit_seconds_bucket{le=\"+Inf\"}") == 2);
}

TEST_CASE("the same name and labels give the same metric, other labels another") {
  Metrics metrics;
  auto& high = metrics.counter("alerts_total", "Alerts", {{"severity", "HIGH"}});
  CHECK(&high == &metrics.counter("alerts_total", "Alerts", {{"severity", "HIGH"}}));
  CHECK(&high != &metrics.counter("alerts_total", "Alerts", {{"severity", "LOW"}}));
  CHECK_THROWS_AS(metrics.gauge("alerts_total", "Alerts"), std::invalid_argument);
  CHECK_THROWS_AS(metrics.gauge("not a name", ""), std::invalid_argument);
  CHECK_NOTHROW(metrics.scrape());
}

TEST_CASE("a scrape calls the refreshes first, and they may ask for metrics") {
  Metrics metrics;
  metrics.before_scrape([&] { metrics.gauge("queue_depth", "Waiting").set(7); });
  CHECK(value_of(metrics.scrape(), "queue_depth") == 7);
}

TEST_CASE("the process describes itself") {
  Metrics metrics;
  const auto text = metrics.scrape();
  CHECK(value_of(text, "process_resident_memory_bytes") > 1e6);
  CHECK(value_of(text, "process_open_fds") >= 3);
  CHECK(value_of(text, "process_cpu_seconds_total") > 0);
  const auto start = value_of(text, "process_start_time_seconds");
  const auto now = static_cast<double>(std::time(nullptr));
  CHECK(start <= now + 2);  // the kernel's boot time is whole seconds
  CHECK(start > now - 600);

  const int descriptor = dup(0);
  const auto after = metrics.scrape();
  close(descriptor);
  CHECK(value_of(after, "process_open_fds") == value_of(text, "process_open_fds") + 1);
  CHECK(value_of(after, "process_cpu_seconds_total") >= value_of(text, "process_cpu_seconds_total"));
}

TEST_CASE("counting from many threads while scraping loses nothing") {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) metrics.counter("events_total", "Events").add();
    });
  }
  for (int i = 0; i < 20; ++i) metrics.scrape();
  for (auto& thread : threads) thread.join();
  CHECK(metrics.counter("events_total", "Events").value() == 4000);
}
