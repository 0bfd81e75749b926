// What a Processor does with executions that were applied before, with busts and corrections, and with those that come
// before their execution.
#include <algorithm>
#include <utility>

#include "risk-engine/input_slots.hpp"
#include "risk-engine/processor.hpp"

namespace risk::risk_engine {
namespace {

std::string describe(const engine::Transaction& t) {
  std::string text = t.transaction_id + "," + t.client_id.text + "," + t.symbol.text;
  if (t.kind != engine::ExecutionKind::kBust) {
    text += "," + std::string(to_string(t.side)) + "," + t.quantity.to_string() + "," + t.price.to_string() + "," +
            t.currency;
  }
  if (t.is_reversal()) text += "," + std::string(to_string(t.kind)) + "," + t.ref_transaction_id;
  return printable(text);
}

engine::Rejection rejected_reference(const engine::Transaction& reversal, std::string reason) {
  return {"ref_transaction_id", reversal.ref_transaction_id, std::move(reason)};
}

// A bust is stored with the figures of what it takes back, whatever it came with.
void take_figures(engine::Transaction& bust, const Executions::Known& original) {
  bust.side = original.side;
  bust.quantity = original.digest.quantity;
  bust.price = original.digest.price;
  bust.currency = original.currency;
}

}  // namespace

store::QuarantineRow Processor::row_of(const Arrival& arrival, engine::Rejection rejection) {
  const auto decoded = decoder_.decode(arrival.record.payload());  // again, for where it was read
  return quarantine_row(arrival.record, decoded ? decoded->provenance : wire::Provenance{}, std::move(rejection),
                        describe(arrival.transaction), arrival.received_at.here);
}

store::QuarantineRow Processor::row_of(const engine::Transaction& transaction, const store::Origin& origin,
                                       const engine::Rejection& rejection, Timestamp wall) const {
  store::QuarantineRow row;
  row.origin = origin;
  row.rejection = {printable(rejection.field), printable(rejection.value), printable(rejection.reason)};
  row.raw = describe(transaction);
  row.received_at = wall;
  return row;
}

void Processor::quarantine_waiting(store::QuarantineRow row, store::QuarantineKind kind, std::string record) {
  row.kind = kind;
  if (!row.decision) row.decision.emplace();
  row.record = std::move(record);
  quarantine(std::move(row));
  if (kind == store::QuarantineKind::kConflict) ++waiting_conflicts_;
}

void Processor::refuse(const Arrival& arrival, InputSlots& places, engine::Rejection rejection) {
  quarantine(row_of(arrival, std::move(rejection)));
  places.pass_over();
}

engine::Rejection Processor::too_old(const engine::Transaction& transaction) const {
  return {"executed_at", format_timestamp(transaction.executed_at),
          "older than what is kept: executions up to " + format_timestamp(*executions_.dropped_up_to()) +
              " may have been applied and dropped"};
}

void Processor::quarantine_conflict(const Arrival& arrival, InputSlots& places, const Executions::Known& applied,
                                    KnownRecords& known) {
  ++known.conflicts;
  auto conflict =
      engine::conflict_of(arrival.transaction, applied.digest, "input " + std::to_string(applied.apply_seq));
  quarantine_waiting(row_of(arrival, std::move(conflict)), store::QuarantineKind::kConflict,
                     std::string(arrival.record.payload()));
  places.pass_over();
}

// What was new when it came, and is no longer.
void Processor::judge_awaiting(const Awaiting::Reversal& correction, const engine::ExecutionDigest& applied,
                               Timestamp wall) {
  const std::string as_input = "input " + std::to_string(apply_seq_);
  const auto drop = [&](const std::string& reason) {
    decide_waiting(store::QuarantineKind::kAwaiting, correction.origin.row, store::DecisionState::kDropped, wall,
                   reason);
  };
  if (correction.digest.is_duplicate_of(applied)) return drop("it was applied meanwhile, as " + as_input);
  drop("it conflicts with " + as_input + ": a row of its own says how");
  quarantine_waiting(row_of(correction.transaction, correction.origin.row,
                            engine::conflict_of(correction.transaction, applied, as_input), wall),
                     store::QuarantineKind::kConflict, wire::encode(correction.transaction, {}));
}

void Processor::note_applied(const engine::ExecutionDigest& digest, const store::TransactionInput& input,
                             Timestamp wall) {
  const auto& transaction = input.transaction;
  if (transaction.kind != engine::ExecutionKind::kBust) {
    executions_.note(digest, apply_seq_, input);
    while (const auto same = awaiting_.take_same(digest)) judge_awaiting(*same, digest, wall);
  }
  if (!input.original) return;
  executions_.note_reversal(input.original->input, {apply_seq_, transaction.kind, transaction.transaction_id});
  ++(transaction.kind == engine::ExecutionKind::kBust ? counters_.busts : counters_.corrections);
}

void Processor::apply_reversal(const Arrival& arrival, InputSlots& places, KnownRecords& known) {
  auto& reversal = arrival.transaction;
  const bool corrects = reversal.kind == engine::ExecutionKind::kCorrection;
  if (auto ahead = is_ahead("executed_at", reversal.executed_at, arrival.received_at)) {
    return refuse(arrival, places, *std::move(ahead));
  }
  if (auto problem = engine::value_problem(reversal)) return refuse(arrival, places, *std::move(problem));
  if (corrects) {
    if (const auto unit_value = core_.unit_value(reversal); !unit_value) {
      return refuse(arrival, places, unit_value.error());
    }
    const auto verdict = executions_.judge(arrival.expected);
    if (verdict.kind == Executions::Verdict::Kind::kDuplicate) {
      ++known.duplicates;
      return places.pass_over();
    }
    if (verdict.kind == Executions::Verdict::Kind::kConflict) {
      return quarantine_conflict(arrival, places, *verdict.known, known);
    }
  }
  const auto reference = executions_.resolve(arrival.expected);
  using Kind = decltype(reference.kind);
  if (reference.kind == Kind::kRepeated || (reference.kind == Kind::kBusted && !corrects)) {
    ++known.duplicates;
    return places.pass_over();
  }
  if (auto rejection = problem_of(reversal, reference)) return refuse(arrival, places, *std::move(rejection));
  if (reference.kind == Kind::kUnknown) return await_execution(arrival, places, known);
  const auto add = [&places](store::AppliedInput input) { places.add(std::move(input)); };
  apply_due(reversal.executed_at, add);
  const auto original = reference.known->as_original();
  const auto applied = core_.apply(reversal, original, events_);
  if (!applied) return refuse(arrival, places, applied.error());
  if (!corrects) take_figures(reversal, *reference.known);
  const auto digest = executions_.digest(arrival.expected);
  ++apply_seq_;
  note_held_changes(arrival);
  const auto& kept = places.keep(apply_seq_, arrival.record, applied->price, false, false, original);
  note_applied(digest, kept, arrival.received_at.here);
  if (!corrects || awaiting_.size() == 0) return;
  const engine::Transaction applied_transaction = kept.transaction;  // its place may move
  apply_awaiting(applied_transaction, digest, arrival.received_at.here, add);
}

std::optional<engine::Rejection> Processor::problem_of(const engine::Transaction& reversal,
                                                       const Executions::Reference& reference) const {
  const bool is_unknown = reference.kind == decltype(reference.kind)::kUnknown;
  if (is_unknown && executions_.may_be_dropped(reversal.executed_at)) return too_old(reversal);
  return engine::reference_problem(reversal, reference);
}

bool Processor::is_taken_back_already(const engine::Transaction& transaction,
                                      const engine::ExecutionDigest& execution) const {
  if (awaiting_.size() == 0) return false;
  for (const auto& identity : identities_of(transaction, execution)) {
    const auto* awaiting = awaiting_.find(identity);
    if (awaiting == nullptr) continue;
    // A correction that cannot be applied now must not keep its execution from being.
    const auto& reversal = awaiting->transaction;
    return reversal.kind == engine::ExecutionKind::kBust || core_.unit_value(reversal).ok();
  }
  return false;
}

Processor::Awaiting::Reversal Processor::awaiting_of(const store::QuarantineRow& row,
                                                     const engine::Transaction& reversal) const {
  return {{row.origin, row.received_at},
          reversal,
          executions_.digest_of(reversal),
          executions_.reference_digests_of(reversal)};
}

void Processor::await_execution(const Arrival& arrival, InputSlots& places, KnownRecords& known) {
  auto row = row_of(arrival, rejected_reference(arrival.transaction, "names an execution that has not come"));
  auto reversal = awaiting_of(row, arrival.transaction);
  if (awaiting_.has(reversal)) {
    ++known.duplicates;
    return places.pass_over();
  }
  const auto wall = row.received_at;
  quarantine_waiting(std::move(row), store::QuarantineKind::kAwaiting, std::string(arrival.record.payload()));
  places.pass_over();
  const auto oldest = awaiting_.add(std::move(reversal));
  if (!oldest) return;
  decide_waiting(store::QuarantineKind::kAwaiting, oldest->origin.row, store::DecisionState::kDropped, wall,
                 "more than " + std::to_string(Awaiting::kMost) + " wait: the oldest goes");
}

void Processor::decide_waiting(store::QuarantineKind kind, const store::Origin& origin, store::DecisionState state,
                               Timestamp wall, std::string reason, std::optional<std::uint64_t> applied_as) {
  constexpr char kEngine[] = "risk-engine";  // as the table names people
  pending_.decisions.push_back({0, {state, kEngine, wall, std::move(reason), applied_as}, origin, kind});
  if (kind == store::QuarantineKind::kAwaiting && state == store::DecisionState::kDropped) count_quarantined();
}

std::uint64_t Processor::overdue_executions(Timestamp wall) const {
  constexpr std::int64_t kNanos = std::chrono::nanoseconds(kOverdueAfter).count();
  std::uint64_t overdue = 0;
  awaiting_.visit([&](const Awaiting::Reversal& reversal) {
    overdue += wall.nanos - reversal.origin.received_at.nanos > kNanos ? 1 : 0;
  });
  return overdue;
}

void Processor::apply_awaiting(const engine::Transaction& transaction, const engine::ExecutionDigest& execution,
                               Timestamp wall, const Keep& keep) {
  const auto begin = apply_seq_;  // of what it was applied as
  const auto take_next = [&]() -> std::optional<Awaiting::Reversal> {
    for (const auto& identity : identities_of(transaction, execution)) {
      if (auto taken = awaiting_.take(identity)) return taken;
    }
    return std::nullopt;
  };
  while (auto awaiting = take_next()) {
    auto& reversal = awaiting->transaction;
    const auto decide = [&](store::DecisionState state, std::string reason,
                            std::optional<std::uint64_t> applied_as = {}) {
      decide_waiting(store::QuarantineKind::kAwaiting, awaiting->origin.row, state, wall, std::move(reason),
                     applied_as);
    };
    const auto drop = [&](const std::string& reason) { decide(store::DecisionState::kDropped, printable(reason)); };
    const auto* known = executions_.latest_of(begin);
    if (known == nullptr) {
      drop("a bust has taken its execution back");
      continue;
    }
    const auto original = known->as_original();
    apply_due(reversal.executed_at, keep);
    const auto applied = core_.apply(reversal, original, events_);
    if (!applied) {
      const auto& [field, value, reason] = applied.error();
      drop(field + " " + value + ": " + reason);
      continue;
    }
    const bool corrects = reversal.kind == engine::ExecutionKind::kCorrection;
    if (!corrects) take_figures(reversal, *known);
    ++apply_seq_;
    note_held_changes(reversal, wall);
    store::TransactionInput input{std::move(reversal), applied->price, false, false, original};
    note_applied(awaiting->digest, input, wall);
    decide(store::DecisionState::kApplied, "its execution has come", apply_seq_);
    const engine::Transaction applied_transaction = input.transaction;
    keep({apply_seq_, {store::kCommandsOrigin, apply_seq_, 1}, std::move(input)});
    if (corrects) apply_awaiting(applied_transaction, awaiting->digest, wall, keep);
  }
}

void Processor::load_awaiting() {
  for (const auto& row : std::exchange(awaiting_rows_, {})) {
    const auto decoded = decoder_.decode(row.record);
    const auto* reversal = decoded ? std::get_if<engine::Transaction>(&decoded->input) : nullptr;
    if (reversal == nullptr || !reversal->is_reversal()) {
      throw store::StoreError("row " + std::to_string(row.quarantine_id) +
                              " of the quarantine awaits an execution, and its record is no bust or correction");
    }
    awaiting_.add(awaiting_of(row, *reversal));
  }
}

}  // namespace risk::risk_engine
