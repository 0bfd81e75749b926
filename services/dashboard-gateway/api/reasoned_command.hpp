// What a person does to one thing, with a reason: {"user", "reason"} to the engine as a command, and the thing back as
// it is stored then.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "dashboard-gateway/api/routes.hpp"

namespace risk::gateway {

struct ReasonedCommand {
  const char* what;  // the path's {id} is: "a quarantine_id"
  std::function<decltype(wire::Command::command)(std::uint64_t id, std::string reason)> make;
  std::function<HttpResponse(store::Reader& reader, std::uint64_t id, const std::string& path)> read;
};

Handler reasoned_command(RouteParts parts, ReasonedCommand command);

}  // namespace risk::gateway
