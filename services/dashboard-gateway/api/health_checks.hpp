// Asks the other services' health ports, over and over, whether they are up and ready, and tells SystemStatus. A name
// stands for every address it resolves to: all are asked, and what they say is put together (health_answers.hpp).
// Has a thread for each service, so that one that cannot be asked delays no other; `status` must outlive it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dashboard-gateway/api/system_status.hpp"
#include "risk/base/result.hpp"

namespace risk::gateway {

struct HealthTarget {
  std::string service;  // as the contract names it
  std::string url;      // http://host:port/readyz, with commas if there are more; "" is not asked
};

// The addresses of a host, as text without a port: at least one, or why there is none. May take as long as it likes:
// who waits gives up after the timeout, and asks for the same host again only when it has returned. Called in threads
// of which one may outlive the checks, with a copy of the function.
using HealthLookup = std::function<Result<std::vector<std::string>>(const std::string& host, const std::string& port)>;
Result<std::vector<std::string>> look_up_addresses(const std::string& host, const std::string& port);

struct HealthChecksOptions {
  std::vector<HealthTarget> targets;
  std::chrono::milliseconds interval{5000};
  std::chrono::milliseconds timeout{2000};  // of a lookup, and then of each answer
  HealthLookup lookup = look_up_addresses;
};

// What is allowed, unless `url` is http://HOST[:PORT][/PATH], several of them with commas, or empty.
const char* health_url_problem(const std::string& url);

class HealthChecks {
 public:
  // Precondition: no target has a health_url_problem().
  HealthChecks(const HealthChecksOptions& options, SystemStatus& status);
  ~HealthChecks();  // stops, waits for the threads but not for a lookup

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::gateway
