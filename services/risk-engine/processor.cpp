#include "risk-engine/processor.hpp"

#include <algorithm>
#include <utility>

#include "risk-engine/input_slots.hpp"
#include "risk-engine/limit_rows.hpp"
#include "risk/base/overloaded.hpp"
#include "risk/engine/rule_table.hpp"
#include "risk/wire/rules.hpp"

namespace risk::risk_engine {
namespace {

std::string describe(const engine::OpeningPosition& p) {
  return printable(p.client_id.text + "," + p.symbol.text + "," + p.quantity.to_string() + "," + p.price.to_string() +
                   "," + p.currency);
}

std::string describe(const engine::MarketPrice& p) {
  return printable(p.symbol.text + "," + p.price.to_string() + "," + p.currency + "," + format_timestamp(p.at));
}

std::string describe(const engine::ExchangeRate& r) {
  return printable(r.currency + "," + r.rate.to_string() + "," + format_timestamp(r.at));
}

std::string describe(const engine::Instrument& i) {
  return printable(i.symbol.text + "," + i.multiplier.to_string() + "," + i.currency + "," +
                   std::string(to_string(i.contract)) + "," + (i.expires_at ? format_timestamp(*i.expires_at) : ""));
}

}  // namespace

log::Position position_of(const store::CursorRow& cursor) {
  const auto hash = cursor.record_hash ? log::parse_hash_digits(*cursor.record_hash) : std::nullopt;
  return log::Position(log::Position::Fields{{cursor.stream_id}, cursor.epoch, cursor.sequence, hash});
}

Processor::Processor(store::ResumePoint resume, std::uint64_t quarantined_total, engine::HashKey key)
    : core_(engine::RuleSet{}, key),
      executions_(resume),
      adjustments_(std::move(resume.pending_adjustments), resume.last_adjustment_id),
      alerts_("USD", std::move(resume.open_alerts), resume.last_event_id),
      quarantined_total_(quarantined_total),
      waiting_conflicts_(resume.waiting_conflicts) {
  core_.set_bounds(engine::Bounds::none());
  engine_cursor_.row = {store::kEngineCursor, "risk-engine", 1, resume.last_apply_seq, 0, {}};
  engine_cursor_.committed = resume.last_apply_seq;
  for (auto& row : resume.cursors) {
    if (row.stream_id == store::kEngineCursor) continue;
    if (row.stream_id == store::kAlertsCursor) {
      alerts_stream_ = row.name;
      alerts_cursor_.committed = row.sequence;
      continue;
    }
    Cursor& cursor = cursors_[row.stream_id];
    cursor.committed = row.sequence;
    cursor.committed_epoch = row.epoch;
    cursor.record_hash = position_of(row).fields().record_hash;
    cursor.row = std::move(row);
  }
  if (alerts_stream_.empty()) alerts_stream_ = std::string(log::make_stream_id().text);
  alerts_cursor_.row = {store::kAlertsCursor, alerts_stream_, 1, alerts_cursor_.committed, 0, {}};
}

void Processor::load(engine::Core core, std::uint64_t apply_seq) {
  core_ = std::move(core);
  core_.set_bounds(engine::Bounds::none());
  apply_seq_ = apply_seq;
  has_rules_ = true;  // the first input of all
}

void Processor::restore(const store::AppliedInput& input) {
  apply_seq_ = input.apply_seq;
  executions_.restore(input);
  events_.clear();
  core_.number_next(input.apply_seq);
  const auto refuse = [&](const engine::Rejection& rejection) {
    throw store::StoreError("stored input " + std::to_string(input.apply_seq) + " can no longer be applied: " +
                            rejection.field + " " + rejection.value + ": " + rejection.reason);
  };
  const auto apply_market = [&](const auto& value) {
    if (const auto changed = core_.apply(value, events_); !changed) refuse(changed.error());
  };
  std::visit(Overloaded{
                 [&](const store::TransactionInput& value) {
                   const auto& [transaction, price, late, counted_only, original] = value;
                   const auto applied = original       ? core_.apply(transaction, *original, events_)
                                        : counted_only ? core_.count(transaction, events_)
                                                       : core_.apply(transaction, events_);
                   if (!applied) refuse(applied.error());
                 },
                 [&](const store::TickInput& value) { core_.tick(value.time, events_); },
                 [&](const engine::OpeningPosition& value) {
                   if (const auto rejection = core_.apply(value)) refuse(*rejection);
                 },
                 [&](const engine::MarketPrice& value) { apply_market(value); },
                 [&](const engine::ExchangeRate& value) { apply_market(value); },
                 [&](const engine::HeldPriceDecision& value) { apply_market(value); },
                 [&](const engine::Instrument& value) {
                   if (const auto changed = core_.apply(value); !changed) refuse(changed.error());
                 },
                 [&](const engine::Adjustment& value) {
                   if (const auto rejection = core_.apply(value, events_)) refuse(*rejection);
                 },
                 [&](const store::RulesInput& value) {
                   const auto rules = wire::decode_rules(value.rules);
                   if (!rules)
                     throw store::StoreError("stored rules, version " + std::to_string(value.config_version) + ": " +
                                             rules.error().reason);
                   core_.set_rules(*rules);
                   has_rules_ = true;
                 },
             },
             input.input);
}

void Processor::start(const engine::RuleSet& rules, const Intake& intake) {
  if (apply_seq_ != engine_cursor_.row.sequence) {
    throw store::StoreError("the store's inputs end at " + std::to_string(apply_seq_) + ", its cursor stands at " +
                            std::to_string(engine_cursor_.row.sequence));
  }
  alerts_.set_last_alert_id(core_.counters().alerts_opened);
  counters_.transactions = core_.counters().transactions;
  counters_.late = core_.counters().late;

  core_.set_bounds(intake.bounds);
  ahead_max_nanos_ = std::chrono::nanoseconds(intake.ahead_max).count();
  executions_.finish_loading();
  executions_.set_options(intake.executions);
  load_awaiting();
  load_held();

  engine::RuleSet next = rules;
  if (has_rules_) engine::keep_missing_rules(next, core_.rules());
  next.config_version = has_rules_ ? core_.rules().config_version : 1;
  if (!has_rules_ || next != core_.rules()) {
    next.config_version += has_rules_ ? 1 : 0;
    core_.number_next(apply_seq_ + 1);
    core_.set_rules(next);
    pending_.inputs.push_back({++apply_seq_, {}, store::RulesInput{next.config_version, wire::encode(next)}});
    pending_.limits = limit_rows(next);
    // Another base currency drops what is held. When that is, nobody has said: now of the core.
    note_held_changes(core_.now().value_or(Timestamp{}), nullptr);
  }
  // Every row is written again: a mark may have moved after the last commit, and a limit with the rules. Positions are
  // as they were committed.
  core_.note_all_changed();
  const auto restored = core_.take_changes(engine::Core::Scope::kMarked);
  clients_.update(restored.clients);
  symbols_.update(restored.symbols);
  core_.note_all_changed();
  rows_due_ = !restored.symbols.empty();
  alerts_.set_base_currency(core_.rules().base_currency);
}

Processor::Cursor& Processor::move_cursor(const log::Position& to, std::string_view publisher) {
  const auto& [stream, epoch, sequence, hash] = to.fields();
  Cursor& cursor = cursors_[std::string(stream.text)];
  cursor.row.stream_id = stream.text;
  cursor.row.name = printable(publisher);
  cursor.row.epoch = epoch;
  cursor.row.sequence = sequence;
  cursor.record_hash = hash;
  cursor.moved = true;
  return cursor;
}

store::QuarantineRow Processor::quarantine_row(const log::Record& record, const wire::Provenance& provenance,
                                               engine::Rejection rejection, const std::string& raw,
                                               Timestamp wall) const {
  store::QuarantineRow row;
  row.origin = {record.stream().text, record.sequence(), record.epoch()};
  row.source = printable(provenance.source.empty() ? record.publisher() : std::string_view(provenance.source));
  row.line = provenance.line;
  row.rejection = {printable(rejection.field), printable(rejection.value), printable(rejection.reason)};
  row.raw = printable(raw, 1000);
  row.received_at = wall;
  return row;
}

// What awaits its execution may be applied yet, and of a held price the rest was.
void Processor::quarantine(store::QuarantineRow row) {
  const bool is_applicable = row.kind == store::QuarantineKind::kAwaiting || row.kind == store::QuarantineKind::kHeld;
  if (!is_applicable) count_quarantined();
  pending_.quarantine.push_back(std::move(row));
}

void Processor::count_quarantined() {
  ++counters_.quarantined;
  ++quarantined_total_;
}

void Processor::announce(const std::vector<engine::AlertEvent>& events) {
  for (const auto& event : events) alerts_.announce(event);
  counters_.alert_events += events.size();
}

void Processor::apply(const log::Records& records, Timestamp wall) {
  const auto count = records.size();
  KnownRecords known;
  {
    InputSlots places(pending_.inputs, count, awaiting_.size() + adjustments_.pending());
    expect(records, places, wall);
    std::size_t expected = 0, other = 0;
    StreamClock& clock = stream_clocks_.of(records.last().stream().text.view());
    for (std::size_t i = 0; i < count; ++i) {
      events_.clear();
      core_.number_next(apply_seq_ + 1);
      if (expected < expected_.size() && expected_[expected] == &places.next()) {
        const Arrival arrival{records[i], places.next(), expected, received_at_[expected]};
        ++expected;
        if (arrival.transaction.is_reversal()) {
          apply_reversal(arrival, places, known);
        } else {
          apply_transaction(arrival, places, clock, known);
        }
      } else {
        apply_other(records[i], others_[other++], places, wall, known);
      }
      announce(events_);
    }
    core_.expect_at({});  // their places are the next records'
    others_.clear();      // of any size
  }
  // Last, so that what failed half way is not taken for done.
  auto& cursor = move_cursor(records.last(), records.publisher).row;
  cursor.duplicates += known.duplicates;
  cursor.conflicts += known.conflicts;
  counters_.duplicates += known.duplicates;
  counters_.conflicts += known.conflicts;
}

// Reads all of the records before any of them is applied, for what is known of them is looked up at once.
void Processor::expect(const log::Records& records, InputSlots& places, Timestamp wall) {
  expected_.clear();
  received_at_.clear();
  others_.clear();
  std::optional<Timestamp> received_at;
  for (std::size_t i = 0; i < records.size(); ++i) {
    auto& transaction = places.transaction(i);
    if (decoder_.decode_transaction(records.payloads[i], transaction, received_at)) {
      expected_.push_back(&transaction);
      received_at_.push_back({wall, received_at});
    } else {
      others_.push_back(decoder_.decode(records.payloads[i]));
    }
  }
  std::vector<const engine::OpeningPosition*> openings;
  std::vector<const engine::Adjustment*> adjustments;
  for (const auto& other : others_) {
    const auto* adjustment = other ? std::get_if<engine::Adjustment>(&other->input) : nullptr;
    if (adjustment != nullptr && !engine::value_problem(*adjustment)) adjustments.push_back(adjustment);
    const auto* opening = other ? std::get_if<engine::OpeningPosition>(&other->input) : nullptr;
    // The core refuses what is not valid; the store might not even take the question.
    if (opening != nullptr && !engine::value_problem(*opening)) openings.push_back(opening);
  }
  openings_.expect(openings);
  adjustments_.expect(adjustments);
  executions_.expect(expected_, [this](std::string_view symbol) { return names_of(symbol); });
  core_.expect_at(expected_);
}

void Processor::apply_transaction(const Arrival& arrival, InputSlots& places, StreamClock& clock, KnownRecords& known) {
  const auto& [record, transaction, expected, received_at] = arrival;
  if (auto ahead = is_ahead("executed_at", transaction.executed_at, received_at)) {
    return refuse(arrival, places, *std::move(ahead));
  }
  const auto verdict = executions_.judge(expected);
  if (verdict.kind == Executions::Verdict::Kind::kDuplicate) {
    ++known.duplicates;
    return places.pass_over();
  }
  // What is not valid is nothing else: the core says why.
  if (verdict.kind != Executions::Verdict::Kind::kNew && core_.unit_value(transaction)) {
    if (verdict.kind == Executions::Verdict::Kind::kConflict) {
      return quarantine_conflict(arrival, places, *verdict.known, known);
    }
    return refuse(arrival, places, too_old(transaction));
  }
  const auto add = [&places](store::AppliedInput input) { places.add(std::move(input)); };
  if (adjustments_.is_due(transaction.executed_at) && core_.unit_value(transaction)) {
    apply_due(transaction.executed_at, add);
  }
  const auto& digest = executions_.digest(expected);
  const bool is_counted_only = is_taken_back_already(transaction, digest);
  const auto applied = is_counted_only ? core_.count(transaction, events_) : core_.apply(transaction, events_);
  if (!applied) return refuse(arrival, places, applied.error());
  clock.note(transaction.executed_at, applied->late, received_at.here);
  ++apply_seq_;
  note_held_changes(arrival);
  const auto& kept = places.keep(apply_seq_, record, applied->price, applied->late, is_counted_only);
  note_applied(digest, kept, received_at.here);
  ++counters_.transactions;
  counters_.late += applied->late ? 1 : 0;
  if (awaiting_.size() == 0) return;
  const engine::Transaction applied_transaction = kept.transaction;  // its place may move
  apply_awaiting(applied_transaction, digest, received_at.here, add);
}

void Processor::apply_other(const log::Record& record, Result<wire::Decoded>& decoded, InputSlots& places,
                            Timestamp wall, KnownRecords& known) {
  if (!decoded) {
    quarantine(quarantine_row(record, {}, {"record", "", decoded.error().reason}, std::string(record.payload()), wall));
    return places.pass_over();
  }
  auto [input, provenance] = std::move(decoded).value();
  const auto refuse = [&, &from = provenance](engine::Rejection rejection, const std::string& raw) {
    quarantine(quarantine_row(record, from, std::move(rejection), raw, wall));
    places.pass_over();
  };
  const auto add = [&places](store::AppliedInput added) { places.add(std::move(added)); };
  const auto take_market = [&, &from = provenance](auto& value) {
    if (auto ahead = is_ahead("at", value.at, {wall, from.received_at})) {
      return refuse(*std::move(ahead), describe(value));
    }
    if (!engine::value_problem(value)) apply_due(value.at, add);
    const auto changed = core_.apply(value, events_);
    if (!changed) return refuse(changed.error(), describe(value));
    if (!*changed) return places.pass_over();
    ++apply_seq_;
    note_held_changes(wall, [&](engine::Rejection why) {
      auto row = quarantine_row(record, from, std::move(why), describe(value), wall);
      row.record = record.payload();
      return row;
    });
    places.keep(apply_seq_, record, std::move(value));
  };
  std::visit(
      Overloaded{
          [&](const engine::Transaction&) { RISK_CHECK(!"decoded as a transaction before"); },
          [&](const wire::Tick& tick) {
            ++counters_.ticks;
            if (auto ahead = is_ahead("time", tick.time, {wall, provenance.received_at})) {
              return refuse(*std::move(ahead), "");
            }
            apply_due(tick.time, add);
            if (!core_.tick(tick.time, events_)) return places.pass_over();
            places.keep(++apply_seq_, record, store::TickInput{tick.time});
          },
          [&](engine::OpeningPosition& position) {
            if (openings_.is_duplicate(position)) {
              ++known.duplicates;
              return places.pass_over();
            }
            if (auto rejection = core_.apply(position)) {
              return refuse(std::move(*rejection), describe(position));
            }
            openings_.note(position, ++apply_seq_);
            places.keep(apply_seq_, record, std::move(position));
          },
          [&](engine::MarketPrice& price) { take_market(price); },
          [&](engine::ExchangeRate& rate) { take_market(rate); },
          [&](engine::Instrument& instrument) {
            if (const auto changed = core_.apply(instrument); !changed) {
              return refuse(changed.error(), describe(instrument));
            }
            // Also where nothing changes for the core: the name is of the input alone.
            note_instrument(instrument);
            places.keep(++apply_seq_, record, std::move(instrument));
          },
          [&](const engine::Adjustment& adjustment) { take_adjustment(record, adjustment, places, wall, known); },
          [&](wire::RejectedInput& rejected) { refuse(std::move(rejected.rejection), rejected.raw); },
      },
      input);
}

// Of each symbol the latest, for the table has a row of each.
void Processor::note_instrument(const engine::Instrument& instrument) {
  auto& rows = pending_.instruments;
  const auto [place, is_new] = pending_instruments_.try_emplace(instrument.symbol.text, rows.size());
  if (is_new) {
    rows.push_back(instrument);
  } else {
    rows[place->second] = instrument;
  }
}

std::optional<engine::Rejection> Processor::is_ahead(std::string_view field, Timestamp instant,
                                                     const engine::ReceivedAt& received_at) const {
  return engine::ahead_of_clock(field, instant, core_.now(), received_at, ahead_max_nanos_);
}

void Processor::skip(const log::Gap& gap) {
  move_cursor(gap.last, gap.publisher).row.missing += gap.records();
  counters_.missing_records += gap.records();
}

std::vector<store::CursorRow> Processor::stream_cursors() const {
  std::vector<store::CursorRow> rows;
  for (const auto& [id, cursor] : cursors_) rows.push_back(cursor.row);
  return rows;
}

const store::CursorRow* Processor::find_cursor(std::string_view stream_id) const {
  const auto cursor = cursors_.find(stream_id);
  return cursor == cursors_.end() ? nullptr : &cursor->second.row;
}

}  // namespace risk::risk_engine
