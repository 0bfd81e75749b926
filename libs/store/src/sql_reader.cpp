#include "sql_reader.hpp"

#include "risk/base/check.hpp"
#include "sql_identities.hpp"
#include "sql_inputs.hpp"
#include "sql_lease.hpp"
#include "sql_snapshots.hpp"
#include "tables.hpp"
#include "waiting_counts.hpp"

namespace risk::store {
namespace {

Query select(const Table& table) {
  return Query(select_from(table));
}

// A table's conditions, one by one.
class Where {
 public:
  explicit Where(const Table& table) : query_(select_from(table)) {}

  template <class T>
  Where& also(std::string_view condition, const std::optional<T>& value) {
    if (!value) return *this;
    next();
    if constexpr (std::is_enum_v<T>) {
      query_.add(condition, to_string(*value));
    } else {
      query_.add(condition, *value);
    }
    return *this;
  }
  // One of two columns is the value.
  Where& also_either(std::string_view condition, std::string_view or_condition,
                     const std::optional<std::string>& value) {
    if (!value) return *this;
    next();
    query_.add("(").add(condition, *value).add(or_condition, *value).add(")");
    return *this;
  }
  // The column is one of the values; any, where there are none.
  template <class E>
  Where& also_any(std::string_view column, const std::vector<E>& values) {
    if (values.empty()) return *this;
    next();
    query_.add(column).add(" IN (");
    for (const auto& value : values) query_.add(&value == &values.front() ? "" : ", ", engine::to_string(value));
    query_.add(")");
    return *this;
  }
  Where& also(std::string_view condition) {
    next();
    query_.add(condition);
    return *this;
  }
  Query& order(std::string_view order) { return query_.add(" ORDER BY ").add(order); }

 private:
  void next() {
    query_.add(first_ ? " WHERE " : " AND ");
    first_ = false;
  }

