#include "sql_store.hpp"

#include <algorithm>
#include <iterator>
#include <span>

#include "refusals.hpp"
#include "risk/base/check.hpp"
#include "sql_identities.hpp"
#include "sql_inputs.hpp"
#include "sql_lease.hpp"
#include "sql_snapshots.hpp"
#include "tables.hpp"

namespace risk::store {

using Access = SqlConnection::Access;

std::uint64_t SqlStore::number(const Query& query) {
  std::uint64_t value = 0;
  connection_->query(query, [&value](RowReader& in) { value = in.next<std::optional<std::uint64_t>>().value_or(0); });
  return value;
}

ResumePoint SqlStore::resume_point() {
  SqlTransaction transaction(*connection_, Access::kRead);
  ResumePoint point;
  point.cursors = read_all<CursorRow>(*connection_, Query(select_from(kCursorsTable) + " ORDER BY stream_id"));
  for (const auto& cursor : point.cursors) {
    if (cursor.stream_id == kEngineCursor) point.last_apply_seq = cursor.sequence;
  }
  point.last_event_id = std::max(number(Query("SELECT MAX(event_id) FROM alert_events")),
                                 number(Query("SELECT MAX(last_event_id) FROM cleanups")));
  point.open_alerts = read_all<AlertRow>(
      *connection_, Query(select_from(kAlertsTable) + " WHERE status IN ('OPEN', 'ACKNOWLEDGED') ORDER BY alert_id"));
  const auto oldest = oldest_day(runner());
  point.first_kept_apply_seq = oldest ? oldest->first_apply_seq : point.last_apply_seq + 1;
  point.dropped_up_to = dropped_up_to(runner());
  point.waiting_conflicts =
      number(Query("SELECT COUNT(*) FROM quarantine WHERE decision = 'WAITING' AND kind = 'CONFLICT'"));
  point.pending_adjustments = read_all<AdjustmentRow>(
      *connection_, Query(select_from(kAdjustmentsTable) + " WHERE state = 'PENDING' ORDER BY adjustment_id"));
  point.last_adjustment_id = number(Query("SELECT MAX(adjustment_id) FROM adjustments"));
  read_identity_state(runner(), point);
  transaction.commit();
  return point;
}

void SqlStore::replay(std::uint64_t after_apply_seq, const std::function<void(const AppliedInput&)>& apply) {
  replay_inputs(runner(), after_apply_seq, apply);
}

QueryRunner SqlStore::runner() {
  return [this](const Query& query, const SqlConnection::RowHandler& row) { connection_->query(query, row); };
}

void SqlStore::write_as(std::uint64_t term) {
  connection_->note_term(term);
  term_ = term;
}

void SqlStore::write(const std::function<void()>& body) {
  transact([&] {
    execute_at_term({});
    body();
  });
}

void SqlStore::transact(const std::function<void()>& body) {
  try {
    SqlTransaction transaction(*connection_, Access::kWrite);
    body();
    transaction.commit();
  } catch (const StoreUnavailable&) {
    if (term_ && is_deposed(connect_, *term_)) throw_deposed(*term_);
    throw;
  }
}

void SqlStore::commit(const Commit& commit) {
  const auto day = Day::of(commit.recorded_at);
  transact([&] {
    take_steps(commit, day);
    write_rows_of(commit, day);
  });
  if (!commit.inputs.empty()) open_day_ = day;
}

std::vector<std::uint64_t> SqlStore::execute_at_term(std::vector<Query> queries) {
  if (!term_) return connection_->execute_each(queries);
  queries.insert(queries.begin(), find_term(*connection_, *term_));
  auto counts = connection_->execute_each(queries);
  if (counts.front() == 0) throw_deposed(*term_);
  counts.erase(counts.begin());
  return counts;
}

// First, so that a stale writer stops before it has written a row.
void SqlStore::take_steps(const Commit& commit, Day day) {
  std::vector<Query> queries;
  for (const auto& step : commit.cursors) queries.push_back(take_step(step));
  if (!commit.inputs.empty()) queries.push_back(note_day(day, commit.inputs));
  const auto counts = execute_at_term(std::move(queries));
  for (std::size_t i = 0; i < commit.cursors.size(); ++i) {
    if (counts[i] != 1) throw_moved(commit.cursors[i]);
  }
}

void SqlStore::write_rows_of(const Commit& commit, Day day) {
  if (!commit.inputs.empty()) write_inputs(*connection_, day, open_day_ == day, commit.inputs);
  upsert_rows_of(commit);
  insert_rows(kAlertEventsTable, commit.alert_events);
  insert_rows(kQuarantineTable, commit.quarantine);
  insert_rows(kCommandsTable, commit.commands);
  write_decisions(commit.decisions);
  if (commit.metrics) insert_rows(kMetricsTable, std::vector{*commit.metrics});
  if (commit.limits) {
    connection_->execute(Query("DELETE FROM limits"));
    insert_rows(kLimitsTable, *commit.limits);
  }
}

Query SqlStore::take_step(const CursorStep& step) {
  const auto& to = step.to;
  Query query("");
  if (step.from == 0) {
    query.add(
        "INSERT INTO stream_cursors (stream_id, name, epoch, sequence, missing, updated_at, record_hash, duplicates, "
        "conflicts) VALUES (");
    query.add("", to.stream_id).add(", ", to.name).add(", ", to.epoch).add(", ", to.sequence).add(", ", to.missing);
    query.add(", ", to.updated_at).add_optional(", ", to.record_hash).add(", ", to.duplicates).add(", ", to.conflicts);
    query.add(")").add(upsert_clause(kCursorsTable));
    query.add(" WHERE stream_cursors.sequence = 0 AND stream_cursors.epoch = ", step.from_epoch);
  } else {
    query.add("UPDATE stream_cursors SET name = ", to.name).add(", epoch = ", to.epoch);
    query.add(", sequence = ", to.sequence).add(", missing = ", to.missing).add(", updated_at = ", to.updated_at);
    query.add_optional(", record_hash = ", to.record_hash);
    query.add(", duplicates = ", to.duplicates).add(", conflicts = ", to.conflicts);
    query.add(" WHERE stream_id = ", to.stream_id)
        .add(" AND sequence = ", step.from)
        .add(" AND epoch = ", step.from_epoch);
  }
  return query;
}

void SqlStore::write_decisions(const std::vector<DecisionStep>& decisions) {
  for (const auto& [id, decision, origin, kind] : decisions) {
    Query query("UPDATE quarantine SET");
    query.add(" decision = ", to_string(decision.state)).add(", decided_by = ", decision.by);
    query.add_optional(", decided_at = ", decision.at).add(", decision_reason = ", decision.reason);
    query.add_optional(", applied_as = ", decision.applied_as);
    // Or so decided already, by this commit before its connection broke.
    if (id != 0) {
      query.add(" WHERE quarantine_id = ", id);
    } else {
      // The kind is spelt out, else its index is not taken.
      const bool is_held = kind == QuarantineKind::kHeld;
      query.add(is_held ? " WHERE kind = 'HELD_PRICE'" : " WHERE kind = 'AWAITING_EXECUTION'");
      query.add(" AND stream_id = ", origin.stream_id.view());
      query.add(" AND epoch = ", origin.epoch);
      query.add(" AND sequence = ", origin.sequence);
    }
    query.add(" AND (decision = 'WAITING' OR (decision = ", to_string(decision.state));
    query.add(" AND decided_by = ", decision.by).add_optional(" AND decided_at = ", decision.at).add("))");
    if (connection_->execute(query) != 1) throw_decided(id, origin);
  }
}

void SqlStore::upsert_rows_of(const Commit& commit) {
  std::vector<SqlConnection::Upsert> upserts;
  const auto add = [&upserts](const Table& table, const auto& rows, const auto& write_one) {
    if (std::empty(rows)) return;
    upserts.push_back({&table, [&rows, write_one](RowWriter& out) {
                         for (const auto& row : rows) write_one(out, row);
                       }});
  };
  const auto as_it_is = [](RowWriter& out, const auto& row) { write_row(out, row); };
  add(kClientExposuresTable, commit.client_exposures, as_it_is);
  add(kSymbolExposuresTable, commit.symbol_exposures, write_symbol);
  const std::span firm(commit.firm_exposure ? &*commit.firm_exposure : nullptr, commit.firm_exposure ? 1 : 0);
  add(kFirmExposuresTable, firm, as_it_is);
  add(kPositionsTable, commit.positions, as_it_is);
  add(kAlertsTable, commit.alerts, as_it_is);
  add(kDeliveriesTable, commit.deliveries, as_it_is);
  add(kIdentityPiecesTable, commit.identity_pieces, as_it_is);
  add(kInstrumentsTable, commit.instruments, as_it_is);
  add(kAdjustmentsTable, commit.adjustments, as_it_is);
  connection_->upsert_each(upserts);
}

template <class Row>
void SqlStore::insert_rows(const Table& table, const std::vector<Row>& rows) {
  if (rows.empty()) return;
  connection_->insert(table, [&rows](RowWriter& out) {
    for (const auto& row : rows) write_row(out, row);
  });
}

CleanupCount SqlStore::cleanup(Timestamp before) {
  CleanupCount count;
  write([&] { count = delete_old(before); });
  return count;
}

CleanupCount SqlStore::delete_old(Timestamp before) {
  const auto last_event_id = number(Query("SELECT MAX(event_id) FROM alert_events"));
  const auto erase = [&](const char* statement, const char* tail = "") {
    return connection_->execute(Query(statement).add(" < ", before).add(tail));
  };
  CleanupCount count;
  count.alert_events = erase(
      "DELETE FROM alert_events WHERE alert_id IN (SELECT alert_id FROM alerts WHERE status = 'RESOLVED' AND "
      "resolved_at",
      ")");
  count.alerts = erase("DELETE FROM alerts WHERE status = 'RESOLVED' AND resolved_at");
  // Of these, and of events that an earlier clean-up took before a channel gave them up.
  count.deliveries =
      connection_->execute(Query("DELETE FROM deliveries WHERE event_id NOT IN (SELECT event_id FROM alert_events)"));
  count.metrics = erase("DELETE FROM risk_metrics WHERE timestamp");
  count.quarantine = erase("DELETE FROM quarantine WHERE received_at", " AND COALESCE(decision, '') <> 'WAITING'");
  connection_->insert(kCleanupsTable, [&](RowWriter& out) {
    out.row(before, last_event_id, count.alerts, count.alert_events, count.metrics, count.quarantine, count.deliveries);
  });
  return count;
}

DroppedDays SqlStore::drop_days(Timestamp before, std::uint64_t up_to_apply_seq) {
  const auto first_kept = Day::of(before);
  open_day_.reset();
  if (term_) write([] {});  // refuses even where there is nothing to drop
  DroppedDays dropped;
  std::uint64_t dropped_inputs = 0;
  for (auto day = oldest_day(runner()); day && day->day < first_kept && day->last_apply_seq <= up_to_apply_seq;
       day = oldest_day(runner())) {
    while (day->first_apply_seq <= day->last_apply_seq) {
      std::optional<std::uint64_t> rows;
      write([&] {
        rows = drop_from_day(*connection_, *day);
        if (!rows || !day->last_executed_at_ns) return;
        note_dropped(*connection_, std::min(Timestamp{*day->last_executed_at_ns}, day->day.latest_execution()));
      });
      if (!rows) break;
      dropped.rows += *rows;
      dropped_inputs = day->first_apply_seq - 1;
    }
    if (day->first_apply_seq <= day->last_apply_seq) break;  // somebody has stored inputs on it
    ++dropped.days;
  }
  for (std::optional<std::uint64_t> step = 0; dropped_inputs > 0 && step;) {
    write([&] { step = drop_identities(*connection_, dropped_inputs, *step); });
  }
  dropped.up_to = dropped_up_to(runner());
  dropped.last_apply_seq = dropped_inputs;
  return dropped;
}

void SqlStore::identity_pieces(std::uint64_t after_apply_seq,
                               const std::function<void(const IdentityPieceRow&)>& take) {
  each_identity_piece(runner(), after_apply_seq, take);
}

std::optional<IdentityPieceRow> SqlStore::first_identity_piece(std::uint64_t up_to_apply_seq) {
  return store::first_identity_piece(runner(), up_to_apply_seq);
}

void SqlStore::file_identities(const IdentityPieceRow& piece, const std::vector<engine::IndexedExecution>& executions) {
  write([&] { store::file_identities(*connection_, piece, executions); });
}

std::vector<SnapshotInfo> SqlStore::snapshots() {
  return finished_snapshots(runner());
}

std::optional<std::string> SqlStore::snapshot_chunk(std::uint64_t apply_seq, std::uint32_t number) {
  return read_snapshot_chunk(runner(), apply_seq, number);
}

void SqlStore::write_snapshot_chunk(std::uint64_t apply_seq, std::uint32_t number, std::string_view bytes) {
  check_chunk_size(bytes);
  write([&] { store::write_snapshot_chunk(*connection_, apply_seq, number, bytes); });
}

void SqlStore::finish_snapshot(const SnapshotInfo& info, std::size_t kept) {
  RISK_CHECK(kept > 0);
  write([&] { store::finish_snapshot(*connection_, info, kept); });
}

}  // namespace risk::store
