// Asks the other services' health ports, over and over, whether they are up and ready, and tells SystemStatus. A name
// stands for every address it resolves to: all are asked, and what they say is put together (health_answers.hpp).
// Has a thread of its own; `status` must outlive it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "dashboard-gateway/api/system_status.hpp"

namespace risk::gateway {

struct HealthTarget {
  std::string service;  // as the contract names it
  std::string url;      // http://host:port/readyz, with commas if there are more; "" is not asked
};

struct HealthChecksOptions {
  std::vector<HealthTarget> targets;
  std::chrono::milliseconds interval{5000};
  std::chrono::milliseconds timeout{2000};
};

// What is allowed, unless `url` is http://HOST[:PORT][/PATH], several of them with commas, or empty.
const char* health_url_problem(const std::string& url);

class HealthChecks {
 public:
  // Precondition: no target has a health_url_problem().
  HealthChecks(HealthChecksOptions options, SystemStatus& status);
  ~HealthChecks();  // stops, waits for the thread

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::gateway
