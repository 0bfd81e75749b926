// The stages that decide: who is told, when to try again.
#include <algorithm>

#include "alert-notifier/channels/mail.hpp"
#include "alert-notifier/channels/slack.hpp"
#include "alert-notifier/filter.hpp"
#include "alert-notifier/retry.hpp"
#include "fixture.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace risk;
using namespace risk::notifier;

namespace {

const Outcome kDown{Outcome::Kind::kTryAgain, "connection refused", {}};

}  // namespace

TEST_CASE("people are not told of events nobody asked for") {
  engine::AlertEvent event = notifier::test::exposure_alert().event;
  CHECK(!reason_to_skip(event, Filter{}));
  event.type = engine::AlertEventType::kCommented;
  CHECK(reason_to_skip(event, Filter{}) == "event COMMENTED is not asked for");
  Filter all;
  all.events.insert(engine::AlertEventType::kCommented);
  CHECK(!reason_to_skip(event, all));
}

TEST_CASE("an alert at the minimum severity is told, one below is not") {
  engine::AlertEvent event = notifier::test::exposure_alert().event;
  Filter filter;
  filter.minimum_severity = engine::Severity::kHigh;
  event.severity = engine::Severity::kHigh;
  CHECK(!reason_to_skip(event, filter));
  event.severity = engine::Severity::kMedium;
  CHECK(reason_to_skip(event, filter) == "severity MEDIUM is below HIGH");
}

TEST_CASE("waits double from the first to the longest and jitter stays in their upper half") {
  const RetryPolicy policy;
  const auto wait = [&](unsigned attempts, double jitter) { return retry_wait(policy, kDown, attempts, jitter); };
  CHECK(wait(1, 0) == 500ms);
  CHECK(wait(1, 0.999999) == 1000ms);
  CHECK(wait(2, 0) == 1000ms);
  CHECK(wait(6, 0.999999) == 32s);
  CHECK(wait(7, 0.999999) == 60s);
  CHECK(wait(4'000'000'000U, 0) == 30s);
}

TEST_CASE("what the peer wishes counts when it is longer than the wait, up to five minutes") {
  Outcome outcome = kDown;
  outcome.wait_wanted = 20s;
  CHECK(retry_wait({}, outcome, 1, 0) == 20s);
  CHECK(retry_wait({}, outcome, 9, 0) == 30s);
  outcome.wait_wanted = 5min;
  CHECK(retry_wait({}, outcome, 1, 0) == 5min);
  outcome.wait_wanted = std::chrono::hours(1);
  CHECK(retry_wait({}, outcome, 1, 0) == 5min);
}

TEST_CASE("a notification carries the engine's sentence verbatim and the evidence") {
  const Notification notification = notifier::test::exposure_notification();
  CHECK(notification.message == "Client CLIENT_001 gross exposure $1,250,000.00 exceeds limit $1,000,000.00 (125.0%)");
  CHECK(headline(notification) == "[CRITICAL] " + notification.message);
  const auto fact = [&](const std::string& label) {
    for (const auto& candidate : notification.facts) {
      if (candidate.label == label) return candidate.text;
    }
    return std::string("(none)");
  };
  CHECK(fact("Entity") == "CLIENT CLIENT_001");
  CHECK(fact("Value") == "1,250,000.00");
  CHECK(fact("Limit") == "1,000,000.00");
  CHECK(fact("Utilisation") == "125.0%");
  CHECK(fact("Time") == "2024-09-20T08:36:00.000000Z");
  CHECK(fact("Transaction") == "TX-77");
  CHECK(fact("Largest contributors") == "AAPL  750,000.00\nMSFT  500,000.00");
  CHECK(fact("Comment") == "(none)");
}

TEST_CASE("an acknowledgement says who did it and what they wrote") {
  wire::AlertMessage message = notifier::test::exposure_alert();
  message.event.type = engine::AlertEventType::kAcknowledged;
  message.actor = "anna";
  message.comment = "hedged";
  const Notification notification = describe(message, notifier::test::kStream, 1);
  CHECK(notification.what_people == "Acknowledged by anna");
  CHECK(headline(notification) == "[CRITICAL] Acknowledged by anna: " + message.message);
  CHECK(notification.facts.front() == Fact{"Comment", "hedged"});
}

TEST_CASE("an anomaly shows what it was judged against") {
  wire::AlertMessage message = notifier::test::exposure_alert();
  message.event.alert_type = engine::AlertType::kAnomalyDetected;
  message.event.measure.reset();
  message.event.value = {engine::Figure::Unit::kZScore, 52'100};
  message.event.anomaly =
      engine::AnomalyEvidence{Notional::of(Money::from_whole(90'000)), Notional::of(Money::from_whole(10'000)),
                              Notional::of(Money::from_whole(2'000)), 100};
  const Notification notification = describe(message, notifier::test::kStream, 1);
  const auto& facts = notification.facts;
  CHECK(std::find(facts.begin(), facts.end(), Fact{"Value", "z 5.21"}) != facts.end());
  CHECK(std::find(facts.begin(), facts.end(),
                  Fact{"Evidence", "90,000.00 against 100 before it: mean 10,000.00, standard deviation 2,000.00"}) !=
        facts.end());
}

TEST_CASE("what would pass for something else reaches people escaped, in the log, mail and Slack") {
  wire::AlertMessage message = notifier::test::exposure_alert();
  message.event.type = engine::AlertEventType::kAcknowledged;
  message.event.entity_id = "ACME\u202e";
  message.event.transaction_id = "T\u200b1 ";
  message.event.contributors = {{"AAPL ", Notional::from_units(1)}};
  message.message = "Client ACME\u202e  exceeds";
  message.actor = "an\u2066na";
  message.acknowledged_by = "an\u2066na";
  message.comment = "two\nlines\u009b";
  const Notification told = describe(message, "00", 1);
  CHECK(told.message == "Client ACME\\u{202e}\\u{20} exceeds");
  CHECK(told.what_people == "Acknowledged by an\\u{2066}na");
  const auto fact = [&told](const std::string& label) {
    for (const auto& one : told.facts) {
      if (one.label == label) return one.text;
    }
    return std::string("missing");
  };
  CHECK(fact("Comment") == "two\nlines\\u{9b}");
  CHECK(fact("Entity") == "CLIENT ACME\\u{202e}");
  CHECK(fact("Transaction") == "T\\u{200b}1\\u{20}");
  CHECK(fact("Acknowledged by") == "an\\u{2066}na");
  CHECK(fact("Largest contributors").rfind("AAPL\\u{20}  ", 0) == 0);
  for (const auto& text : {headline(told), mail_text(told), slack_payload(told)}) {
    for (const char* hidden : {"\u202e", "\u200b", "\u2066", "\u009b"}) CHECK(text.find(hidden) == std::string::npos);
  }
}
