// The alerts that are open, as the desk sees them: what the core announces, and who acknowledged, was assigned or
// commented. Turns each change into rows for the store and a record for the log.
//
// Invariants
//   1. event_id rises by one with every change, in the order in which the changes happened.
//   2. A change is either refused, with nothing changed, or wholly in the next take().
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "risk/store/rows.hpp"
#include "risk/wire/control.hpp"

namespace risk::risk_engine {

class AlertRegister {
 public:
  // Goes on from what is stored: the open alerts and the last event given out.
  AlertRegister(std::string base_currency, std::vector<store::AlertRow> open, std::uint64_t last_event_id);

  void announce(const engine::AlertEvent& event);

  // Alerts up to this one have been opened: tells an alert that is resolved from one that never was.
  void set_last_alert_id(std::uint64_t last_alert_id) { last_alert_id_ = last_alert_id; }
  void set_base_currency(std::string base_currency) { base_currency_ = std::move(base_currency); }

  // A person's action at `at` (wall clock). The reply carries the event, or why there is none.
  wire::CommandReply apply(const std::string& actor, const wire::AcknowledgeAlert& command, Timestamp at);
  wire::CommandReply apply(const std::string& actor, const wire::AssignAlert& command, Timestamp at);
  wire::CommandReply apply(const std::string& actor, const wire::CommentAlert& command, Timestamp at);

  // What has changed since the last call: each alert once, each event.
  struct Changes {
    std::vector<store::AlertRow> alerts;
    std::vector<store::AlertEventRow> events;
    std::vector<store::CommandRow> commands;
  };
  Changes take();

  bool has_changes() const { return !changes_.events.empty(); }
  std::uint64_t last_event_id() const { return last_event_id_; }
  std::size_t open_count() const { return open_.size(); }

 private:
  struct Action {
    engine::AlertEventType type;
    std::string command;  // of the audit trail
    const std::string& actor;
    std::string comment;
    std::string old_value;
    std::string new_value;
    Timestamp at;
  };
  // The open alert, or the reply that says why not.
  store::AlertRow* find(std::uint64_t alert_id, wire::CommandReply& reply);
  wire::CommandReply act(store::AlertRow& alert, const Action& action);
  wire::AlertMessage record(const store::AlertRow& alert, const engine::AlertEvent& event, std::string message,
                            const Action* action);

  std::string base_currency_;
  std::map<std::uint64_t, store::AlertRow> open_;
  std::uint64_t last_event_id_;
  std::uint64_t last_alert_id_ = 0;
  std::map<std::uint64_t, store::AlertRow> changed_;
  Changes changes_;  // alerts are in changed_ until taken
};

}  // namespace risk::risk_engine
