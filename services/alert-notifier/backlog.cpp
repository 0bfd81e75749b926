#include "alert-notifier/backlog.hpp"

#include <algorithm>

#include "alert-notifier/summary.hpp"
#include "risk/base/check.hpp"

namespace risk::notifier {

void Backlog::add(Event event, SteadyTime now) {
  if (event.notification) {
    entries_.push_back({std::move(event), now, State::kWaiting});
    waiting_like(entries_.back()).insert(first_ + entries_.size() - 1);
    return;
  }
  // Of events in a row that nobody is told of, the last one's turn is the turn of all.
  const bool joins_last = !entries_.empty() && entries_.back().state == State::kPassed &&
                          entries_.back().event.position.stream() == event.position.stream();
  if (joins_last) entries_.pop_back();
  entries_.push_back({std::move(event), now, State::kPassed});
}

std::optional<Turn> Backlog::next() {
  if (waiting() == 0) return std::nullopt;
  const auto& kind = is_urgent_next() ? urgent_ : rest_;
  const bool all = summary_above_ > 0 && kind.size() > summary_above_;
  return turn_of(all ? std::vector(kind.begin(), kind.end()) : std::vector{*kind.begin()});
}

bool Backlog::is_urgent_next() const {
  if (urgent_.empty() || rest_.empty()) return !urgent_.empty();
  if (told_.size() >= kAheadMax) return *urgent_.begin() < *rest_.begin();
  return urgent_in_row_ < kUrgentInRowMax;
}

Turn Backlog::turn_of(const std::vector<Ticket>& events) {
  Turn turn{events, {}, at(events.front()).since};
  std::vector<const Notification*> told;
  for (const auto event : events) {
    Entry& entry = at(event);
    entry.state = State::kTaken;
    waiting_like(entry).erase(event);
    told.push_back(&*entry.event.notification);
  }
  turn.message = turn.is_summary() ? summarise(told) : *told.front();
  return turn;
}

void Backlog::done(Ticket event) {
  Entry& entry = at(event);
  RISK_CHECK(entry.state == State::kTaken);
  entry.state = State::kTold;
  urgent_in_row_ = entry.event.notification->is_urgent() ? urgent_in_row_ + 1 : 0;
  told_.insert(event);
  told_more_ = true;
}

void Backlog::put_back(Ticket event) {
  Entry& entry = at(event);
  RISK_CHECK(entry.state == State::kTaken);
  entry.state = State::kWaiting;
  waiting_like(entry).insert(event);
}

std::vector<Ticket> Backlog::take_out(SteadyTime oldest) {
  std::vector<Ticket> taken;
  for (std::size_t i = 0; i < entries_.size() && entries_[i].since <= oldest; ++i) {
    if (entries_[i].state != State::kWaiting) continue;
    entries_[i].state = State::kTaken;
    waiting_like(entries_[i]).erase(first_ + i);
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
    const log::Position& position = entries_.front().event.position;
    std::erase_if(progress, [&](const Progress& other) { return other.position.stream() == position.stream(); });
    progress.push_back({position, {}});
    told_.erase(first_);
    entries_.pop_front();
    ++first_;
  }
  if (told_more_ || !progress.empty()) add_ahead(progress);
  told_more_ = false;
  return progress;
}

void Backlog::add_ahead(std::vector<Progress>& progress) const {
  for (const auto event : told_) {
    const log::Position& position = at(event).event.position;
    auto of_stream = std::find_if(progress.begin(), progress.end(),
                                  [&](const Progress& other) { return other.position.stream() == position.stream(); });
    if (of_stream == progress.end()) {
      of_stream = progress.insert(progress.end(), {before_first_of(position.stream()), {}});
    }
    const auto& [stream, epoch, sequence, hash] = position.fields();
    if (of_stream->position.fields().epoch == epoch) of_stream->ahead.push_back(sequence);
  }
}

// Of a stream that did not move everything before its first event here is done. Precondition: it has one.
log::Position Backlog::before_first_of(const log::StreamId& stream) const {
  const auto first = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.event.position.stream() == stream; });
  return first->event.position.previous();
}

}  // namespace risk::notifier
