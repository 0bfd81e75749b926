#include "risk-engine/alert_replay.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace risk::risk_engine {
namespace {

constexpr std::uint32_t kEventsPerRead = 500;
constexpr std::uint64_t kRecordsPerRun = 5'000;
constexpr std::size_t kRecordBytes = 4;  // that a record takes beside its payload, as any log has to say its length

// The database's troubles are the log's: the reader asks again later.
template <class Action>
auto tell_log(std::unique_ptr<store::Reader>& reader, const Action& action) {
  try {
    return action();
  } catch (const store::StoreError& error) {
    reader.reset();
    throw log::LogError(error.what());
  }
}

}  // namespace

store::Reader& AlertReplay::reader() {
  if (!reader_) reader_ = store::open_reader(database_);
  return *reader_;
}

log::History::Kept AlertReplay::kept() {
  return tell_log(reader_, [&]() -> Kept {
    for (const auto& cursor : reader().cursors()) {
      if (cursor.stream_id != store::kAlertsCursor) continue;
      return {reader().first_alert_event_id().value_or(cursor.sequence + 1), cursor.sequence};
    }
    return {};
  });
}

void AlertReplay::read(std::uint64_t from, std::size_t bytes_max, const Take& take) {
  const auto end = kept().last;
  tell_log(reader_, [&] {
    for (std::size_t bytes = 0; from <= end && bytes < bytes_max;) {
      const auto events = reader().alert_events_after(from - 1, kEventsPerRead);
      // Up to the last that was read; past the last that is left there are only deleted ones.
      const auto read_to = events.size() < kEventsPerRead ? end : events.back().event_id;
      const auto last = std::min({read_to, end, from + kRecordsPerRun - 1});
      std::vector<std::string_view> payloads;
      auto event = events.begin();
      for (auto id = from; id <= last; ++id) {
        const bool is_left = event != events.end() && event->event_id == id;
        payloads.push_back(is_left ? std::string_view(event->payload) : "");
        bytes += kRecordBytes + payloads.back().size();
        if (is_left) ++event;
      }
      take(from, payloads);
      from = last + 1;
    }
  });
}

}  // namespace risk::risk_engine
