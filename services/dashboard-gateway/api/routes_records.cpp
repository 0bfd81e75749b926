// Transactions, metrics and limits: what the database keeps, as it is.
#include <optional>

#include "dashboard-gateway/api/page_response.hpp"
#include "dashboard-gateway/api/routes.hpp"
#include "dashboard-gateway/http/query.hpp"

namespace risk::gateway {
namespace {

constexpr std::uint32_t kPage = 100;
constexpr std::uint64_t kPointsMax = 10'000;
constexpr std::uint64_t kMetricsRowsMax = 1'000'000;
constexpr std::uint32_t kMetricsPage = 5000;
constexpr std::int64_t kHour = 3600 * kNanosPerSecond;

void handle_transactions(const RouteParts& parts, const RoutedRequest& request, Respond respond) {
  Query query(request.http.query);
  store::TransactionFilter filter;
  filter.client_id = query.id("client_id");
  filter.symbol = query.id("symbol");
  filter.limit = static_cast<std::uint32_t>(query.whole("limit", 1, 1000).value_or(kPage));
  filter.before = query.whole("before", 0, kIdMax);
  if (const auto mistake = query.problem()) return respond(problem(400, *mistake, request.http.path));
  parts.database.submit(
      [filter](store::Reader& reader) {
        return page_response(
            reader.transactions(filter), filter.limit,
            [](JsonWriter& json, const store::StoredTransaction& row) { write_transaction(json, to_applied(row)); },
            [](const store::StoredTransaction& row) { return row.apply_seq; });
      },
      request.http.path, std::move(respond));
}

struct History {
  Timestamp from;
  Timestamp to;
  std::int64_t step_seconds = 0;
};

// The last stored row of each step.
HttpResponse metrics_history(store::Reader& reader, const History& history, const std::string& path) {
  JsonWriter json;
  json.begin_object();
  json.key("items");
  json.begin_array();
  std::optional<store::MetricsRow> last;
  const auto step_of = [&](const store::MetricsRow& row) {
    return (row.timestamp.nanos - history.from.nanos) / (history.step_seconds * kNanosPerSecond);
  };
  Timestamp since = history.from;
  for (std::uint64_t seen = 0;;) {
    const auto page = reader.metrics_since(since, kMetricsPage);
    for (const store::MetricsRow& row : page) {
      if (row.timestamp > history.to) break;
      if (last && step_of(*last) != step_of(row)) write_metrics(json, *last);
      last = row;
    }
    if (page.size() < kMetricsPage || page.back().timestamp > history.to) break;
    since.nanos = page.back().timestamp.nanos + 1;
    seen += page.size();
    if (seen >= kMetricsRowsMax) return problem(400, "from, to: more than 1000000 stored rows lie between them", path);
  }
  if (last) write_metrics(json, *last);
  json.end_array();
  json.end_object();
  return json_response(json.take());
}

void handle_history(const RouteParts& parts, const RoutedRequest& request, Respond respond) {
  const std::string& path = request.http.path;
  Query query(request.http.query);
  History history;
  history.to = query.time("to").value_or(system_now());
  history.from = query.time("from").value_or(Timestamp{std::max(kTimestampMin.nanos, history.to.nanos - kHour)});
  history.step_seconds = static_cast<std::int64_t>(query.whole("step", 1, 86'400).value_or(60));
  if (const auto mistake = query.problem()) return respond(problem(400, *mistake, path));
  if (history.from > history.to) return respond(problem(400, "from: is after to", path));
  const std::int64_t points = (history.to.seconds() - history.from.seconds()) / history.step_seconds;
  if (points > static_cast<std::int64_t>(kPointsMax)) {
    return respond(problem(400,
                           "step: gives more than 10000 points from " + format_timestamp(history.from) + " to " +
                               format_timestamp(history.to),
                           path));
  }
  parts.database.submit([history, path](store::Reader& reader) { return metrics_history(reader, history, path); }, path,
                        std::move(respond));
}

void handle_limits(const RouteParts& parts, const RoutedRequest& request, Respond respond) {
  if (const auto mistake = Query(request.http.query).problem()) {
    return respond(problem(400, *mistake, request.http.path));
  }
  parts.database.submit(
      [&rules = parts.rules](store::Reader& reader) {
        JsonWriter json;
        write_limits(json, rules, reader.limits());
        return json_response(json.take());
      },
      request.http.path, std::move(respond));
}

}  // namespace

void add_record_routes(Router& router, RouteParts parts) {
  const auto add = [&](const char* path, void (*handle)(const RouteParts&, const RoutedRequest&, Respond)) {
    router.add("GET", path,
               [parts, handle](RoutedRequest request, Respond respond) { handle(parts, request, std::move(respond)); });
  };
  add("/api/v1/transactions", handle_transactions);
  add("/api/v1/metrics/history", handle_history);
  add("/api/v1/limits", handle_limits);
}

}  // namespace risk::gateway
