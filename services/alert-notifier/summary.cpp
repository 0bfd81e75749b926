#include "alert-notifier/summary.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "risk/base/check.hpp"
#include "risk/base/decimal.hpp"
#include "risk/base/id.hpp"

namespace risk::notifier {
namespace {

using engine::AlertEventType;
using engine::Severity;

constexpr std::size_t kShortBytesMax = 300;
constexpr std::size_t kLineBytesMax = 200;
constexpr char kWorst[] = "Worst";

std::string count_text(std::size_t count) {
  return format_grouped(static_cast<Int128>(count), 0, 0);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

// "3 CRITICAL, 12 HIGH", the worst first.
std::string severities_text(const std::map<Severity, std::size_t>& counts) {
  std::string text;
  for (auto count = counts.rbegin(); count != counts.rend(); ++count) {
    text += (text.empty() ? "" : ", ") + count_text(count->second) + " " + std::string(to_string(count->first));
  }
  return text;
}

struct Counts {
  std::map<AlertEventType, std::map<Severity, std::size_t>> by_event;
  std::map<std::string_view, const Notification*> last;  // of each alert, by its key

  explicit Counts(const std::vector<const Notification*>& events) {
    for (const auto* event : events) {
      ++by_event[event->event][event->severity];
      last[event->alert_key] = event;
    }
  }
};

// Of the alerts that are not over, in the order in which a person should look at them.
std::vector<const Notification*> worst_first(const Counts& counts) {
  std::vector<const Notification*> open;
  for (const auto& [key, event] : counts.last) {
    if (event->event != AlertEventType::kResolved) open.push_back(event);
  }
  std::sort(open.begin(), open.end(), [](const Notification* a, const Notification* b) {
    return std::tuple(b->severity, b->ratio_e4, a->of.event_id) < std::tuple(a->severity, a->ratio_e4, b->of.event_id);
  });
  return open;
}

std::string worst_text(const std::vector<const Notification*>& open) {
  std::string text;
  for (std::size_t i = 0; i < std::min(open.size(), kWorstMax); ++i) {
    text += (text.empty() ? "" : "\n") + printable(headline(*open[i]), kLineBytesMax);
  }
  return text;
}

}  // namespace

Notification summarise(const std::vector<const Notification*>& events) {
  RISK_CHECK(!events.empty());
  const Counts counts(events);
  const auto open = worst_first(counts);
  std::string what;
  for (const auto& [event, severities] : counts.by_event) {
    std::size_t count = 0;
    for (const auto& [severity, of_severity] : severities) count += of_severity;
    what += (what.empty() ? "" : ", ") + count_text(count) + " " + lower_case(to_string(event));
  }

  Notification summary;
  summary.event_key = "summary-" + std::to_string(events.size()) + "-" + events.front()->event_key;
  summary.alert_key = summary.event_key;
  for (const auto* event : open.empty() ? events : open) summary.severity = std::max(summary.severity, event->severity);
  summary.event = open.empty() ? AlertEventType::kResolved : AlertEventType::kOpened;
  summary.message = count_text(events.size()) + " alert events of " + count_text(counts.last.size()) +
                    (counts.last.size() == 1 ? " alert" : " alerts") + " waited for this channel: " + what;
  for (const auto& [event, severities] : counts.by_event) {
    const std::string_view name = to_string(event);
    summary.facts.push_back({std::string(name.substr(0, 1)) + lower_case(name.substr(1)), severities_text(severities)});
  }
  if (!open.empty()) {
    summary.facts.push_back({"Not over", count_text(open.size()) + (open.size() == 1 ? " alert" : " alerts") +
                                             (open.size() > kWorstMax ? ", the worst are" : "")});
    summary.facts.push_back({kWorst, worst_text(open)});
  }
  return summary;
}

Notification shortened(const Notification& notification) {
  Notification shorter = notification;
  if (notification.is_summary()) {  // its counts are numbers and words of ours; the worst hold texts of others
    std::erase_if(shorter.facts, [](const Fact& fact) { return fact.label == kWorst; });
    return shorter;
  }
  shorter.message = printable(notification.message, kShortBytesMax);
  shorter.what_people = printable(notification.what_people, kShortBytesMax);
  shorter.facts = {{"Shortened", "this channel did not take the whole of it; the page has it"}};
  return shorter;
}

Notification notice_of(const Notification& notification) {
  Notification notice = notification;
  notice.message = notification.is_summary()
                       ? notification.message + ". This channel does not take the rest; it is on the page."
                       : "Alert " + std::to_string(notification.of.alert_id) + ", event " +
                             std::to_string(notification.of.event_id) + " (" +
                             std::string(to_string(notification.event)) +
                             "): this channel does not take its text. It is on the page.";
  notice.event_key = "notice-" + notification.event_key;
  notice.what_people.clear();
  notice.facts.clear();
  return notice;
}

}  // namespace risk::notifier
