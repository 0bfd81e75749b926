#include <algorithm>

#include "dashboard-gateway/api/command_body.hpp"
#include "dashboard-gateway/api/routes.hpp"
#include "dashboard-gateway/http/query.hpp"
#include "risk/service/log.hpp"

namespace risk::gateway {
namespace {

constexpr std::uint32_t kAlertPage = 100;

HttpResponse list_alerts(store::Reader& reader, const store::AlertFilter& filter) {
  const auto rows = reader.alerts(filter);
  JsonWriter json;
  json.begin_object();
  json.key("items");
  json.begin_array();
  for (const store::AlertRow& row : rows) write_alert(json, row);
  json.end_array();
  const bool more = rows.size() == filter.limit;
  json.member("next_before", more ? std::optional(rows.back().alert_id()) : std::nullopt);
  json.end_object();
  return json_response(json.take());
}

// The transaction that tipped the alert, among the latest of its entity.
std::optional<wire::AppliedTransaction> find_transaction(store::Reader& reader, const engine::AlertEvent& event) {
  constexpr int kPages = 5;
  if (!event.transaction_id) return std::nullopt;
  store::TransactionFilter filter;
  filter.limit = 1000;
  if (event.entity_type == engine::EntityType::kClient) filter.client_id = event.entity_id;
  if (event.entity_type == engine::EntityType::kSymbol) filter.symbol = event.entity_id;
  for (int page = 0; page < kPages; ++page) {
    const auto transactions = reader.transactions(filter);
    for (const store::StoredTransaction& stored : transactions) {
      if (stored.transaction.transaction_id == *event.transaction_id) return to_applied(stored);
    }
    if (transactions.size() < filter.limit) return std::nullopt;
    filter.before = transactions.back().apply_seq;
  }
  return std::nullopt;
}

HttpResponse alert_detail(store::Reader& reader, std::uint64_t id, const std::string& path) {
  const auto row = reader.alert(id);
  if (!row) return problem(404, "no alert " + std::to_string(id), path);
  JsonWriter json;
  write_alert_detail(json, *row, find_transaction(reader, row->latest), reader.alert_events(id));
  return json_response(json.take());
}

HttpResponse alert_stats(store::Reader& reader, const LiveModel& model) {
  std::uint64_t total = 0;
  std::vector<std::uint64_t> by_status(kStatuses.size());
  AlertTally unresolved;
  for (const store::AlertCount& count : reader.alert_counts()) {
    total += count.count;
    by_status[static_cast<std::size_t>(count.status) - 1] += count.count;
    if (count.status != engine::AlertStatus::kResolved) unresolved.add(count.type, count.severity, count.count);
  }
  JsonWriter json;
  json.begin_object();
  json.member("as_of", format_timestamp(model.now().value_or(system_now())));
  json.member("total", total);
  json.key("by_status");
  json.begin_object();
  for (std::size_t i = 0; i < std::size(kStatuses); ++i) json.member(kStatuses[i], by_status[i]);
  json.end_object();
  json.key("by_severity");
  write_by_severity(json, unresolved);
  json.key("by_type");
  write_by_type(json, unresolved);
  json.key("by_type_and_severity");
  write_by_type_and_severity(json, unresolved);
  json.member("opened_today", model.opened_today());
  json.end_object();
  return json_response(json.take());
}

void handle_list(const RouteParts& parts, const RoutedRequest& request, Respond respond) {
  Query query(request.http.query);
  store::AlertFilter alerts;
  alerts.statuses = query.enums<engine::AlertStatus>("status", kStatuses);
  alerts.severities = query.enums<engine::Severity>("severity", kSeverities);
  alerts.types = query.enums<engine::AlertType>("type", kAlertTypes);
  if (const auto type = query.word("entity_type", kEntityTypes)) {
    alerts.entity_type = engine::parse_enum<engine::EntityType>(*type);
  }
  alerts.entity_id = query.id("entity_id");
  alerts.limit = static_cast<std::uint32_t>(query.whole("limit", 1, 1000).value_or(kAlertPage));
  alerts.before = query.whole("before", 0, kIdMax);
  if (const auto mistake = query.problem()) return respond(problem(400, *mistake, request.http.path));
  parts.database.submit([alerts](store::Reader& reader) { return list_alerts(reader, alerts); }, request.http.path,
                        std::move(respond));
}

void handle_detail(const RouteParts& parts, const RoutedRequest& request, Respond respond) {
  const std::string& path = request.http.path;
  if (const auto mistake = Query(request.http.query).problem()) return respond(problem(400, *mistake, path));
  const auto id = id_of(request, "an alert_id");
  if (!id) return respond(id.error());
  parts.database.submit([id = *id, path](store::Reader& reader) { return alert_detail(reader, id, path); }, path,
                        std::move(respond));
}

using ReadCommand =
    std::function<wire::Command(std::uint64_t alert_id, const HttpRequest&, std::optional<HttpResponse>&)>;

wire::Command read_acknowledge(std::uint64_t id, const HttpRequest& request, std::optional<HttpResponse>& refusal) {
  CommandBody body(request, {"user", "comment"});
  wire::Command command{body.name("user"), wire::AcknowledgeAlert{id, body.prose("comment", false)}};
  refusal = body.refusal(request);
  return command;
}

wire::Command read_assign(std::uint64_t id, const HttpRequest& request, std::optional<HttpResponse>& refusal) {
  CommandBody body(request, {"user", "assignee"});
  wire::Command command{body.name("user"), wire::AssignAlert{id, body.name("assignee")}};
  refusal = body.refusal(request);
  return command;
}

wire::Command read_comment(std::uint64_t id, const HttpRequest& request, std::optional<HttpResponse>& refusal) {
  CommandBody body(request, {"user", "comment"});
  wire::Command command{body.name("user"), wire::CommentAlert{id, body.prose("comment", true)}};
  refusal = body.refusal(request);
  return command;
}

Handler command_handler(RouteParts parts, ReadCommand read_command) {
  return [parts, read_command = std::move(read_command)](RoutedRequest request, Respond respond) {
    if (auto refusal = refuse_write(request.http)) return respond(std::move(*refusal));
    const auto id = id_of(request, "an alert_id");
    if (!id) return respond(id.error());
    std::optional<HttpResponse> refusal;
    wire::Command command = read_command(*id, request.http, refusal);
    if (refusal) return respond(std::move(*refusal));

    const std::string path = request.http.path;
    // Anybody may send any number; the commands table has those that were done.
    service::log_debug("command", {{"path", path}, {"actor", command.actor}});
    parts.commands.submit(std::move(command), [parts, id = *id, path, respond](const wire::CommandReply& reply) {
      if (reply.outcome != wire::CommandReply::Outcome::kDone) {
        return respond(refusal_of(reply, path));
      }
      // Live clients need not wait for the stream to say what is known here already.
      if (reply.event) parts.model.apply(*reply.event);
      parts.database.submit([id, path](store::Reader& reader) { return alert_detail(reader, id, path); }, path,
                            respond);
    });
  };
}

}  // namespace

void add_alert_routes(Router& router, RouteParts parts) {
  router.add("GET", "/api/v1/alerts",
             [parts](RoutedRequest request, Respond respond) { handle_list(parts, request, std::move(respond)); });
  router.add("GET", "/api/v1/alerts/stats", [parts](RoutedRequest request, Respond respond) {
    const std::string& path = request.http.path;
    if (const auto mistake = Query(request.http.query).problem()) return respond(problem(400, *mistake, path));
    parts.database.submit([parts](store::Reader& reader) { return alert_stats(reader, parts.model); }, path,
                          std::move(respond));
  });
  router.add("GET", "/api/v1/alerts/{id}",
             [parts](RoutedRequest request, Respond respond) { handle_detail(parts, request, std::move(respond)); });
  router.add("POST", "/api/v1/alerts/{id}/ack", command_handler(parts, read_acknowledge));
  router.add("POST", "/api/v1/alerts/{id}/assign", command_handler(parts, read_assign));
  router.add("POST", "/api/v1/alerts/{id}/comment", command_handler(parts, read_comment));
}

}  // namespace risk::gateway
