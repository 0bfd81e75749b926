// What goes next of what waits, and what a storm is told in.
#include "alert-notifier/backlog.hpp"

#include <algorithm>

#include "alert-notifier/summary.hpp"
#include "fixture.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::notifier;
using engine::AlertEventType;
using engine::Severity;
using notifier::test::exposure_notification;

namespace {

const log::StreamId kStream{notifier::test::kStream};
const log::StreamId kOther{"00112233445566778899aabbccddeeff"};

Event event(std::uint64_t id, Severity severity = Severity::kHigh, AlertEventType type = AlertEventType::kOpened) {
  Event one{{kStream, 1, id}, exposure_notification(id)};
  one.notification->severity = severity;
  one.notification->event = type;
  one.notification->alert_key = "alert-" + std::to_string(id);
  return one;
}

Event passed(std::uint64_t id) {
  return {{kStream, 1, id}, std::nullopt};
}

// The sequences of a turn, in a backlog that began with 1.
std::vector<std::uint64_t> told(const std::optional<Turn>& turn) {
  std::vector<std::uint64_t> sequences;
  if (turn) {
    for (const auto ticket : turn->events) sequences.push_back(ticket + 1);
  }
  return sequences;
}

std::vector<std::uint64_t> settle(Backlog& backlog) {
  const auto turn = backlog.next();
  for (const auto ticket : told(turn)) backlog.done(ticket - 1);
  return told(turn);
}

std::string fact(const Notification& notification, const std::string& label) {
  for (const auto& candidate : notification.facts) {
    if (candidate.label == label) return candidate.text;
  }
  return "(none)";
}

using Sequences = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("what became CRITICAL goes first, in its order, then the rest in its order") {
  Backlog backlog(20);
  backlog.add(event(1), {});
  backlog.add(event(2, Severity::kCritical), {});
  backlog.add(event(3, Severity::kCritical, AlertEventType::kResolved), {});
  backlog.add(event(4, Severity::kCritical, AlertEventType::kEscalated), {});
  for (const std::uint64_t expected : {2, 4, 1, 3}) CHECK(settle(backlog) == Sequences{expected});
  CHECK(told(backlog.next()).empty());
}

TEST_CASE("more than a few that wait are one turn, of CRITICAL openings and of the rest apart") {
  Backlog backlog(2);
  for (std::uint64_t id = 1; id <= 4; ++id) backlog.add(event(id), {});
  for (std::uint64_t id = 5; id <= 7; ++id) backlog.add(event(id, Severity::kCritical), {});
  CHECK(settle(backlog) == Sequences{5, 6, 7});
  CHECK(settle(backlog) == Sequences{1, 2, 3, 4});
  backlog.add(event(8), {});
  backlog.add(event(9), {});
  CHECK(settle(backlog) == Sequences{8});
  CHECK(settle(backlog) == Sequences{9});
}

TEST_CASE("the rest does not wait for ever while one CRITICAL opening follows the other") {
  Backlog backlog(20);
  for (std::uint64_t id = 1; id <= 30; ++id) backlog.add(event(id), {});
  std::size_t turns = 0;
  for (std::uint64_t id = 31; backlog.waiting() > 0 && turns < 100; ++id, ++turns) {
    if (turns < 20) backlog.add(event(id, Severity::kCritical), {});
    const auto sequences = settle(backlog);
    if (sequences.size() == 30) CHECK(turns == kUrgentInRowMax);
  }
  CHECK(turns == 21);  // the storm is one of them
}

TEST_CASE("so many are told ahead of an earlier one, then the oldest goes first") {
  Backlog backlog(0);
  backlog.add(event(1), {});
  const auto stuck = backlog.next();
  REQUIRE(told(stuck) == Sequences{1});
  for (std::uint64_t id = 2; id <= kAheadMax + 1; ++id) {
    backlog.add(event(id, Severity::kCritical), {});
    settle(backlog);
  }
  backlog.add(event(kAheadMax + 2), {});
  backlog.add(event(kAheadMax + 3, Severity::kCritical), {});
  CHECK(settle(backlog) == Sequences{kAheadMax + 2});
}

TEST_CASE("without a bound nothing is summarised") {
  Backlog backlog(0);
  for (std::uint64_t id = 1; id <= 100; ++id) backlog.add(event(id), {});
  for (std::uint64_t id = 1; id <= 100; ++id) CHECK(settle(backlog) == Sequences{id});
}

TEST_CASE("what was told ahead of others is said to be, until they are told too") {
  Backlog backlog(20);
  backlog.add(event(1), {});
  backlog.add(passed(2), {});
  backlog.add(event(3, Severity::kCritical), {});
  backlog.add(event(4), {});
  backlog.add(event(5, Severity::kCritical), {});
  settle(backlog);
  CHECK(backlog.advance() == std::vector<Progress>{{{kStream, 1, 0}, {3}}});
  settle(backlog);
  CHECK(backlog.advance() == std::vector<Progress>{{{kStream, 1, 0}, {3, 5}}});
  CHECK_FALSE(backlog.can_advance());
  settle(backlog);
  CHECK(backlog.advance() == std::vector<Progress>{{{kStream, 1, 3}, {5}}});
  settle(backlog);
  CHECK(backlog.advance() == std::vector<Progress>{{{kStream, 1, 5}, {}}});
  CHECK(backlog.size() == 0);
}

TEST_CASE("of two streams each has its own progress") {
  Backlog backlog(20);
  Event other = event(7, Severity::kCritical);
  other.position = {kOther, 1, 7};
  backlog.add(event(1), {});
  backlog.add(other, {});
  settle(backlog);
  CHECK(backlog.advance() == std::vector<Progress>{{{kOther, 1, 6}, {7}}});
  settle(backlog);
  CHECK(backlog.advance() == std::vector<Progress>{{{kStream, 1, 1}, {}}, {{kOther, 1, 7}, {}}});
}

TEST_CASE("an event is in one turn at a time, and in its place again when it is given back") {
  Backlog backlog(20);
  backlog.add(event(1), {});
  backlog.add(event(2), {});
  const auto first = backlog.next();
  CHECK(told(backlog.next()) == Sequences{2});
  CHECK_FALSE(backlog.next());
  CHECK(backlog.untold() == 2);
  backlog.put_back(first->events.front());
  CHECK(told(backlog.next()) == Sequences{1});
}

TEST_CASE("what came too long ago is taken out, what came later and what is under way is not") {
  Backlog backlog(20);
  const SteadyTime now{};
  backlog.add(event(1), now);
  backlog.add(event(2), now + std::chrono::seconds(1));
  backlog.add(event(3), now + std::chrono::seconds(2));
  const auto turn = backlog.next();
  CHECK(backlog.take_out(now + std::chrono::seconds(1)) == std::vector<Ticket>{1});
  CHECK(backlog.waiting() == 1);
  backlog.put_back(turn->events.front());
  CHECK(backlog.waiting() == 2);
}

TEST_CASE("a summary names counts by kind and the ten worst alerts that are not over") {
  std::vector<Notification> events;
  for (std::uint64_t id = 1; id <= 1200; ++id) {
    Notification one = *event(id, id <= 3 ? Severity::kCritical : Severity::kHigh).notification;
    one.message = "Alert number " + std::to_string(id);
    one.ratio_e4 = static_cast<std::int64_t>(id);
    events.push_back(one);
  }
  events.push_back(*event(1, Severity::kCritical, AlertEventType::kResolved).notification);
  events.push_back(*event(5, Severity::kHigh, AlertEventType::kWorsened).notification);
  std::vector<const Notification*> all;
  for (const auto& one : events) all.push_back(&one);
  const Notification summary = summarise(all);
  CHECK(summary.message ==
        "1,202 alert events of 1,200 alerts waited for this channel: 1,200 opened, 1 worsened, "
        "1 resolved");
  CHECK(summary.severity == Severity::kCritical);
  CHECK(fact(summary, "Opened") == "3 CRITICAL, 1,197 HIGH");
  CHECK(fact(summary, "Resolved") == "1 CRITICAL");
  CHECK(fact(summary, "Not over") == "1,199 alerts, the worst are");
  // 1 is over; of the same severity the one further above its limit comes first.
  const std::string worst = fact(summary, "Worst");
  CHECK(worst.starts_with("[CRITICAL] Alert number 3\n[CRITICAL] Alert number 2\n[HIGH] Client CLIENT_001"));
  CHECK(std::count(worst.begin(), worst.end(), '\n') == 9);
  CHECK(summary.of == EventRef{});
  CHECK_FALSE(summary.event_key.empty());
}

TEST_CASE("what is sent in place of a refused text holds nothing of it") {
  Notification poison = exposure_notification(34);
  poison.message = "poison";
  poison.what_people = "poison";
  const Notification notice = notice_of(poison);
  CHECK(notice.message == "Alert 12, event 34 (OPENED): this channel does not take its text. It is on the page.");
  CHECK(notice.what_people.empty());
  CHECK(notice.facts.empty());
  CHECK(notice.event_key != poison.event_key);
  const Notification shorter = shortened(poison);
  CHECK(shorter.facts.size() == 1);

  Notification other = exposure_notification(35);
  other.alert_key = "another";
  const Notification summary = summarise({&poison, &other});
  CHECK(fact(summary, "Worst").find("poison") != std::string::npos);
  for (const auto& form : {shortened(summary), notice_of(summary)}) {
    CHECK(form.message.starts_with("2 alert events of 2 alerts waited for this channel: 2 opened"));
    CHECK(fact(form, "Worst") == "(none)");
  }
  CHECK(fact(shortened(summary), "Opened") == "2 CRITICAL");
}
