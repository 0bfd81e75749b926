#include "alert-notifier/notification.hpp"

#include <algorithm>
#include <limits>

#include "risk/base/decimal.hpp"
#include "risk/base/text.hpp"
#include "risk/base/timestamp.hpp"

namespace risk::notifier {
namespace {

constexpr std::size_t kHeadlineBytesMax = 250;

std::string figure_text(const engine::Figure& figure) {
  switch (figure.unit) {
    case engine::Figure::Unit::kMoney:
      return Notional::from_units(figure.amount).to_text();
    case engine::Figure::Unit::kCount:
      return format_grouped(figure.amount, 0, 0);
    case engine::Figure::Unit::kZScore:
      return "z " + format_rounded(figure.amount, kEdgePlaces, 2);
    case engine::Figure::Unit::kPrice:
      return figure.to_string();
  }
  return figure.to_string();
}

std::int64_t ratio_e4(const engine::AlertEvent& event) {
  if (event.utilisation_e4) return *event.utilisation_e4;
  constexpr Int128 kMost = std::numeric_limits<std::int64_t>::max();
  const Int128 value = std::clamp<Int128>(event.value.amount, 0, kMost);
  const Int128 limit = std::clamp<Int128>(event.limit.amount, 1, kMost);
  return static_cast<std::int64_t>(std::min(value * 10'000 / limit, kMost));
}

std::string people_text(const wire::AlertMessage& message) {
  const std::string by = message.actor ? " by " + display_line(*message.actor) : "";
  switch (message.event.type) {
    case engine::AlertEventType::kAcknowledged:
      return "Acknowledged" + by;
    case engine::AlertEventType::kAssigned:
      return "Assigned" + (message.assigned_to ? " to " + display_line(*message.assigned_to) : "") + by;
    case engine::AlertEventType::kCommented:
      return "Commented" + by;
    case engine::AlertEventType::kSilenced:
      return "Silenced" + by;
    default:
      return "";
  }
}

std::string contributors_text(const std::vector<engine::Contributor>& contributors) {
  std::string text;
  for (const auto& contributor : contributors) {
    text += (text.empty() ? "" : "\n") + display_line(contributor.id) + "  " + contributor.value.to_text();
  }
  return text;
}

std::string anomaly_text(const engine::AnomalyEvidence& anomaly) {
  return anomaly.notional.to_text() + " against " + std::to_string(anomaly.sample_count) + " before it: mean " +
         anomaly.mean.to_text() + ", standard deviation " + anomaly.standard_deviation.to_text();
}

}  // namespace

Notification describe(const wire::AlertMessage& message, std::string_view stream, std::uint64_t epoch) {
  const engine::AlertEvent& event = message.event;
  const std::string journal = std::to_string(epoch) + "." + std::string(stream);

  Notification notification;
  notification.of = {std::string(stream), message.event_id, event.alert_id};
  notification.ratio_e4 = ratio_e4(event);
  notification.event_key = "event-" + std::to_string(message.event_id) + "." + journal;
  notification.alert_key = "alert-" + std::to_string(event.alert_id) + "." + journal;
  notification.severity = event.severity;
  notification.event = event.type;
  notification.message = display_line(message.message);
  notification.what_people = people_text(message);

  const auto add = [&notification](std::string label, std::string text) {
    if (!text.empty()) notification.facts.push_back({std::move(label), std::move(text)});
  };
  const bool is_comment =
      event.type == engine::AlertEventType::kCommented || event.type == engine::AlertEventType::kAcknowledged;
  if (is_comment && message.comment) add("Comment", display_prose(*message.comment));
  add("Severity", std::string(to_string(event.severity)));
  add("Event", std::string(to_string(event.type)));
  add("Entity", event.entity_id.empty()
                    ? std::string(to_string(event.entity_type))
                    : std::string(to_string(event.entity_type)) + " " + display_line(event.entity_id));
  add("Type", std::string(to_string(event.alert_type)));
  if (event.measure) add("Measure", std::string(to_string(*event.measure)));
  add("Value", figure_text(event.value));
  add("Limit", figure_text(event.limit));
  if (event.utilisation_e4) add("Utilisation", format_rounded(*event.utilisation_e4, 2, 1) + "%");
  add("Peak", figure_text(event.peak));
  if (event.window_seconds != 0) add("Window", std::to_string(event.window_seconds) + " s");
  add("Time", format_timestamp(event.at));
  if (event.at != message.opened_at) add("Opened", format_timestamp(message.opened_at));
  if (event.transaction_id) add("Transaction", display_line(*event.transaction_id));
  if (message.acknowledged_by) add("Acknowledged by", display_line(*message.acknowledged_by));
  if (message.assigned_to) add("Assigned to", display_line(*message.assigned_to));
  add("Alert", std::to_string(event.alert_id) + ", event " + std::to_string(message.event_id) + ", rules version " +
                   std::to_string(event.config_version));
  if (event.anomaly) add("Evidence", anomaly_text(*event.anomaly));
  add("Largest contributors", contributors_text(event.contributors));
  return notification;
}

std::string headline(const Notification& notification) {
  const std::string people = notification.what_people.empty() ? "" : notification.what_people + ": ";
  return printable("[" + std::string(to_string(notification.severity)) + "] " + people + notification.message,
                   kHeadlineBytesMax);
}

}  // namespace risk::notifier
