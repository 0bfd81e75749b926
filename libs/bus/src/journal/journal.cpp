#include "risk/bus/journal.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <utility>

#include "journal/file.hpp"
#include "journal/reserve.hpp"
#include "journal/segment.hpp"
#include "journal/stream_file.hpp"
#include "risk/base/check.hpp"
#include "risk/base/os.hpp"

namespace risk::bus {
namespace {

constexpr std::uint64_t kSegmentBytesMax = std::uint64_t{64} << 20;
constexpr std::uint64_t kSegmentsPerBudget = 8;  // so that trimming gives room before the budget is spent
constexpr std::size_t kPositionsMax = 64;

}  // namespace

class Journal::Impl {
 public:
  explicit Impl(JournalOptions given) : options(std::move(given)) {
    std::error_code error;
    std::filesystem::create_directories(options.directory, error);
    if (error) throw JournalError("cannot make the journal's folder " + options.directory + ": " + error.message());
    lock_folder();
    const auto paths = segment_paths();
    open_stream(paths);
    open_segments(paths);
    if (options.reset && !lost_tail) next_epoch();
    if (segments.empty() || segments.back()->header().epoch != epoch) last = 0;
    durable = last;
    reserve.emplace(options.directory);
  }

  // --- opening

  void lock_folder() {
    lock.emplace(options.directory + "/lock", 0600, FileLock::Kind::kFlock);
    const auto attempt = lock->try_lock();
    if (attempt.problem) throw_problem(*attempt.problem);
    if (attempt.is_locked) return;
    throw JournalError("the journal " + options.directory + " is in use by another process");
  }

