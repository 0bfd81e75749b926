#include "dashboard-gateway/api/reasoned_command.hpp"

#include <utility>

#include "dashboard-gateway/api/command_body.hpp"
#include "risk/service/log.hpp"

namespace risk::gateway {

Handler reasoned_command(RouteParts parts, ReasonedCommand act) {
  return [parts, act = std::move(act)](RoutedRequest request, Respond respond) {
    if (auto refusal = refuse_write(request.http)) return respond(std::move(*refusal));
    const auto id = id_of(request, act.what);
    if (!id) return respond(id.error());
    CommandBody body(request.http, {"user", "reason"});
    wire::Command command{body.name("user"), act.make(*id, body.prose("reason", true))};
    if (auto refusal = body.refusal(request.http)) return respond(std::move(*refusal));
    const std::string path = request.http.path;
    service::log_debug("command", {{"path", path}, {"actor", command.actor}});
    parts.commands.submit(std::move(command), [parts, read = act.read, id = *id, path,
                                               respond](const wire::CommandReply& reply) {
      if (reply.outcome != wire::CommandReply::Outcome::kDone) return respond(refusal_of(reply, path));
      parts.database.submit([read, id, path](store::Reader& reader) { return read(reader, id, path); }, path, respond);
    });
  };
}

}  // namespace risk::gateway
