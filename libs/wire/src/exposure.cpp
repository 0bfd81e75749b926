#include "risk/wire/exposure.hpp"

#include "instant.hpp"
#include "risk/v1/exposure.pb.h"
#include "transaction_message.hpp"

namespace risk::wire {
namespace {

void to_message(const ExposureFigures& value, v1::Exposure& message) {
  message.set_id(value.id);
  message.set_total_exposure(value.total_exposure);
  message.set_gross(value.gross);
  message.set_net(value.net);
  message.set_long_(value.long_value);
  message.set_short_(value.short_value);
  message.set_turnover(value.turnover);
  message.set_pnl(value.pnl);
  message.set_position_count(value.position_count);
  message.set_transaction_count(value.transaction_count);
  message.set_utilisation(value.utilisation.value_or(""));
  message.set_risk_level(std::string(engine::to_string(value.risk_level)));
  message.set_last_updated_us(value.last_updated.micros());
  message.set_last_updated_nanos(value.last_updated.nanos_of_micro());
  message.set_mark(value.mark.value_or(""));
}

Result<ExposureFigures> to_value(const v1::Exposure& message) {
  const auto level = engine::parse_enum<engine::RiskLevel>(message.risk_level());
  if (!level)
    return Error{"risk_level \"" + printable(message.risk_level()) + "\": not one of LOW, MEDIUM, HIGH, CRITICAL"};
  ExposureFigures value;
  value.id = message.id();
  value.total_exposure = message.total_exposure();
  value.gross = message.gross();
  value.net = message.net();
  value.long_value = message.long_();
  value.short_value = message.short_();
  value.turnover = message.turnover();
  value.pnl = message.pnl().empty() ? Notional().to_string() : message.pnl();
  value.position_count = message.position_count();
  value.transaction_count = message.transaction_count();
  if (!message.utilisation().empty()) value.utilisation = message.utilisation();
  value.risk_level = *level;
  if (auto error =
          read_instant("last_updated", message.last_updated_us(), message.last_updated_nanos(), value.last_updated)) {
    return *error;
  }
  if (!message.mark().empty()) value.mark = message.mark();
  return value;
}

// Appends every row, or says what is wrong with the first that cannot be read.
std::optional<Error> read_rows(const auto& messages, std::vector<ExposureFigures>& rows) {
  for (const auto& message : messages) {
    auto row = to_value(message);
    if (!row) return row.error();
    rows.push_back(std::move(row).value());
  }
  return std::nullopt;
}

}  // namespace

ExposureFigures figures(const engine::ExposureRow& row) {
  ExposureFigures value;
  value.id = row.id;
  value.total_exposure = row.total_exposure.to_string();
  value.gross = row.exposure.gross().to_string();
  value.net = row.exposure.net().to_string();
  value.long_value = row.exposure.long_value.to_string();
  value.short_value = row.exposure.short_value.to_string();
  value.turnover = row.exposure.turnover.to_string();
  value.pnl = row.pnl.to_string();
  value.position_count = row.position_count;
  value.transaction_count = row.transaction_count;
  if (row.utilisation_e4) value.utilisation = format_rounded(*row.utilisation_e4, kEdgePlaces, kEdgePlaces);
  value.risk_level = row.risk_level;
  value.last_updated = row.last_updated;
  if (row.mark) value.mark = row.mark->to_string();
  return value;
}

std::string encode(const ExposureUpdate& update) {
  v1::ExposureUpdate message;
  message.set_apply_seq(update.apply_seq);
  if (update.now) {
    message.set_now_us(update.now->micros());
    message.set_now_nanos(update.now->nanos_of_micro());
  }
  for (const auto& row : update.clients) to_message(row, *message.add_clients());
  for (const auto& row : update.symbols) to_message(row, *message.add_symbols());
  if (update.firm) to_message(*update.firm, *message.mutable_firm());
  for (const auto& applied : update.transactions) {
    auto& entry = *message.add_transactions();
    to_message(applied.transaction, *entry.mutable_transaction());
    entry.set_apply_seq(applied.apply_seq);
    entry.set_notional(applied.notional);
    entry.set_late(applied.late);
    entry.set_reverses(applied.reverses);
    entry.set_counted_only(applied.counted_only);
  }
  message.set_transactions_total(update.transactions_total);
  message.set_quarantined_total(update.quarantined_total);
  if (update.waiting) {
    auto& waiting = *message.mutable_waiting();
    waiting.set_conflicts(update.waiting->conflicts);
    waiting.set_executions(update.waiting->executions);
    waiting.set_held_prices(update.waiting->held_prices);
    waiting.set_adjustments(update.waiting->adjustments);
  }
  auto& engine = *message.mutable_engine();
  engine.set_transactions_per_second(update.transactions_per_second);
  engine.set_uncommitted_inputs(update.uncommitted_inputs);
  for (const auto& status : update.streams) {
    auto& stream = *engine.add_streams();
    stream.set_stream_id(status.stream_id);
    stream.set_publisher(status.publisher);
    stream.set_delivered(status.delivered);
    stream.set_announced(status.announced);
    stream.set_missing(status.missing);
    stream.set_up(status.up);
    stream.set_recent(status.recent);
    stream.set_recent_late(status.recent_late);
    stream.set_duplicates(status.duplicates);
    stream.set_conflicts(status.conflicts);
    if (status.lead_nanos) stream.set_lead_nanos(*status.lead_nanos);
  }
  return message.SerializeAsString();
}

Result<ExposureUpdate> decode_exposure_update(std::string_view payload) {
  v1::ExposureUpdate message;
  if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return Error{"not an ExposureUpdate"};
  ExposureUpdate update;
  update.apply_seq = message.apply_seq();
  if (message.has_now_us()) {
    if (auto error = read_instant("now", message.now_us(), message.now_nanos(), update.now.emplace())) return *error;
  }
  if (auto error = read_rows(message.clients(), update.clients)) return *error;
  if (auto error = read_rows(message.symbols(), update.symbols)) return *error;
  if (message.has_firm()) {
    auto firm = to_value(message.firm());
    if (!firm) return firm.error();
    update.firm = std::move(firm).value();
  }
  for (const auto& entry : message.transactions()) {
    auto& applied = update.transactions.emplace_back();
    if (const auto problem = read(entry.transaction(), applied.transaction)) {
      return Error{problem->field + " " + problem->value + ": " + problem->reason};
    }
    applied.apply_seq = entry.apply_seq();
    applied.notional = entry.notional();
    applied.late = entry.late();
    applied.reverses = entry.reverses();
    applied.counted_only = entry.counted_only();
  }
  update.transactions_total = message.transactions_total();
  update.quarantined_total = message.quarantined_total();
  if (message.has_waiting()) {
    const auto& waiting = message.waiting();
    update.waiting = {waiting.conflicts(), waiting.executions(), waiting.held_prices(), waiting.adjustments()};
  }
  update.transactions_per_second = message.engine().transactions_per_second();
  update.uncommitted_inputs = message.engine().uncommitted_inputs();
  for (const auto& stream : message.engine().streams()) {
    update.streams.push_back({stream.stream_id(), stream.publisher(), stream.delivered(), stream.announced(),
                              stream.missing(), stream.up(), stream.recent(), stream.recent_late(),
                              stream.has_lead_nanos() ? std::optional(stream.lead_nanos()) : std::nullopt,
                              stream.duplicates(), stream.conflicts()});
  }
  return update;
}

}  // namespace risk::wire
