#include "risk/service/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>

namespace risk::service {
namespace {

class PrometheusCounter final : public Counter {
 public:
  explicit PrometheusCounter(prometheus::Counter& counter) : counter_(counter) {}
  void add(double amount) override { counter_.Increment(amount); }
  double value() const override { return counter_.Value(); }

 private:
  prometheus::Counter& counter_;
};

class PrometheusGauge final : public Gauge {
 public:
  explicit PrometheusGauge(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void set(double value) override { gauge_.Set(value); }
  double value() const override { return gauge_.Value(); }

 private:
  prometheus::Gauge& gauge_;
};

class PrometheusHistogram final : public Histogram {
 public:
  explicit PrometheusHistogram(prometheus::Histogram& histogram) : histogram_(histogram) {}
  void observe(double value) override { histogram_.Observe(value); }

 private:
  prometheus::Histogram& histogram_;
};

using Key = std::pair<std::string, Labels>;

double resident_memory_bytes() {
  std::ifstream statm("/proc/self/statm");
  double size_pages = 0, resident_pages = 0;
  statm >> size_pages >> resident_pages;
  return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double start_time_seconds() {
  // Field 22 of /proc/self/stat, in clock ticks since boot; the name in field 2 may hold blanks and parentheses.
  std::ifstream stat("/proc/self/stat");
  const std::string line{std::istreambuf_iterator<char>(stat), {}};
  std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  double start_ticks = 0;
  fields >> start_ticks;

  std::ifstream boot("/proc/stat");
  double boot_seconds = 0;
  for (std::string word; boot >> word;) {
    if (word != "btime") continue;
    boot >> boot_seconds;
    break;
  }
  return boot_seconds + start_ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](timeval t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_fds() {
  std::error_code failure;
  std::filesystem::directory_iterator entries("/proc/self/fd", failure);
  if (failure) return 0;
  const auto count = std::distance(begin(entries), end(entries));
  return static_cast<double>(count - 1);  // not the one that lists the folder
}

}  // namespace

class Metrics::Impl {
 public:
  Impl()
      : resident_memory_(gauge("process_resident_memory_bytes", "Resident memory", {})),
        start_time_(gauge("process_start_time_seconds", "Start of the process since the Unix epoch", {})),
        cpu_(counter("process_cpu_seconds_total", "User and system CPU time", {})),
        open_fds_(gauge("process_open_fds", "Open file descriptors", {})) {
    start_time_.set(start_time_seconds());
  }

  Counter& counter(const std::string& name, const std::string& help, const Labels& labels) {
    return find_or_make<PrometheusCounter>(counters_, {name, labels}, [&]() -> prometheus::Counter& {
      return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels);
    });
  }

  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels) {
    return find_or_make<PrometheusGauge>(gauges_, {name, labels}, [&]() -> prometheus::Gauge& {
      return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels);
    });
  }

  Histogram& histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                       const Labels& labels) {
    return find_or_make<PrometheusHistogram>(histograms_, {name, labels}, [&]() -> prometheus::Histogram& {
      return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add(labels, bounds);
    });
  }

  void before_scrape(std::function<void()> refresh) {
    const std::lock_guard lock(mutex_);
    refreshes_.push_back(std::move(refresh));
  }

  std::string scrape() {
    const std::lock_guard one_at_a_time(scrape_mutex_);
    for (const auto& refresh : refreshes()) refresh();
    resident_memory_.set(resident_memory_bytes());
    cpu_.add(std::max(0.0, cpu_seconds() - cpu_.value()));
    open_fds_.set(open_fds());
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

 private:
  // A copy: a refresh may ask for a metric, and must not do so under the lock.
  std::vector<std::function<void()>> refreshes() {
    const std::lock_guard lock(mutex_);
    return refreshes_;
  }

  template <class Made, class Map, class Make>
  typename Map::mapped_type::element_type& find_or_make(Map& metrics, const Key& key, Make make) {
    const std::lock_guard lock(mutex_);
    auto& metric = metrics[key];
    if (!metric) metric = std::make_unique<Made>(make());
    return *metric;
  }

  std::mutex scrape_mutex_;
  std::mutex mutex_;  // guards what follows, but for the metrics themselves
  prometheus::Registry registry_;
  std::map<Key, std::unique_ptr<Counter>> counters_;
  std::map<Key, std::unique_ptr<Gauge>> gauges_;
  std::map<Key, std::unique_ptr<Histogram>> histograms_;
  std::vector<std::function<void()>> refreshes_;

  Gauge& resident_memory_;
  Gauge& start_time_;
  Counter& cpu_;
  Gauge& open_fds_;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  return impl_->counter(name, help, labels);
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return impl_->gauge(name, help, labels);
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                              const Labels& labels) {
  return impl_->histogram(name, help, bounds, labels);
}

void Metrics::before_scrape(std::function<void()> refresh) {
  impl_->before_scrape(std::move(refresh));
}

std::string Metrics::scrape() const {
  return impl_->scrape();
}

}  // namespace risk::service
