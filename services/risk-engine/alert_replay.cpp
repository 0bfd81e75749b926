#include "risk-engine/alert_replay.hpp"

#include <algorithm>

namespace risk::risk_engine {
namespace {

constexpr std::uint32_t kEventsPerRead = 500;
constexpr std::uint64_t kRecordsPerRun = 5'000;

void append_record(std::string& records, std::string_view payload) {
  const auto length = static_cast<std::uint32_t>(payload.size());
  for (int shift = 0; shift < 32; shift += 8) records += static_cast<char>(length >> shift & 0xff);
  records += payload;
}

// The database's troubles are the bus's: the subscriber asks again later.
template <class Action>
auto tell_bus(std::unique_ptr<store::Reader>& reader, const Action& action) {
  try {
    return action();
  } catch (const store::StoreError& error) {
    reader.reset();
    throw bus::BusError(error.what());
  }
}

}  // namespace

store::Reader& AlertReplay::reader() {
  if (!reader_) reader_ = store::open_reader(database_);
  return *reader_;
}

bus::Extent AlertReplay::extent(std::uint64_t epoch) {
  return tell_bus(reader_, [&]() -> bus::Extent {
    if (epoch != 1) return {1, 0, epoch < 1};
    for (const auto& cursor : reader().cursors()) {
      if (cursor.stream_id != store::kAlertsCursor) continue;
      return {reader().first_alert_event_id().value_or(cursor.sequence + 1), cursor.sequence, false};
    }
    return {};
  });
}

void AlertReplay::read(std::uint64_t epoch, std::uint64_t from, std::size_t bytes_max,
                       const std::function<void(const bus::Run&)>& take) {
  const auto end = extent(epoch).last;
  tell_bus(reader_, [&] {
    for (std::size_t bytes = 0; from <= end && bytes < bytes_max;) {
      const auto events = reader().alert_events_after(from - 1, kEventsPerRead);
      // Up to the last that was read; past the last that is left there are only deleted ones.
      const auto read_to = events.size() < kEventsPerRead ? end : events.back().event_id;
      const auto last = std::min({read_to, end, from + kRecordsPerRun - 1});
      std::string records;
      auto event = events.begin();
      for (auto id = from; id <= last; ++id) {
        const bool is_left = event != events.end() && event->event_id == id;
        append_record(records, is_left ? std::string_view(event->payload) : "");
        if (is_left) ++event;
      }
      take({from, static_cast<std::uint32_t>(last - from + 1), records});
      bytes += records.size();
      from = last + 1;
    }
  });
}

}  // namespace risk::risk_engine
