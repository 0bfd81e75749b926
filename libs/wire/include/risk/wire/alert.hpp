// Records of the stream "alerts" (proto/risk/v1/alert.proto).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "risk/base/result.hpp"
#include "risk/engine/types.hpp"

namespace risk::wire {

inline constexpr char kAlertsTopic[] = "alerts";

// A change of an alert as it is published: what the core says, and what people did.
struct AlertMessage {
  std::uint64_t event_id = 0;  // the record's sequence
  engine::AlertEvent event;    // figures and evidence; type, at and transaction_id are the event's
  engine::AlertStatus status = engine::AlertStatus::kOpen;  // after the event
  Timestamp opened_at;                                      // of the alert
  std::string message;                                      // the sentence a person reads
  std::optional<std::string> actor;                         // who acknowledged, assigned or commented
  std::optional<std::string> comment;                       // the comment, or whom it was assigned to
  std::optional<std::string> acknowledged_by;
  std::optional<Timestamp> acknowledged_at;
  std::optional<std::string> assigned_to;

  friend bool operator==(const AlertMessage&, const AlertMessage&) = default;
};

std::string encode(const AlertMessage& message);

// Errors name the field: "not an AlertEvent", "severity 9: not one of LOW, MEDIUM, HIGH, CRITICAL".
Result<AlertMessage> decode_alert(std::string_view payload);

}  // namespace risk::wire