  Query query_;
  bool first_ = true;
};

struct OrderColumn {
  std::string_view name;
  bool is_decimal = false;
  bool is_optional = false;
};

// The id is the table's first column.
OrderColumn order_column(const Table& table, ExposureColumn column) {
  switch (column) {
    case ExposureColumn::kId:
      return {table.columns.front().name};
    case ExposureColumn::kTotalExposure:
      return {"total_exposure", true};
    case ExposureColumn::kGross:
      return {"gross", true};
    case ExposureColumn::kNet:
      return {"net", true};
    case ExposureColumn::kLong:
      return {"long", true};
    case ExposureColumn::kShort:
      return {"short", true};
    case ExposureColumn::kTurnover:
      return {"turnover", true};
    case ExposureColumn::kPnl:
      return {"pnl", true};
    case ExposureColumn::kPositionCount:
      return {"position_count"};
    case ExposureColumn::kUtilisation:
      return {"utilisation", true, true};
    case ExposureColumn::kLastUpdated:
      return {"last_updated"};
  }
  RISK_CHECK(!"a column of exposures");
}

std::uint64_t rows(std::uint32_t limit) {
  return limit;
}

}  // namespace

SqlReader::SqlReader(SqlConnection::Connect connect, const std::vector<Migration>& migrations)
    : connect_(std::move(connect)), migrations_(migrations) {
  query(Query("SELECT 1"), [](RowReader&) {});
}

void SqlReader::query(const Query& query, const SqlConnection::RowHandler& row) {
  with_connection([&](SqlConnection& connection) { connection.query(query, row); });
}

std::uint64_t SqlReader::count(const Query& of) {
  std::uint64_t rows = 0;
  query(of, [&rows](RowReader& in) { in.read(rows); });
  return rows;
}

void SqlReader::with_connection(const std::function<void(SqlConnection&)>& ask) {
  try {
    if (connection_) connection_->check_in_place();
    if (!connection_) {
      connection_ = connect_();
      check_schema(*connection_, migrations_);
    }
    ask(*connection_);
  } catch (const StoreUnavailable&) {
    connection_.reset();
    throw;
  } catch (const StoreLost& error) {
    // A reader has nothing to lose: the next question finds what is there now.
    connection_.reset();
    throw StoreUnavailable(error.what());
  } catch (const SchemaError&) {
    connection_.reset();
    throw;
  }
}

QueryRunner SqlReader::runner() {
  return [this](const Query& text, const SqlConnection::RowHandler& row) { query(text, row); };
}

template <class Row>
std::vector<Row> SqlReader::all(const Query& text) {
  std::vector<Row> rows;
  query(text, [&rows](RowReader& in) { read_row(in, rows.emplace_back()); });
  return rows;
}

template <class Row>
std::optional<Row> SqlReader::first(const Query& text) {
  auto rows = all<Row>(text);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

std::optional<engine::ExposureRow> SqlReader::firm_exposure() {
  return first<engine::ExposureRow>(select(kFirmExposuresTable));
}

std::vector<engine::ExposureRow> SqlReader::client_exposures() {
  return all<engine::ExposureRow>(select(kClientExposuresTable).add(" ORDER BY client_id"));
}

std::vector<engine::ExposureRow> SqlReader::symbol_exposures() {
  std::vector<engine::ExposureRow> rows;
  for (auto& symbol : all<SymbolExposure>(select(kSymbolExposuresTable).add(" ORDER BY symbol"))) {
    rows.push_back(std::move(symbol.row));
  }
  return rows;
}

std::optional<engine::ExposureRow> SqlReader::client_exposure(const std::string& client_id) {
  return first<engine::ExposureRow>(select(kClientExposuresTable).add(" WHERE client_id = ", client_id));
}

std::optional<engine::ExposureRow> SqlReader::symbol_exposure(const std::string& symbol) {
  auto found = first<SymbolExposure>(select(kSymbolExposuresTable).add(" WHERE symbol = ", symbol));
  if (!found) return std::nullopt;
  return std::move(found->row);
}

// The database keeps the first rows of the order while it goes through the table once. No index gives the order: one on
// a column that changes with each commit would have to be written with each commit.
template <class Row, class TakeRow>
ExposurePage SqlReader::exposures(const Table& table, const ExposureFilter& filter, const TakeRow& take) {
  ExposurePage page;
  with_connection([&](SqlConnection& connection) {
    const auto where = [&filter](Query query) {
      if (filter.risk_level) query.add(" WHERE risk_level = ", engine::to_string(*filter.risk_level));
      return query;
    };
    const auto column = order_column(table, filter.order);
    auto sorted = where(select(table));
    sorted.add(" ORDER BY ");
    if (column.is_optional) sorted.add(column.name).add(" IS NULL, ");
    sorted.add(column.name);
    if (column.is_decimal) sorted.add(connection.decimal_order());
    const char* direction = filter.ascending ? " ASC" : " DESC";
    sorted.add(direction);
    // Of instants within one microsecond the nanoseconds decide, which rows from before there were any do not have.
    if (filter.order == ExposureColumn::kLastUpdated) sorted.add(", COALESCE(last_updated_ns, 0)").add(direction);
    if (filter.order != ExposureColumn::kId) sorted.add(", ").add(table.columns.front().name);
    sorted.add(" LIMIT ", rows(filter.limit)).add(" OFFSET ", filter.offset);

    SqlTransaction transaction(connection, SqlConnection::Access::kRead);
    connection.query(sorted, [&](RowReader& in) {
      Row row;
      read_row(in, row);
      page.rows.push_back(take(row));
    });
    connection.query(where(Query("SELECT COUNT(*) FROM " + table.name)),
                     [&page](RowReader& in) { in.read(page.total); });
    transaction.commit();
  });
  return page;
}

ExposurePage SqlReader::client_exposures(const ExposureFilter& filter) {
  return exposures<engine::ExposureRow>(kClientExposuresTable, filter,
                                        [](engine::ExposureRow& row) { return std::move(row); });
}

ExposurePage SqlReader::symbol_exposures(const ExposureFilter& filter) {
  return exposures<SymbolExposure>(kSymbolExposuresTable, filter,
                                   [](SymbolExposure& symbol) { return std::move(symbol.row); });
}

std::vector<engine::PositionRow> SqlReader::positions(const std::string& client_id, const std::string& symbol) {
  std::optional<std::string> of_client, of_symbol, not_zero;
  if (!client_id.empty()) of_client = client_id;
  if (!symbol.empty()) of_symbol = symbol;
  if (of_client || of_symbol) not_zero = "0";
  return all<engine::PositionRow>(Where(kMarkedPositionsView)
                                      .also("client_id = ", of_client)
                                      .also("symbol = ", of_symbol)
                                      .also("quantity <> ", not_zero)
                                      .order("client_id, symbol"));
}

std::vector<AlertRow> SqlReader::alerts(const AlertFilter& filter) {
  return all<AlertRow>(Where(kAlertsTable)
                           .also_any("status", filter.statuses)
                           .also_any("severity", filter.severities)
                           .also_any("alert_type", filter.types)
                           .also("entity_type = ", filter.entity_type)
                           .also("entity_id = ", filter.entity_id)
                           .also("alert_id < ", filter.before)
                           .order("alert_id DESC")
                           .add(" LIMIT ", rows(filter.limit)));
}

std::optional<AlertRow> SqlReader::alert(std::uint64_t alert_id) {
  return first<AlertRow>(select(kAlertsTable).add(" WHERE alert_id = ", alert_id));
}

std::vector<AlertEventRow> SqlReader::alert_events(std::uint64_t alert_id) {
  return all<AlertEventRow>(select(kAlertEventsTable).add(" WHERE alert_id = ", alert_id).add(" ORDER BY event_id"));
}

std::vector<AlertCount> SqlReader::alert_counts() {
  std::vector<AlertCount> counts;
  query(Query("SELECT alert_type, severity, status, COUNT(*) FROM alerts GROUP BY alert_type, severity, status "
              "ORDER BY alert_type, severity, status"),
        [&counts](RowReader& in) {
          auto& row = counts.emplace_back();
          in.read(row.type, row.severity, row.status, row.count);
        });
  return counts;
}

std::vector<AlertEventRow> SqlReader::alert_events_after(std::uint64_t event_id, std::uint32_t limit) {
  auto query = select(kAlertEventsTable).add(" WHERE event_id > ", event_id);
  return all<AlertEventRow>(query.add(" ORDER BY event_id LIMIT ", rows(limit)));
}

std::optional<std::uint64_t> SqlReader::first_alert_event_id() {
  std::optional<std::uint64_t> first;
  query(Query("SELECT MIN(event_id) FROM alert_events"), [&first](RowReader& in) { in.read(first); });
  return first;
}

std::vector<StoredTransaction> SqlReader::transactions(const TransactionFilter& filter) {
  return all<StoredTransaction>(Where(kTransactionsTable)
                                    .also("client_id = ", filter.client_id)
                                    .also("symbol = ", filter.symbol)
                                    .also("apply_seq < ", filter.before)
                                    .order("apply_seq DESC")
                                    .add(" LIMIT ", rows(filter.limit)));
}

std::vector<MetricsRow> SqlReader::metrics_since(Timestamp since, std::uint32_t limit) {
  // The column is of microseconds: from the first that is not before.
  const Timestamp first{std::min(since.nanos, kTimestampMax.nanos - kNanosPerMicro) + kNanosPerMicro - 1};
  auto query = select(kMetricsTable).add(" WHERE timestamp >= ", first);
  return all<MetricsRow>(query.add(" ORDER BY timestamp, metrics_id LIMIT ", rows(limit)));
}

std::vector<LimitRow> SqlReader::limits() {
  return all<LimitRow>(select(kLimitsTable).add(" ORDER BY rule, entity_id"));
}

std::vector<engine::Instrument> SqlReader::instruments() {
  return all<engine::Instrument>(select(kInstrumentsTable).add(" ORDER BY symbol"));
}

std::optional<engine::Instrument> SqlReader::instrument(const std::string& symbol) {
  return first<engine::Instrument>(select(kInstrumentsTable).add(" WHERE symbol = ", symbol));
}

std::vector<AdjustmentRow> SqlReader::adjustments(const AdjustmentFilter& filter) {
  Where where(kAdjustmentsTable);
  where.also("adjustment_id < ", filter.before).also("state = ", filter.state).also("kind = ", filter.kind);
  // Of one symbol alone: the new name is empty of all that are no rename, and no symbol is.
  where.also_either("symbol = ", " OR new_symbol = ", filter.symbol);
  const bool is_newest_first = filter.order == AdjustmentOrder::kNewest;
  auto& query = where.order(is_newest_first ? "adjustment_id DESC" : "effective_at_ns, adjustment_id");
  return all<AdjustmentRow>(query.add(" LIMIT ", rows(filter.limit)));
}

std::optional<AdjustmentRow> SqlReader::adjustment(std::uint64_t adjustment_id) {
  return first<AdjustmentRow>(select(kAdjustmentsTable).add(" WHERE adjustment_id = ", adjustment_id));
}

std::optional<AdjustmentRow> SqlReader::find_applied(const engine::Adjustment& adjustment) {
  auto query = select(kAdjustmentsTable).add(" WHERE effective_at_ns = ", adjustment.effective_at.nanos);
  query.add(" AND symbol = ", adjustment.symbol.text).add(" AND state = 'APPLIED' ORDER BY adjustment_id");
  for (auto& row : all<AdjustmentRow>(query)) {
    if (row.adjustment == adjustment) return std::move(row);
  }
  return std::nullopt;
}

std::vector<QuarantineRow> SqlReader::quarantine(const QuarantineFilter& filter) {
  Where where(kQuarantineTable);
  where.also("quarantine_id < ", filter.before).also("kind = ", filter.kind);
  if (filter.waiting) where.also("decision = 'WAITING'");
  return all<QuarantineRow>(where.order("quarantine_id DESC").add(" LIMIT ", rows(filter.limit)));
}

std::optional<QuarantineRow> SqlReader::quarantined(std::uint64_t quarantine_id) {
  return first<QuarantineRow>(select(kQuarantineTable).add(" WHERE quarantine_id = ", quarantine_id));
}

Waiting SqlReader::waiting() {
  constexpr std::string_view kAdjustments = "ADJUSTMENT";  // no kind of the quarantine
  Waiting waiting;
  Query by_kind("SELECT kind, COUNT(*) FROM quarantine WHERE decision = 'WAITING' GROUP BY kind UNION ALL SELECT ");
  query(by_kind.add("", kAdjustments)
            .add(", COUNT(*) FROM adjustments WHERE state = ", to_string(AdjustmentState::kPending)),
        [&](RowReader& in) {
          std::string kind;
          std::uint64_t rows = 0;
          in.read(kind, rows);
          if (kind == kAdjustments) waiting.adjustments = rows;
          if (auto* of_kind = count_of(waiting, parse_quarantine_kind(kind))) *of_kind = rows;
        });
  return waiting;
}

std::uint64_t SqlReader::quarantine_count() {
  return count(
      Query("SELECT COUNT(*) FROM quarantine WHERE kind NOT IN ('AWAITING_EXECUTION', 'HELD_PRICE') OR "
            "(kind = 'AWAITING_EXECUTION' AND decision = 'DROPPED')"));
}

std::vector<CommandRow> SqlReader::commands(std::uint32_t limit) {
  return all<CommandRow>(select(kCommandsTable).add(" ORDER BY command_id DESC LIMIT ", rows(limit)));
}

std::vector<UndeliveredEvent> SqlReader::undelivered(std::uint32_t limit) {
  std::vector<UndeliveredEvent> found;
  Query text(
      "SELECT d.channel, d.event_id, d.alert_id, d.outcome, d.answer, d.at, e.severity, e.message FROM deliveries d "
      "JOIN alert_events e ON e.event_id = d.event_id ORDER BY d.event_id DESC, d.channel LIMIT ");
  query(text.add("", rows(limit)), [&found](RowReader& in) {
    auto& row = found.emplace_back();
    read_row(in, row.delivery);
    in.read(row.severity, row.message);
  });
  return found;
}

std::uint64_t SqlReader::undelivered_count() {
  return count(Query("SELECT COUNT(*) FROM deliveries JOIN alert_events USING (event_id)"));
}

std::vector<CursorRow> SqlReader::cursors() {
  return all<CursorRow>(select(kCursorsTable).add(" ORDER BY stream_id"));
}

FoundExecutions SqlReader::find_executions(std::span<const std::uint64_t> apply_seqs,
                                           std::span<const std::uint64_t> fingerprints) {
  FoundExecutions found;
  with_connection([&](SqlConnection& connection) {
    SqlTransaction transaction(connection, SqlConnection::Access::kRead);
    found = store::find_executions(connection, apply_seqs, fingerprints);
    transaction.commit();
    // Last, as of now: PostgreSQL takes a partition from under a transaction that began before it was dropped.
    found.dropped_up_to = dropped_up_to(
        [&connection](const Query& query, const SqlConnection::RowHandler& row) { connection.query(query, row); });
  });
  return found;
}

std::vector<engine::OpeningPosition> SqlReader::latest_openings(std::span<const OpeningKey> keys) {
  std::vector<engine::OpeningPosition> latest;
  with_connection([&](SqlConnection& connection) {
    SqlTransaction transaction(connection, SqlConnection::Access::kRead);
    latest = store::latest_openings(connection, keys);
    transaction.commit();
  });
  return latest;
}

std::vector<SnapshotInfo> SqlReader::snapshots() {
  return finished_snapshots(runner());
}

LeaseState SqlReader::lease() {
  LeaseState state;
  with_connection([&state](SqlConnection& connection) { state = read_lease(connection); });
  return state;
}

void SqlReader::replay(std::uint64_t after_apply_seq, const std::function<void(const AppliedInput&)>& apply) {
  replay_inputs(runner(), after_apply_seq, apply);
}

}  // namespace risk::store
