// Metrics in Prometheus terms: base units, names ending in _total or _seconds, no client or symbol labels.
// References stay valid as long as the Metrics. Any thread may call anything.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace risk::service {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void add(double amount = 1) = 0;  // amount >= 0
  virtual double value() const = 0;
};

class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) = 0;
  virtual double value() const = 0;
};

class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void observe(double value) = 0;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();

  // The same name and labels give the same metric. Throws std::invalid_argument for a name of another kind of metric or
  // one that Prometheus does not allow.
  Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram& histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                       const Labels& labels = {});

  // Called before each scrape, on the scraping thread, to set gauges from live state: what it captures must outlive
  // whoever scrapes.
  void before_scrape(std::function<void()> refresh);

  // Prometheus text format 0.0.4; with process_resident_memory_bytes, process_start_time_seconds,
  // process_cpu_seconds_total and process_open_fds.
  std::string scrape() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::service
