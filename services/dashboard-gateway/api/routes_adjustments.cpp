// Splits, renames and positions that people set, and the withdrawal of one that waits.
#include <array>
#include <optional>
#include <utility>

#include "dashboard-gateway/api/page_response.hpp"
#include "dashboard-gateway/api/reasoned_command.hpp"
#include "dashboard-gateway/http/query.hpp"

namespace risk::gateway {
namespace {

constexpr std::uint32_t kPage = 100;
constexpr std::array<std::string_view, 4> kStates{"PENDING", "APPLIED", "REFUSED", "WITHDRAWN"};
constexpr std::array<std::string_view, 2> kColumns{"adjustment_id", "effective_at"};

void handle_list(const RouteParts& parts, const RoutedRequest& request, Respond respond) {
  Query query(request.http.query);
  store::AdjustmentFilter filter;
  if (const auto state = query.word("state", kStates)) filter.state = store::parse_adjustment_state(*state);
  if (const auto kind = query.word("kind", engine::enum_names<engine::AdjustmentKind>())) {
    filter.kind = engine::parse_enum<engine::AdjustmentKind>(*kind);
  }
  filter.symbol = query.id("symbol");
  filter.limit = static_cast<std::uint32_t>(query.whole("limit", 1, 1000).value_or(kPage));
  filter.before = query.whole("before", 0, kIdMax);
  const auto column = query.word("sort", kColumns).value_or(kColumns[0]);
  if (const auto mistake = query.problem()) return respond(problem(400, *mistake, request.http.path));
  const bool is_by_instant = column == "effective_at";
  if (is_by_instant) {
    if (filter.before) {
      return respond(problem(400, "before: '" + std::to_string(*filter.before) + "' goes with sort=adjustment_id alone",
                             request.http.path));
    }
    filter.order = store::AdjustmentOrder::kEffective;
  }
  parts.database.submit(
      [filter, is_by_instant](store::Reader& reader) {
        return page_response(reader.adjustments(filter), filter.limit, write_adjustment,
                             [&](const store::AdjustmentRow& row) {
                               return is_by_instant ? std::nullopt : std::optional(row.adjustment_id);
                             });
      },
      request.http.path, std::move(respond));
}

HttpResponse adjustment(store::Reader& reader, std::uint64_t id, const std::string& path) {
  const auto row = reader.adjustment(id);
  if (!row) return problem(404, "no adjustment_id " + std::to_string(id), path);
  JsonWriter json;
  write_adjustment(json, *row);
  return json_response(json.take());
}

}  // namespace

void add_adjustment_routes(Router& router, RouteParts parts) {
  router.add("GET", "/api/v1/adjustments",
             [parts](RoutedRequest request, Respond respond) { handle_list(parts, request, std::move(respond)); });
  router.add("POST", "/api/v1/adjustments/{id}/withdraw",
             reasoned_command(parts, {"an adjustment_id",
                                      [](std::uint64_t id, std::string reason) {
                                        return wire::WithdrawAdjustment{id, std::move(reason)};
                                      },
                                      adjustment}));
}

}  // namespace risk::gateway