  std::vector<std::string> segment_paths() const {
    std::vector<std::string> paths;
    for (const auto& file : std::filesystem::directory_iterator(options.directory)) {
      if (file.path().extension() == ".segment") paths.push_back(file.path().string());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  void open_stream(const std::vector<std::string>& paths) {
    const auto found = read_stream_file(options.directory);
    if (found && *found) return know_stream(**found);
    if (!found && paths.empty()) return begin_stream();
    const auto why = found ? found->error().reason
                           : "the journal " + options.directory + " has segments, but its file `stream` is missing";
    if (!options.reset) throw JournalError(why);
    notes.push_back(why);
    if (!recall_stream(paths)) begin_stream();
  }

  void know_stream(const StreamFile& file) {
    key = file.stream;
    id = to_stream_id(key);
    epoch = file.epoch;
  }

  // For a reset: each segment's header says too which stream it is of. False: none can be read.
  bool recall_stream(const std::vector<std::string>& paths) {
    StreamFile recalled;
    const auto newest = std::find_if(paths.rbegin(), paths.rend(), [&](const std::string& path) {
      try {
        recalled.stream = Segment::open(path)->header().stream;
        return true;
      } catch (const JournalError&) {  // told when it is removed
        return false;
      }
    });
    if (newest == paths.rend()) return false;
    // Of segments that cannot be read the name still says that their epoch is used up.
    for (const auto& path : paths) recalled.epoch = std::max(recalled.epoch, Segment::epoch_of_name(path));
    know_stream(recalled);
    notes.push_back("by " + *newest + " it is stream " + id.text);
    return true;
  }

  void begin_stream() {
    know_stream({*parse_stream_id(make_stream_id().text), 1});
    write_stream_file(options.directory, {key, epoch});
  }

  void open_segments(const std::vector<std::string>& paths) {
    for (const auto& path : paths) {
      try {
        auto segment = open_next(path, path == paths.back());
        if (segment) segments.push_back(std::move(segment));
      } catch (const JournalError& error) {
        if (!options.reset) throw;
        return keep_prefix(paths, path, error.what());
      }
    }
    if (!segments.empty()) open_last();
  }

  // Nothing: a last segment without a record, whose making was cut short.
  std::shared_ptr<Segment> open_next(const std::string& path, bool is_last) {
    if (is_last && std::filesystem::file_size(path) < kSegmentHeaderBytes) {
      notes.push_back("removed " + path + ", which was never filled");
      remove(path);
      return nullptr;
    }
    std::shared_ptr<Segment> segment = Segment::open(path);
    const auto& header = segment->header();
    if (header.stream != key) segment->refuse(8, "of another stream, " + to_stream_id(header.stream).text);
    if (std::filesystem::path(path).filename() != Segment::file_name(header.epoch, header.first)) {
      segment->refuse(24, "its name is not that of epoch " + std::to_string(header.epoch) + ", record " +
                              std::to_string(header.first));
    }
    if (header.epoch > epoch) segment->refuse(24, "of epoch " + std::to_string(header.epoch) + ", still to come");
    if (segments.empty()) return segment;
    const auto& before = *segments.back();
    if (header.epoch == before.header().epoch && before.file_bytes() != header.previous_bytes) {
      before.refuse(before.file_bytes(), "the segment was " + std::to_string(header.previous_bytes) + " bytes long");
    }
    return segment;
  }

  // The last segment is read whole: it tells where the stream stands, and what its end is like.
  void open_last() {
    auto& segment = *segments.back();
    Segment::Position position;
    const auto file_bytes = segment.end();
    const auto damage = segment.scan(position, file_bytes, [](const Run&) { return true; });
    last = position.next - 1;
    if (!damage && position.offset >= segment.synced()) return;
    const bool was_synced = position.offset < segment.synced();
    // Never synced, or cut short: what stands before is whole. Damage in what was synced and is still there is another
    // matter, and not passed over.
    const bool was_cut = file_bytes < segment.synced() && (!damage || damage->torn);
    if (was_synced && !was_cut && !options.reset) segment.refuse(damage->offset, damage->what);
    notes.push_back(at_byte(segment.path(), position.offset, damage ? damage->what : "the file ends") + "; " +
                    std::to_string(file_bytes - position.offset) + " bytes dropped, " + std::to_string(last) +
                    " is its last record");
    segment.cut(position.offset);
    if (was_synced) {
      lost_tail = true;
      notes.push_back("the journal has lost records that may have been sent: it goes on in a new epoch");
      next_epoch();
    }
  }

  // For a reset: what stands before the damage stays, the rest goes.
  void keep_prefix(const std::vector<std::string>& paths, const std::string& damaged, const std::string& why) {
    notes.push_back(why);
    for (auto path = std::find(paths.begin(), paths.end(), damaged); path != paths.end(); ++path) {
      notes.push_back("removed " + *path);
      remove(*path);
    }
    if (!segments.empty()) open_last();
    if (!lost_tail) next_epoch();
    lost_tail = true;
  }

  void next_epoch() {
    ++epoch;
    last = 0;
    write_stream_file(options.directory, {key, epoch});
  }

  static void remove(const std::string& path) {
    if (::unlink(path.c_str()) != 0) throw_errno("remove", path);
  }

  // --- writing

  std::uint64_t segment_bytes() const { return std::min(kSegmentBytesMax, options.bytes_max / kSegmentsPerBudget); }

  std::uint64_t total_bytes() const {
    std::uint64_t total = 0;
    for (const auto& segment : segments) total += segment->end();
    return total;
  }

  bool append(const Run& run) {
    RISK_CHECK(run.first == last + 1);
    RISK_CHECK(run.count > 0);
    return write(run) || (drop_everything() && write(run));
  }

  bool write(const Run& run) {
    const auto entry = kEntryHeaderBytes + run.records.size();
    if (!has_room(entry)) return false;
    const bool fits =
        !segments.empty() && segments.back()->header().epoch == epoch &&
        (segments.back()->end() == kSegmentHeaderBytes || segments.back()->end() + entry <= segment_bytes());
    if (!fits && !begin_segment()) return no_room_on_volume();
    if (!segments.back()->append(run)) return no_room_on_volume();
    const std::lock_guard lock_state(mutex);
    last = run.last();
    reason.reset();
    return true;
  }

  bool has_room(std::uint64_t entry) {
    if (total_bytes() + entry <= options.bytes_max) return true;
    trim();
    if (total_bytes() + entry <= options.bytes_max || !holds_records()) return true;
    const std::lock_guard lock_state(mutex);
    reason = "the journal " + options.directory + " is full: " + std::to_string(total_bytes()) + " of " +
             std::to_string(options.bytes_max) + " bytes; " + who_holds();
    return false;
  }

  bool holds_records() const {
    return segments.size() > 1 || (!segments.empty() && segments.back()->end() > kSegmentHeaderBytes);
  }

  // Without room, and where nobody needs a record, the last segment goes too. The next says where the stream goes on.
  bool drop_everything() {
    {
      const std::lock_guard lock_state(mutex);
      if (durable != last || first_needed() != std::pair{epoch, last + 1}) return false;
    }
    if (!holds_records()) return false;
    if (!begin_segment()) {
      reserve->spend();
      if (!begin_segment()) return false;
    }
    drop([](const auto& first_after, const auto& needed) { return first_after <= needed; });
    reserve->keep();
    return true;
  }

  bool no_room_on_volume() {
    trim();
    const std::lock_guard lock_state(mutex);
    reason = "no space is left for the journal " + options.directory;
    return false;
  }

  // Precondition: the mutex is held.
  std::string who_holds() const {
    for (const auto& consumer : options.durable_consumers) {
      const auto found = cursors.find(consumer);
      if (found == cursors.end()) return consumer + " has not said how far it is";
      if (found->second < std::pair{epoch, last}) {
        return consumer + " has committed " + std::to_string(found->second.second) + " of " + std::to_string(last) +
               " records";
      }
    }
    return "its last segment is not full yet";
  }

  bool begin_segment() {
    if (!segments.empty() && segments.back()->begins_at(epoch, last + 1)) return true;  // a full volume left it so
    SegmentHeader header{key, epoch, last + 1, 0};
    if (!segments.empty()) {
      segments.back()->sync();
      if (segments.back()->header().epoch == epoch) header.previous_bytes = segments.back()->end();
    }
    std::shared_ptr<Segment> segment = Segment::create(options.directory, header);
    if (!segment) return false;
    const std::lock_guard lock_state(mutex);
    segments.push_back(std::move(segment));
    return true;
  }

  void sync() {
    if (!segments.empty()) segments.back()->sync(options.sync);
    const std::lock_guard lock_state(mutex);
    durable = last;
  }

  // The last record that nobody needs stays, with its segment: a subscriber asks for it to know its publisher again.
  void trim() {
    drop([](const auto& first_after, const auto& needed) { return first_after < needed; });
  }

  template <class MayDrop>
  void drop(MayDrop may_drop) {
    std::vector<std::shared_ptr<Segment>> gone;
    {
      const std::lock_guard lock_state(mutex);
      const auto needed = first_needed();
      while (segments.size() > 1) {
        const auto& after = segments[1]->header();
        if (!may_drop(std::pair{after.epoch, after.first}, needed)) break;
        gone.push_back(std::move(segments.front()));
        segments.pop_front();
      }
      if (!gone.empty()) positions.clear();
    }
    for (const auto& segment : gone) remove(segment->path());
  }

  // The first record, by epoch and sequence, that a durable consumer still needs. Precondition: the mutex is held.
  std::pair<std::uint64_t, std::uint64_t> first_needed() const {
    std::pair<std::uint64_t, std::uint64_t> needed{epoch, durable + 1};
    for (const auto& consumer : options.durable_consumers) {
      const auto found = cursors.find(consumer);
      if (found == cursors.end()) return {0, 0};
      needed = std::min(needed, {found->second.first, found->second.second + 1});
    }
    return needed;
  }

  // --- reading

  Extent extent(std::uint64_t of) {
    const std::lock_guard lock_state(mutex);
    Extent extent;
    extent.over = of < epoch;
    if (of == epoch) {
      extent.first = durable + 1;
      extent.last = durable;
    }
    for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
      if ((*segment)->header().epoch != of) continue;
      // The last record of an epoch that is over is only known by reading its last segment.
      if (of < epoch && extent.last == 0) extent.last = last_of(**segment);
      if ((*segment)->header().first <= extent.last) extent.first = (*segment)->header().first;
    }
    if (extent.last == 0) extent.first = 1;
    return extent;
  }

  std::uint64_t last_of(const Segment& segment) {
    const auto known = last_of_epoch.find(segment.header().epoch);
    if (known != last_of_epoch.end()) return known->second;
    Segment::Position position;
    if (auto damage = segment.scan(position, segment.end(), [](const Run&) { return true; })) {
      segment.refuse(damage->offset, damage->what);
    }
    return last_of_epoch[segment.header().epoch] = position.next - 1;
  }

  struct ReadPosition {
    std::shared_ptr<Segment> segment;
    Segment::Position position;
  };

  // Where to look for record `from`, and the segment after it. Nothing: not there.
  std::optional<ReadPosition> find(std::uint64_t of, std::uint64_t from) {
    const std::lock_guard lock_state(mutex);
    const auto known = positions.find({of, from});
    if (known != positions.end()) {
      const ReadPosition place = known->second;
      positions.erase(known);
      return place;
    }
    for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
      const auto& header = (*segment)->header();
      if (header.epoch == of && header.first <= from) return ReadPosition{*segment, {}};
    }
    return std::nullopt;
  }

