// What a Processor gives to be stored, and where its streams stand.
#include <algorithm>
#include <iterator>
#include <utility>

#include "risk-engine/processor.hpp"

namespace risk::risk_engine {

void Processor::note_metrics(Timestamp wall) {
  store::MetricsRow row;
  row.timestamp = wall;
  row.total_transactions = core_.counters().transactions;
  row.total_exposure = core_.firm_row().exposure.gross();
  row.active_clients = clients_.active;
  row.active_symbols = symbols_.active;
  row.high_risk_clients = clients_.high_risk;
  row.high_risk_symbols = symbols_.high_risk;
  row.alerts_generated = core_.counters().alerts_opened;
  pending_.metrics = row;
}

bool Processor::has_pending() const {
  const bool moved =
      std::any_of(cursors_.begin(), cursors_.end(), [](const auto& entry) { return entry.second.moved; });
  return moved || rows_due_ || !pending_.inputs.empty() || !pending_.quarantine.empty() || !pending_.commands.empty() ||
         !pending_.deliveries.empty() || !pending_.decisions.empty() || adjustments_.has_changed() ||
         executions_.has_pieces() || pending_.metrics || alerts_.has_changes();
}

void Processor::note_committed(std::uint64_t apply_seq) {
  executions_.note_committed(apply_seq);
  openings_.note_committed(apply_seq);
}

Batch Processor::take(engine::Core::Scope scope, Timestamp wall, std::size_t marked_max, store::AppliedInputs spare) {
  RISK_CHECK(spare.empty());
  Batch batch;
  batch.commit = std::exchange(pending_, {});
  pending_instruments_.clear();
  pending_.inputs = std::move(spare);
  batch.commit.recorded_at = wall;
  batch.commit.adjustments = adjustments_.take_changed();
  batch.commit.identity_pieces = executions_.take_pieces(std::exchange(identities_due_, false), apply_seq_);
  rows_due_ = false;
  auto changes = core_.take_changes(scope, marked_max);
  clients_.update(changes.clients);
  symbols_.update(changes.symbols);
  if (!changes.clients.empty() || !changes.symbols.empty()) batch.commit.firm_exposure = core_.firm_row();
  batch.commit.client_exposures = std::move(changes.clients);
  batch.commit.symbol_exposures = std::move(changes.symbols);
  batch.commit.positions = std::move(changes.positions);

  auto alerts = alerts_.take();
  batch.commit.alerts = std::move(alerts.alerts);
  batch.commit.alert_events = std::move(alerts.events);
  std::move(alerts.commands.begin(), alerts.commands.end(), std::back_inserter(batch.commit.commands));

  const auto step = [&](Cursor& cursor) {
    cursor.row.updated_at = wall;
    cursor.row.record_hash.reset();
    if (cursor.record_hash) cursor.row.record_hash = log::hash_digits(*cursor.record_hash);
    batch.commit.cursors.push_back({cursor.row, cursor.committed, cursor.committed_epoch});
    cursor.committed = cursor.row.sequence;
    cursor.committed_epoch = cursor.row.epoch;
    cursor.moved = false;
  };
  engine_cursor_.row.sequence = apply_seq_;
  step(engine_cursor_);
  if (!batch.commit.alert_events.empty()) {
    alerts_cursor_.row.sequence = alerts_.last_event_id();
    step(alerts_cursor_);
  }
  for (auto& [id, cursor] : cursors_) {
    if (cursor.moved) step(cursor);
  }
  batch.apply_seq = apply_seq_;
  batch.now = core_.now();
  batch.transactions_total = counters_.transactions;
  batch.quarantined_total = quarantined_total_;
  batch.waiting = waiting();
  return batch;
}

std::vector<log::Position> Processor::transaction_positions() const {
  std::vector<log::Position> positions;
  for (const auto& [id, cursor] : cursors_) {
    positions.emplace_back(log::Position::Fields{{id}, cursor.row.epoch, cursor.row.sequence, cursor.record_hash});
  }
  return positions;
}

log::Position Processor::alerts_position() const {
  return {log::StreamId{alerts_stream_}, 1, alerts_.last_event_id()};
}

void Processor::EntityCounts::update(const std::vector<engine::ExposureRow>& rows) {
  for (const auto& row : rows) {
    Flags& flags = by_id_[row.id];
    active -= flags.active ? 1 : 0;
    high_risk -= flags.high_risk ? 1 : 0;
    flags = {row.position_count != 0, row.risk_level >= engine::RiskLevel::kHigh};
    active += flags.active ? 1 : 0;
    high_risk += flags.high_risk ? 1 : 0;
  }
}

}  // namespace risk::risk_engine
