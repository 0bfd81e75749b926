#include <algorithm>
#include <set>
#include <tuple>

#include "edge.hpp"
#include "memory_database.hpp"
#include "refusals.hpp"
#include "risk/base/check.hpp"
#include "waiting_counts.hpp"

namespace risk::store {
namespace {

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(std::shared_ptr<MemoryDatabase> database) : database_(std::move(database)) {}

  void migrate() override {
    const std::scoped_lock lock(database_->mutex);
    database_->migrated = true;
  }

  std::string identity() override { return "memory"; }
  void write_as(std::uint64_t term) override { term_ = term; }
  ResumePoint resume_point() override;
  void replay(std::uint64_t after_apply_seq, const std::function<void(const AppliedInput&)>& apply) override;
  void commit(const Commit& commit) override;
  CleanupCount cleanup(Timestamp before) override;
  DroppedDays drop_days(Timestamp before, std::uint64_t up_to_apply_seq) override;
  void identity_pieces(std::uint64_t after_apply_seq,
                       const std::function<void(const IdentityPieceRow&)>& take) override;
  std::optional<IdentityPieceRow> first_identity_piece(std::uint64_t up_to_apply_seq) override;
  void file_identities(const IdentityPieceRow& piece, const std::vector<engine::IndexedExecution>& executions) override;
  std::vector<SnapshotInfo> snapshots() override;
  void write_snapshot_chunk(std::uint64_t apply_seq, std::uint32_t number, std::string_view bytes) override;
  void finish_snapshot(const SnapshotInfo& info, std::size_t kept) override;
  std::optional<std::string> snapshot_chunk(std::uint64_t apply_seq, std::uint32_t number) override;

 private:
  // The last transaction of each stream that the commit has one of; the views look into its inputs.
  using Places = std::map<std::string_view, MemoryDatabase::Place>;

  // Everything that would make a database refuse the commit, before any of it is done.
  void check_cursors(const Commit& commit) const;
  Places check_inputs(const AppliedInputs& inputs) const;
  void check_events(const Commit& commit) const;
  QuarantineRow* undecided_row(const DecisionStep& step) const;  // null: it does not wait, nor is so decided already
  void store(const Commit& commit, const Places& places);
  void store_positions(const std::vector<engine::PositionRow>& rows);
  void note_dropped(const MemoryDatabase::Inputs& commit);

  // Precondition: the mutex is held.
  void check_term() const {
    if (term_ && database_->lease.term != *term_) throw_deposed(*term_);
  }