  void read(std::uint64_t of, std::uint64_t from, std::size_t bytes_max, const std::function<void(const Run&)>& take) {
    const auto end = extent(of).last;
    std::size_t bytes = 0;
    while (from <= end && bytes < bytes_max) {
      auto place = find(of, from);
      if (!place) return;
      const auto before = from;
      const auto damage = place->segment->scan(place->position, readable(*place->segment), [&](const Run& run) {
        if (run.last() < from) return true;
        take(run);
        bytes += run.records.size();
        from = run.last() + 1;
        return bytes < bytes_max && from <= end;
      });
      if (damage) place->segment->refuse(damage->offset, damage->what);
      if (from == before)
        place->segment->refuse(place->position.offset, "record " + std::to_string(from) + " is missing");
      const std::lock_guard lock_state(mutex);
      if (positions.size() >= kPositionsMax) positions.clear();
      if (place->position.offset < place->segment->end()) positions[{of, from}] = *place;
    }
  }

  std::uint64_t readable(const Segment& segment) {
    const std::lock_guard lock_state(mutex);
    return segment.end();
  }

  void note_committed(std::string_view consumer, std::uint64_t of, std::uint64_t sequence) {
    const std::lock_guard lock_state(mutex);
    if (of > epoch || (of == epoch && sequence > durable)) {
      contradiction = std::string(consumer) + " has committed record " + std::to_string(sequence) + " of epoch " +
                      std::to_string(of) + ", but the journal " + options.directory + " ends at " +
                      std::to_string(durable) + " of epoch " + std::to_string(epoch);
      return;
    }
    if (std::find(options.durable_consumers.begin(), options.durable_consumers.end(), consumer) ==
        options.durable_consumers.end()) {
      return;
    }
    auto& cursor = cursors[std::string(consumer)];
    cursor = std::max(cursor, {of, sequence});
  }

