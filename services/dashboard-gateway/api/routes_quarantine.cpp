// The quarantine, and what a person decides about a record in it.
#include <array>
#include <optional>
#include <utility>

#include "dashboard-gateway/api/page_response.hpp"
#include "dashboard-gateway/api/reasoned_command.hpp"
#include "dashboard-gateway/http/query.hpp"

namespace risk::gateway {
namespace {

constexpr std::uint32_t kPage = 100;
constexpr std::array<std::string_view, 4> kKinds{"REJECTED", "CONFLICT", "AWAITING_EXECUTION", "HELD_PRICE"};
constexpr std::array<std::string_view, 2> kTruth{"true", "false"};

void handle_list(const RouteParts& parts, const RoutedRequest& request, Respond respond) {
  Query query(request.http.query);
  store::QuarantineFilter filter;
  if (const auto kind = query.word("kind", kKinds)) filter.kind = store::parse_quarantine_kind(*kind);
  filter.waiting = query.word("waiting", kTruth) == "true";
  filter.limit = static_cast<std::uint32_t>(query.whole("limit", 1, 1000).value_or(kPage));
  filter.before = query.whole("before", 0, kIdMax);
  if (const auto mistake = query.problem()) return respond(problem(400, *mistake, request.http.path));
  parts.database.submit(
      [filter](store::Reader& reader) {
        return page_response(reader.quarantine(filter), filter.limit, write_quarantine,
                             [](const store::QuarantineRow& row) { return row.quarantine_id; });
      },
      request.http.path, std::move(respond));
}

HttpResponse quarantined(store::Reader& reader, std::uint64_t id, const std::string& path) {
  const auto row = reader.quarantined(id);
  if (!row) return problem(404, "no quarantine_id " + std::to_string(id), path);
  JsonWriter json;
  write_quarantine(json, *row);
  return json_response(json.take());
}

Handler decision_handler(RouteParts parts, wire::DecideQuarantined::Action action) {
  return reasoned_command(parts, {"a quarantine_id",
                                  [action](std::uint64_t id, std::string reason) {
                                    return wire::DecideQuarantined{id, action, std::move(reason)};
                                  },
                                  quarantined});
}

}  // namespace

void add_quarantine_routes(Router& router, RouteParts parts) {
  router.add("GET", "/api/v1/quarantine",
             [parts](RoutedRequest request, Respond respond) { handle_list(parts, request, std::move(respond)); });
  router.add("POST", "/api/v1/quarantine/{id}/apply", decision_handler(parts, wire::DecideQuarantined::Action::kApply));
  router.add("POST", "/api/v1/quarantine/{id}/drop", decision_handler(parts, wire::DecideQuarantined::Action::kDrop));
}

}  // namespace risk::gateway
