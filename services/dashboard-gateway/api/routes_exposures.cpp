#include <algorithm>
#include <string_view>

#include "dashboard-gateway/api/routes.hpp"
#include "dashboard-gateway/http/query.hpp"
#include "dashboard-gateway/live/live_feed.hpp"
#include "risk/base/id.hpp"

namespace risk::gateway {
namespace {

constexpr std::uint64_t kRowsMax = 100'000;
constexpr std::uint64_t kRowsDefault = 1000;
constexpr std::string_view kOrders[] = {"asc", "desc"};
// As the API names them; the id has another name in each list.
constexpr std::pair<std::string_view, store::ExposureColumn> kSortColumns[] = {
    {"total_exposure", store::ExposureColumn::kTotalExposure},
    {"gross", store::ExposureColumn::kGross},
    {"net", store::ExposureColumn::kNet},
    {"long", store::ExposureColumn::kLong},
    {"short", store::ExposureColumn::kShort},
    {"turnover", store::ExposureColumn::kTurnover},
    {"pnl", store::ExposureColumn::kPnl},
    {"position_count", store::ExposureColumn::kPositionCount},
    {"utilisation", store::ExposureColumn::kUtilisation},
    {"last_updated", store::ExposureColumn::kLastUpdated}};

// Which of the two tables a route is about.
struct Entity {
  const char* key;   // the column of the id
  const char* rule;  // whose limits apply
  store::ExposurePage (store::Reader::*list)(const store::ExposureFilter&);
  std::optional<engine::ExposureRow> (store::Reader::*one)(const std::string&);
};
const Entity kClient{"client_id", "client_exposure", &store::Reader::client_exposures, &store::Reader::client_exposure};
const Entity kSymbol{"symbol", "symbol_exposure", &store::Reader::symbol_exposures, &store::Reader::symbol_exposure};

store::ExposureColumn column_of(std::string_view name) {
  for (const auto& [known, column] : kSortColumns) {
    if (name == known) return column;
  }
  return store::ExposureColumn::kId;
}

void write_row(JsonWriter& json, const Entity& entity, const engine::ExposureRow& row, const LimitTable& limits) {
  const auto limit = limits.of(entity.rule, row.id);
  if (&entity == &kClient) {
    write_client(json, wire::figures(row), limit);
  } else {
    write_symbol(json, wire::figures(row), limit);
  }
}

HttpResponse list_exposures(store::Reader& reader, const LiveModel& model, const Entity& entity,
                            const store::ExposureFilter& filter) {
  const auto page = (reader.*entity.list)(filter);
  const auto firm = reader.firm_exposure();
  const LimitTable limits(reader.limits());

  JsonWriter json;
  json.begin_object();
  json.member("as_of", format_timestamp(firm ? firm->last_updated : model.now().value_or(system_now())));
  json.member("total", page.total);
  json.key("items");
  json.begin_array();
  for (const engine::ExposureRow& row : page.rows) write_row(json, entity, row, limits);
  json.end_array();
  json.end_object();
  return json_response(json.take());
}

// Unresolved alerts of an entity, newest first.
std::vector<store::AlertRow> unresolved_alerts(store::Reader& reader, engine::EntityType type, const std::string& id) {
  std::vector<store::AlertRow> alerts;
  for (const auto status : {engine::AlertStatus::kOpen, engine::AlertStatus::kAcknowledged}) {
    store::AlertFilter filter;
    filter.statuses = {status};
    filter.entity_type = type;
    filter.entity_id = id;
    const auto found = reader.alerts(filter);
    alerts.insert(alerts.end(), found.begin(), found.end());
  }
  std::sort(alerts.begin(), alerts.end(), [](auto& a, auto& b) { return a.alert_id() > b.alert_id(); });
  return alerts;
}

HttpResponse one_exposure(store::Reader& reader, const Entity& entity, const std::string& id, const std::string& path) {
  const bool is_client = &entity == &kClient;
  const auto row = (reader.*entity.one)(id);
  if (!row) return problem(404, std::string("no ") + (is_client ? "client " : "symbol ") + printable(id), path);
  auto positions = reader.positions(is_client ? id : "", is_client ? "" : id);
  std::sort(positions.begin(), positions.end(), [](const engine::PositionRow& a, const engine::PositionRow& b) {
    const Notional x = a.market_value().magnitude();
    const Notional y = b.market_value().magnitude();
    return x != y ? x > y : std::tie(a.client_id, a.symbol) < std::tie(b.client_id, b.symbol);
  });
  const auto alerts =
      unresolved_alerts(reader, is_client ? engine::EntityType::kClient : engine::EntityType::kSymbol, id);

  JsonWriter json;
  json.begin_object();
  json.key("exposure");
  write_row(json, entity, *row, LimitTable(reader.limits()));
  if (!is_client) {
    const auto instrument = reader.instrument(id);
    json.key("instrument");
    if (instrument) {
      write_instrument(json, *instrument);
    } else {
      json.null();
    }
  }
  json.key("positions");
  json.begin_array();
  for (const engine::PositionRow& position : positions) write_position(json, position);
  json.end_array();
  json.key("alerts");
  json.begin_array();
  for (const store::AlertRow& alert : alerts) write_alert(json, alert);
  json.end_array();
  json.end_object();
  return json_response(json.take());
}

Handler list_handler(RouteParts parts, const Entity& entity) {
  return [parts, &entity](RoutedRequest request, Respond respond) {
    std::vector<std::string_view> columns;
    for (const auto& [name, column] : kSortColumns) columns.push_back(name);
    columns.emplace_back(entity.key);
    Query query(request.http.query);
    store::ExposureFilter list;
    list.order = column_of(query.word("sort", columns).value_or("total_exposure"));
    list.ascending = query.word("order", kOrders).value_or("desc") == "asc";
    if (const auto level = query.word("risk_level", kSeverities)) {
      list.risk_level = engine::parse_enum<engine::RiskLevel>(*level);
    }
    list.limit = static_cast<std::uint32_t>(query.whole("limit", 1, kRowsMax).value_or(kRowsDefault));
    list.offset = query.whole("offset", 0, std::uint64_t{1} << 53).value_or(0);
    if (const auto mistake = query.problem()) return respond(problem(400, *mistake, request.http.path));
    parts.database.submit(
        [parts, &entity, list](store::Reader& reader) { return list_exposures(reader, parts.model, entity, list); },
        request.http.path, std::move(respond));
  };
}

Handler one_handler(RouteParts parts, const Entity& entity) {
  return [parts, &entity](RoutedRequest request, Respond respond) {
    const std::string& id = request.values.front();
    const std::string& path = request.http.path;
    if (const auto mistake = Query(request.http.query).problem()) return respond(problem(400, *mistake, path));
    if (const auto why = id_problem(id)) {
      return respond(problem(
          400, std::string(entity.key) + ": '" + printable(id) + "' cannot be an id: " + std::string(*why), path));
    }
    parts.database.submit([&entity, id, path](store::Reader& reader) { return one_exposure(reader, entity, id, path); },
                          path, std::move(respond));
  };
}

}  // namespace

void add_exposure_routes(Router& router, RouteParts parts) {
  router.add("GET", "/api/v1/exposures/clients", list_handler(parts, kClient));
  router.add("GET", "/api/v1/exposures/clients/{id}", one_handler(parts, kClient));
  router.add("GET", "/api/v1/exposures/symbols", list_handler(parts, kSymbol));
  router.add("GET", "/api/v1/exposures/symbols/{symbol}", one_handler(parts, kSymbol));
}

}  // namespace risk::gateway
