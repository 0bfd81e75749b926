#include "alert-notifier/backlog.hpp"

#include <algorithm>

#include "alert-notifier/summary.hpp"
#include "risk/base/check.hpp"

namespace risk::notifier {

void Backlog::add(Event event, SteadyTime now) {
  if (event.notification) {
    entries_.push_back({std::move(event), now, State::kWaiting});
    ++waiting_like(entries_.back());
    return;
  }
  // Of events in a row that nobody is told of, the last one's turn is the turn of all.
  const bool joins_last = !entries_.empty() && entries_.back().state == State::kPassed &&
                          entries_.back().event.position.stream == event.position.stream;
  if (joins_last) entries_.pop_back();
  entries_.push_back({std::move(event), now, State::kPassed});
}

std::optional<Turn> Backlog::next() {
  if (waiting() == 0) return std::nullopt;
  const bool urgent = urgent_ > 0;
  const std::size_t count = urgent ? urgent_ : rest_;
  return turn_of(urgent, summary_above_ > 0 && count > summary_above_);
}

// The oldest of its kind that waits, or all of them.
Turn Backlog::turn_of(bool urgent, bool all) {
  Turn turn;
  std::vector<const Notification*> told;
  for (std::size_t i = 0; i < entries_.size() && (all || turn.events.empty()); ++i) {
    Entry& entry = entries_[i];
    if (entry.state != State::kWaiting || entry.event.notification->is_urgent() != urgent) continue;
    if (turn.events.empty()) turn.since = entry.since;
    turn.events.push_back(first_ + i);
    told.push_back(&*entry.event.notification);
    entry.state = State::kTaken;
    --waiting_like(entry);
  }
  turn.message = turn.is_summary() ? summarise(told) : *told.front();
  return turn;
}

void Backlog::done(Ticket event) {
  Entry& entry = at(event);
  RISK_CHECK(entry.state == State::kTaken);
  entry.state = State::kTold;
  ++told_;
  told_more_ = true;
}

void Backlog::put_back(Ticket event) {
  Entry& entry = at(event);
  RISK_CHECK(entry.state == State::kTaken);
  entry.state = State::kWaiting;
  ++waiting_like(entry);
}

std::vector<Ticket> Backlog::take_out(SteadyTime oldest) {
  std::vector<Ticket> taken;
  for (std::size_t i = 0; i < entries_.size() && entries_[i].since <= oldest; ++i) {
    if (entries_[i].state != State::kWaiting) continue;
    entries_[i].state = State::kTaken;
    --waiting_like(entries_[i]);
    taken.push_back(first_ + i);
  }
  return taken;
}

const Notification& Backlog::notification(Ticket event) const {
  return *at(event).event.notification;
}

std::size_t Backlog::untold() const {
  const auto done = std::count_if(entries_.begin(), entries_.end(), is_done);
  return entries_.size() - static_cast<std::size_t>(done);
}

std::vector<Progress> Backlog::advance() {
  std::vector<Progress> progress;
  while (!entries_.empty() && is_done(entries_.front())) {
    const Position& position = entries_.front().event.position;
    std::erase_if(progress, [&](const Progress& other) { return other.position.stream == position.stream; });
    progress.push_back({position, {}});
    if (entries_.front().state == State::kTold) --told_;
    entries_.pop_front();
    ++first_;
  }
  if (told_ > 0 && (told_more_ || !progress.empty())) add_ahead(progress);
  told_more_ = false;
  return progress;
}

void Backlog::add_ahead(std::vector<Progress>& progress) const {
  const auto moved = static_cast<std::ptrdiff_t>(progress.size());
  for (const auto& entry : entries_) {
    const Position& position = entry.event.position;
    auto of_stream = std::find_if(progress.begin(), progress.end(),
                                  [&](const Progress& other) { return other.position.stream == position.stream; });
    if (of_stream == progress.end()) {  // of a stream that did not move, all before its first event here is done
      of_stream = progress.insert(progress.end(), {{position.stream, position.epoch, position.sequence - 1}, {}});
    }
    if (entry.state == State::kTold && of_stream->position.epoch == position.epoch) {
      of_stream->ahead.push_back(position.sequence);
    }
  }
  const auto unchanged = [](const Progress& other) { return other.ahead.empty(); };
  progress.erase(std::remove_if(progress.begin() + moved, progress.end(), unchanged), progress.end());
}

}  // namespace risk::notifier