  std::shared_ptr<MemoryDatabase> database_;
  std::optional<std::uint64_t> term_;
};

template <class Map>
void upsert_exposures(Map& table, const std::vector<engine::ExposureRow>& rows) {
  for (const auto& row : rows) table.insert_or_assign(row.id, at_edge(row));
}

ResumePoint MemoryStore::resume_point() {
  const std::scoped_lock lock(database_->mutex);
  ResumePoint point;
  for (const auto& [id, cursor] : database_->cursors) point.cursors.push_back(cursor);
  point.last_apply_seq = database_->last_apply_seq();
  point.last_event_id = database_->last_event_id;
  for (const auto& [id, alert] : database_->alerts) {
    if (alert.status != engine::AlertStatus::kResolved) point.open_alerts.push_back(alert);
  }
  point.first_kept_apply_seq =
      database_->inputs.empty() ? point.last_apply_seq + 1 : database_->inputs.front().rows.first_apply_seq();
  point.dropped_up_to = database_->dropped_up_to;
  point.waiting_conflicts = database_->waiting().conflicts;
  for (const auto& [id, row] : database_->adjustments) {
    if (row.state == AdjustmentState::kPending) point.pending_adjustments.push_back(row);
    point.last_adjustment_id = id;
  }
  point.identity_key = std::string(32, '0');
  point.filed_up_to = database_->filed_up_to;
  return point;
}

void MemoryStore::replay(std::uint64_t after_apply_seq, const std::function<void(const AppliedInput&)>& apply) {
  const std::scoped_lock lock(database_->mutex);
  database_->replay(after_apply_seq, apply);
}

void MemoryStore::commit(const Commit& commit) {
  const std::scoped_lock lock(database_->mutex);
  check_term();
  check_cursors(commit);
  const auto places = check_inputs(commit.inputs);
  check_events(commit);
  for (const auto& step : commit.decisions) {
    const bool is_of_commit = std::any_of(commit.quarantine.begin(), commit.quarantine.end(), [&](const auto& row) {
      return step.quarantine_id == 0 && is_waiting(row) && row.origin == step.origin;
    });
    if (!is_of_commit && undecided_row(step) == nullptr) throw_decided(step.quarantine_id, step.origin);
  }
  store(commit, places);
}

void MemoryStore::check_cursors(const Commit& commit) const {
  for (const auto& step : commit.cursors) {
    const auto cursor = database_->cursors.find(step.to.stream_id);
    const bool stands = cursor == database_->cursors.end()
                            ? step.from == 0
                            : cursor->second.sequence == step.from && cursor->second.epoch == step.from_epoch;
    if (!stands) throw_moved(step);
  }
}

MemoryStore::Places MemoryStore::check_inputs(const AppliedInputs& inputs) const {
  auto last = database_->inputs.empty() ? 0 : database_->inputs.back().rows.last_apply_seq();
  Places places;
  auto last_of_stream = places.end();
  for (const auto& input : inputs) {
    if (input.apply_seq <= last) throw StoreConflict("input " + std::to_string(input.apply_seq) + " is stored already");
    last = input.apply_seq;
    if (!std::holds_alternative<TransactionInput>(input.input)) continue;
    const auto stream = input.origin.stream_id.view();
    if (last_of_stream == places.end() || last_of_stream->first != stream) {
      bool is_new = false;
      std::tie(last_of_stream, is_new) = places.try_emplace(stream);
      const auto stored = database_->last_transaction.find(stream);
      if (is_new && stored != database_->last_transaction.end()) last_of_stream->second = stored->second;
    }
    const MemoryDatabase::Place place{input.origin.epoch, input.origin.sequence};
    if (place <= last_of_stream->second) {
      throw StoreConflict("transaction " + std::to_string(place.sequence) + " of stream " + std::string(stream) +
                          ", epoch " + std::to_string(place.epoch) + ", is stored already");
    }
    last_of_stream->second = place;
  }
  return places;
}

void MemoryStore::check_events(const Commit& commit) const {
  std::set<std::uint64_t> alerts, events;
  for (const auto& alert : commit.alerts) alerts.insert(alert.alert_id());
  for (const auto& event : commit.alert_events) {
    if (database_->alert_events.contains(event.event_id) || !events.insert(event.event_id).second) {
      throw StoreConflict("alert event " + std::to_string(event.event_id) + " is stored already");
    }
    if (!alerts.contains(event.alert_id) && !database_->alerts.contains(event.alert_id)) {
      throw StoreError("alert event " + std::to_string(event.event_id) + " is of an alert that is not stored");
    }
  }
}

QuarantineRow* MemoryStore::undecided_row(const DecisionStep& step) const {
  auto& rows = database_->quarantine;
  const auto row = std::find_if(rows.begin(), rows.end(), [&step](const QuarantineRow& other) {
    const bool is_it = step.quarantine_id != 0 ? other.quarantine_id == step.quarantine_id
                                               : other.kind == step.kind && other.origin == step.origin;
    return is_it && (is_waiting(other) || other.decision == step.decision);
  });
  return row == rows.end() ? nullptr : &*row;
}

void MemoryStore::store(const Commit& commit, const Places& places) {
  auto& db = *database_;
  for (const auto& step : commit.cursors) db.cursors.insert_or_assign(step.to.stream_id, step.to);
  if (!commit.inputs.empty()) db.inputs.push_back({Day::of(commit.recorded_at), PackedInputs(commit.inputs)});
  for (const auto& input : commit.inputs) {
    const auto* reversal = std::get_if<TransactionInput>(&input.input);
    if (reversal != nullptr && reversal->original) {
      const auto& [id, kind] = std::tie(reversal->transaction.transaction_id, reversal->transaction.kind);
      db.reversals.insert_or_assign(reversal->original->input, engine::ReversedBy{input.apply_seq, kind, id});
    }
    const auto* opening = std::get_if<engine::OpeningPosition>(&input.input);
    if (opening == nullptr) continue;
    db.openings[{opening->client_id.text, opening->symbol.text}] = {input.apply_seq, *opening};
  }
  for (const auto& [stream, place] : places) db.last_transaction.insert_or_assign(std::string(stream), place);
  upsert_exposures(db.client_exposures, commit.client_exposures);
  upsert_exposures(db.symbol_exposures, commit.symbol_exposures);
  if (commit.firm_exposure) db.firm_exposure = at_edge(*commit.firm_exposure);
  store_positions(commit.positions);
  for (const auto& row : commit.alerts) db.alerts.insert_or_assign(row.alert_id(), at_edge(row));
  for (const auto& row : commit.alert_events) {
    db.alert_events.emplace(row.event_id, row);
    db.last_event_id = std::max(db.last_event_id, row.event_id);
  }
  for (auto row : commit.quarantine) {
    row.quarantine_id = ++db.last_quarantine_id;
    db.quarantine.push_back(std::move(row));
  }
  for (const auto& piece : commit.identity_pieces) db.identity_pieces.insert_or_assign(piece.first_apply_seq, piece);
  for (const auto& step : commit.decisions) undecided_row(step)->decision = step.decision;
  for (auto row : commit.commands) {
    row.command_id = db.commands.size() + 1;
    db.commands.push_back(std::move(row));
  }
  for (const auto& row : commit.instruments) db.instruments.insert_or_assign(row.symbol.text, row);
  for (const auto& row : commit.adjustments) db.adjustments.insert_or_assign(row.adjustment_id, row);
  for (const auto& row : commit.deliveries) db.deliveries.insert_or_assign({row.event_id, row.channel}, row);
  if (commit.metrics) db.metrics.emplace(commit.metrics->timestamp, at_edge(*commit.metrics));
  if (!commit.limits) return;
  db.limits = *commit.limits;
  std::sort(db.limits.begin(), db.limits.end(), [](const LimitRow& a, const LimitRow& b) {
    return std::tie(a.rule, a.entity_id) < std::tie(b.rule, b.entity_id);
  });
}

void MemoryStore::store_positions(const std::vector<engine::PositionRow>& rows) {
  auto client = database_->positions.end();
  for (const auto& row : rows) {
    if (client == database_->positions.end() || client->first != row.client_id.text) {
      client = database_->positions.try_emplace(row.client_id.text).first;
    }
    auto& held = client->second;
    const auto place = std::lower_bound(held.begin(), held.end(), row.symbol,
                                        [](const engine::PositionRow& a, const Symbol& b) { return a.symbol < b; });
    if (place == held.end() || place->symbol != row.symbol) {
      held.insert(place, row);
    } else {
      place->quantity = row.quantity;
    }
  }
}

CleanupCount MemoryStore::cleanup(Timestamp before) {
  const std::scoped_lock lock(database_->mutex);
  check_term();
  auto& db = *database_;
  std::set<std::uint64_t> gone;
  for (const auto& [id, alert] : db.alerts) {
    if (alert.status == engine::AlertStatus::kResolved && alert.resolved_at && *alert.resolved_at < before) {
      gone.insert(id);
    }
  }
  CleanupCount count;
  count.alert_events =
      std::erase_if(db.alert_events, [&gone](const auto& event) { return gone.contains(event.second.alert_id); });
  count.alerts = std::erase_if(db.alerts, [&gone](const auto& alert) { return gone.contains(alert.first); });
  count.deliveries = std::erase_if(
      db.deliveries, [&db](const auto& delivery) { return !db.alert_events.contains(delivery.second.event_id); });
  count.metrics = std::erase_if(db.metrics, [before](const auto& row) { return row.first < before; });
  count.quarantine =
      std::erase_if(db.quarantine, [before](const auto& row) { return row.received_at < before && !is_waiting(row); });
  return count;
}

DroppedDays MemoryStore::drop_days(Timestamp before, std::uint64_t up_to_apply_seq) {
  const std::scoped_lock lock(database_->mutex);
  check_term();
  auto& inputs = database_->inputs;
  const auto first_kept = Day::of(before);
  std::map<Day, std::uint64_t> last_of_day;
  for (const auto& commit : inputs) last_of_day[commit.day] = commit.rows.last_apply_seq();
  DroppedDays dropped;
  for (const auto& [day, last] : last_of_day) {
    if (day >= first_kept || last > up_to_apply_seq) break;
    std::erase_if(inputs, [&, day = day](const auto& commit) {
      if (commit.day != day) return false;
      dropped.rows += commit.rows.size();
      note_dropped(commit);
      return true;
    });
    ++dropped.days;
    dropped.last_apply_seq = last;
    std::erase_if(database_->identity_pieces,
                  [last = last](const auto& piece) { return piece.second.last_apply_seq <= last; });
    std::erase_if(database_->openings, [last = last](const auto& opening) { return opening.second.apply_seq <= last; });
    std::erase_if(database_->identities, [last = last](const auto& filed) { return filed.second <= last; });
  }
  dropped.up_to = database_->dropped_up_to;
  return dropped;
}

void MemoryStore::note_dropped(const MemoryDatabase::Inputs& commit) {
  for (const auto& input : commit.rows.unpack()) {
    const auto* transaction = std::get_if<TransactionInput>(&input.input);
    if (transaction == nullptr) continue;
    auto& latest = database_->dropped_up_to;
    const auto executed_at = std::min(transaction->transaction.executed_at, commit.day.latest_execution());
    latest = std::max(latest.value_or(kTimestampMin), executed_at);
  }
}

void MemoryStore::identity_pieces(std::uint64_t after_apply_seq,
                                  const std::function<void(const IdentityPieceRow&)>& take) {
  const std::scoped_lock lock(database_->mutex);
  for (const auto& [first, piece] : database_->identity_pieces) {
    if (piece.last_apply_seq > after_apply_seq) take(piece);
  }
}

std::optional<IdentityPieceRow> MemoryStore::first_identity_piece(std::uint64_t up_to_apply_seq) {
  const std::scoped_lock lock(database_->mutex);
  const auto& pieces = database_->identity_pieces;
  if (pieces.empty() || pieces.begin()->second.last_apply_seq > up_to_apply_seq) return std::nullopt;
  return pieces.begin()->second;
}

void MemoryStore::file_identities(const IdentityPieceRow& piece,
                                  const std::vector<engine::IndexedExecution>& executions) {
  const std::scoped_lock lock(database_->mutex);
  check_term();
  if (database_->identity_pieces.erase(piece.first_apply_seq) == 0) return;
  database_->filed_up_to = piece.last_apply_seq;
  for (const auto& execution : executions) {
    database_->identities.emplace(execution.fingerprint, execution.apply_seq);
  }
}

std::vector<SnapshotInfo> MemoryStore::snapshots() {
  const std::scoped_lock lock(database_->mutex);
  return database_->snapshots_newest_first();
}

void MemoryStore::write_snapshot_chunk(std::uint64_t apply_seq, std::uint32_t number, std::string_view bytes) {
  check_chunk_size(bytes);
  const std::scoped_lock lock(database_->mutex);
  check_term();
  if (database_->snapshots.contains(apply_seq)) throw_finished(apply_seq);
  auto& pieces = database_->snapshot_chunks[apply_seq];
  if (number == 0) pieces.clear();
  pieces[number] = bytes;
}

void MemoryStore::finish_snapshot(const SnapshotInfo& info, std::size_t kept) {
  RISK_CHECK(kept > 0);
  const std::scoped_lock lock(database_->mutex);
  check_term();
  auto& db = *database_;
  if (db.snapshots.contains(info.apply_seq)) throw_finished(info.apply_seq);
  SnapshotPieces stored;
  for (const auto& [number, bytes] : db.snapshot_chunks[info.apply_seq]) {
    ++stored.count;
    stored.end = std::uint64_t{number} + 1;
    stored.bytes += bytes.size();
  }
  check_pieces(info, stored);
  db.snapshots[info.apply_seq] = info;
  while (db.snapshots.size() > kept) db.snapshots.erase(db.snapshots.begin());
  std::erase_if(db.snapshot_chunks, [&](const auto& chunks) {
    return chunks.first <= info.apply_seq && !db.snapshots.contains(chunks.first);
  });
}

std::optional<std::string> MemoryStore::snapshot_chunk(std::uint64_t apply_seq, std::uint32_t number) {
  const std::scoped_lock lock(database_->mutex);
  if (!database_->snapshots.contains(apply_seq)) return std::nullopt;
  const auto& pieces = database_->snapshot_chunks[apply_seq];
  const auto piece = pieces.find(number);
  if (piece == pieces.end()) return std::nullopt;
  return piece->second;
}

}  // namespace

