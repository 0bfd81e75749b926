#include "risk-engine/broadcaster.hpp"

#include <algorithm>
#include <utility>

namespace risk::risk_engine {
namespace {

constexpr std::chrono::milliseconds kUpdateInterval{100};
constexpr std::chrono::milliseconds kQuietInterval{1000};  // the status goes out although no row has changed

// Takes up to `count` rows out of the map, as they are shown.
std::vector<wire::ExposureFigures> take(std::unordered_map<std::string, engine::ExposureRow>& rows, std::size_t count) {
  std::vector<wire::ExposureFigures> taken;
  while (!rows.empty() && taken.size() < count) taken.push_back(wire::figures(rows.extract(rows.begin()).mapped()));
  return taken;
}

void keep_newest(std::unordered_map<std::string, engine::ExposureRow>& kept, std::vector<engine::ExposureRow>& rows) {
  for (auto& row : rows) {
    auto& place = kept[row.id];
    place = std::move(row);
  }
}

}  // namespace

Broadcaster::Broadcaster(const log::OpenWriter& open, log::WriterHandlers handlers, const Processor& stored,
                         std::shared_ptr<log::History> past)
    : log_(open({{wire::kAlertsTopic, stored.alerts_position(), std::move(past)}, {wire::kExposuresTopic}},
                std::move(handlers))),
      apply_seq_(stored.apply_seq()),
      now_(stored.core().now()),
      transactions_total_(stored.counters().transactions),
      quarantined_total_(stored.quarantined_total()),
      waiting_(stored.waiting()) {}

void Broadcaster::publish(Batch& batch) {
  for (const auto& event : batch.commit.alert_events) log_->append(wire::kAlertsTopic, event.payload);
  if (!batch.commit.alert_events.empty()) log_->flush();

  keep_newest(clients_, batch.commit.client_exposures);
  keep_newest(symbols_, batch.commit.symbol_exposures);
  if (batch.commit.firm_exposure) firm_ = std::move(batch.commit.firm_exposure);

  // Only the newest are shown, so only they are made ready.
  const auto& inputs = batch.commit.inputs;
  const auto first = inputs.size() > kTransactionsMax ? inputs.size() - kTransactionsMax : 0;
  for (auto i = first; i < inputs.size(); ++i) {
    const auto* applied = std::get_if<store::TransactionInput>(&inputs[i].input);
    if (applied == nullptr) continue;
    transactions_.push_back({applied->transaction, inputs[i].apply_seq, applied->notional().to_string(), applied->late,
                             applied->original ? applied->original->input : 0, applied->counted_only});
    if (transactions_.size() > kTransactionsMax) transactions_.pop_front();
  }
  apply_seq_ = batch.apply_seq;
  now_ = batch.now;
  transactions_total_ = batch.transactions_total;
  quarantined_total_ = batch.quarantined_total;
  waiting_ = batch.waiting;
  changed_ = true;
}

void Broadcaster::set_status(EngineStatus status) {
  const std::lock_guard lock(mutex_);
  status_ = std::move(status);
}

void Broadcaster::service(std::chrono::steady_clock::time_point now) {
  const auto since = now - last_update_;
  if (since >= kUpdateInterval && (changed_ || since >= kQuietInterval)) {
    last_update_ = now;
    send_update();
  }
  log_->service();
}

void Broadcaster::send_update() {
  do {
    wire::ExposureUpdate update;
    update.apply_seq = apply_seq_;
    update.now = now_;
    update.clients = take(clients_, kRowsPerUpdate);
    update.symbols = take(symbols_, kRowsPerUpdate);
    if (firm_) update.firm = wire::figures(*std::exchange(firm_, std::nullopt));
    update.transactions.assign(std::make_move_iterator(transactions_.begin()),
                               std::make_move_iterator(transactions_.end()));
    transactions_.clear();
    update.transactions_total = transactions_total_;
    update.quarantined_total = quarantined_total_;
    update.waiting = waiting_;
    {
      const std::lock_guard lock(mutex_);
      update.transactions_per_second = status_.transactions_per_second;
      update.uncommitted_inputs = status_.uncommitted_inputs;
      update.streams = status_.streams;
    }
    log_->append(wire::kExposuresTopic, wire::encode(update));
  } while (!clients_.empty() || !symbols_.empty());
  log_->flush();
  changed_ = false;
}

void Broadcaster::close(std::chrono::milliseconds timeout) {
  log_->close(timeout);
}

}  // namespace risk::risk_engine
