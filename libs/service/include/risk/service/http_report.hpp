// An HTTP server as the logs, the metrics and its clients see it; http itself knows none of them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "risk/http/counters.hpp"
#include "risk/http/message.hpp"
#include "risk/http/refusal_log.hpp"
#include "risk/service/metrics.hpp"

namespace risk::service {

// A problem detail (RFC 9457): what was wrong, with the field and the value, and the path that was asked for ("" when
// it is not known).
http::Response problem_response(int status, std::string_view detail, std::string_view path);

// Writes a server's warnings to the log.
std::function<void(const http::Warning&)> log_http_warnings(std::string server);

// Shows a server's counters as http_* with the label `server` ("dashboard", "health"). `metrics` must outlive whoever
// scrapes it, the server need not.
void report_http(Metrics& metrics, const std::string& server, const std::shared_ptr<const http::Counters>& counters);

}  // namespace risk::service