std::vector<SnapshotInfo> MemoryDatabase::snapshots_newest_first() const {
  std::vector<SnapshotInfo> rows;
  for (auto row = snapshots.rbegin(); row != snapshots.rend(); ++row) rows.push_back(row->second);
  return rows;
}

Waiting MemoryDatabase::waiting() const {
  Waiting waiting;
  for (const auto& row : quarantine) {
    auto* of_kind = is_waiting(row) ? count_of(waiting, row.kind) : nullptr;
    if (of_kind != nullptr) ++*of_kind;
  }
  for (const auto& [id, row] : adjustments) waiting.adjustments += row.state == AdjustmentState::kPending ? 1 : 0;
  return waiting;
}

StoredTransaction MemoryDatabase::stored(const AppliedInput& input) const {
  const auto& t = std::get<TransactionInput>(input.input);
  const auto by = reversals.find(input.apply_seq);
  return {input.apply_seq,
          input.origin,
          t.transaction,
          t.base_price,
          at_edge(t.notional()),
          t.late,
          t.counted_only,
          t.original,
          by == reversals.end() ? std::nullopt : std::optional(by->second)};
}

std::uint64_t MemoryDatabase::last_apply_seq() const {
  const auto engine = cursors.find(kEngineCursor);
  return engine == cursors.end() ? 0 : engine->second.sequence;
}

void MemoryDatabase::replay(std::uint64_t after_apply_seq,
                            const std::function<void(const AppliedInput&)>& apply) const {
  auto commit = std::partition_point(inputs.begin(), inputs.end(), [&](const Inputs& other) {
    return other.rows.last_apply_seq() <= after_apply_seq;
  });
  auto next = after_apply_seq + 1;
  for (; commit != inputs.end(); ++commit) {
    const auto rows = commit->rows.unpack();
    auto input = std::partition_point(rows.begin(), rows.end(),
                                      [&](const AppliedInput& other) { return other.apply_seq < next; });
    for (; input != rows.end(); ++input, ++next) {
      if (input->apply_seq != next) throw_dropped(next, input->apply_seq);
      apply(*input);
    }
  }
  if (next <= last_apply_seq()) throw_dropped(next, std::nullopt);
}

std::shared_ptr<MemoryDatabase> make_memory_database() {
  return std::make_shared<MemoryDatabase>();
}

std::unique_ptr<Store> open_memory_store(std::shared_ptr<MemoryDatabase> database) {
  return std::make_unique<MemoryStore>(std::move(database));
}

}  // namespace risk::store