  std::uint64_t committed() const {
    const std::lock_guard lock_state(mutex);
    const auto needed = first_needed();
    return needed.first < epoch ? 0 : needed.second - 1;
  }

  const JournalOptions options;
  std::optional<FileLock> lock;
  std::optional<Reserve> reserve;
  StreamKey key{};
  StreamId id;
  std::uint64_t epoch = 1;
  std::vector<std::string> notes;
  bool lost_tail = false;

  mutable std::mutex mutex;                       // guards what follows where both threads use it
  std::deque<std::shared_ptr<Segment>> segments;  // oldest first; the publishing thread alone changes it
  std::uint64_t last = 0;
  std::uint64_t durable = 0;
  std::optional<std::string> reason;
  std::optional<std::string> contradiction;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>, std::less<>> cursors;  // epoch, sequence by consumer
  std::map<std::uint64_t, std::uint64_t> last_of_epoch;
  // Where a reader goes on, by what it asks next.
  std::map<std::pair<std::uint64_t, std::uint64_t>, ReadPosition> positions;
};

Journal::Journal(JournalOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Journal::~Journal() {
  try {
    impl_->sync();
  } catch (const JournalError&) {  // who wanted to know has called sync()
  }
}

const StreamId& Journal::stream() const {
  return impl_->id;
}
std::uint64_t Journal::epoch() const {
  return impl_->epoch;
}
std::uint64_t Journal::last_sequence() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->last;
}
const std::vector<std::string>& Journal::notes() const {
  return impl_->notes;
}
bool Journal::append(const Run& run) {
  return impl_->append(run);
}
std::optional<std::string> Journal::blocked() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->reason;
}
void Journal::sync() {
  impl_->sync();
}
void Journal::trim() {
  impl_->trim();
}
std::uint64_t Journal::committed() const {
  return impl_->committed();
}
std::uint64_t Journal::bytes() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->total_bytes();
}
std::optional<std::string> Journal::contradiction() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->contradiction;
}
Extent Journal::extent(std::uint64_t epoch) {
  return impl_->extent(epoch);
}
void Journal::read(std::uint64_t epoch, std::uint64_t from, std::size_t bytes_max,
                   const std::function<void(const Run&)>& take) {
  impl_->read(epoch, from, bytes_max, take);
}
void Journal::committed(std::string_view consumer, std::uint64_t epoch, std::uint64_t sequence) {
  impl_->note_committed(consumer, epoch, sequence);
}

}  // namespace risk::bus
