// What an App does with commands: the answer to each comes when its effect is stored.
#include <utility>

#include "risk-engine/app.hpp"
#include "risk/base/overloaded.hpp"
#include "risk/store/reader.hpp"

namespace risk::risk_engine {

using wire::CommandReply;

void App::serve_requests() {
  for (const auto& request : commands_->take()) carry_out(request);
}

void App::carry_out(const std::shared_ptr<Request>& request) {
  if (const auto* cleanup = std::get_if<wire::Cleanup>(&request->command.command)) {
    return clean_up(request, cleanup->days);
  }
  CommandReply reply = reply_to(request->command);
  if (reply.outcome != CommandReply::Outcome::kDone) {
    request->reply.set_value(std::move(reply));
    return;
  }
  on_stored_.push_back([request, reply = std::move(reply)] { request->reply.set_value(reply); });
}

CommandReply App::reply_to(const wire::Command& command) {
  const auto& actor = command.actor;
  const auto now = system_now();
  try {
    return std::visit(Overloaded{
                          [&](const wire::DecideQuarantined& decide) {
                            return processor_->decide(actor, decide, reader().quarantined(decide.quarantine_id), now);
                          },
                          [&](const wire::WithdrawAdjustment& withdraw) {
                            return processor_->withdraw(actor, withdraw, reader().adjustment(withdraw.adjustment_id),
                                                        now);
                          },
                          [&](const wire::Adjust& adjust) { return processor_->adjust(actor, adjust.adjustment, now); },
                          [&](const auto&) { return processor_->apply(command, now); },
                      },
                      command.command);
  } catch (const store::StoreUnavailable& error) {
    return {CommandReply::Outcome::kUnavailable, error.what(), {}, {}};
  }
}

void App::clean_up(const std::shared_ptr<Request>& request, std::uint32_t days) {
  if (!writer_->idle()) return commands_->put_back(request);  // its turn comes after the batch being written
  processor_->note_cleanup(request->command.actor, days, system_now());
  writing_since_ = std::chrono::steady_clock::now();
  const Timestamp before = Timestamp::from_seconds(system_now().seconds() - days * kSecondsPerDay);
  writer_->run([request, before](store::Store& store) {
    const auto count = store.cleanup(before);
    CommandReply reply;
    reply.cleanup =
        wire::CleanupResult{count.alerts, count.alert_events, count.metrics, count.quarantine, count.deliveries};
    request->reply.set_value(std::move(reply));
  });
}

}  // namespace risk::risk_engine
