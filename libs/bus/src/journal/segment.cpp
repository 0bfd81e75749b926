#include "journal/segment.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "journal/bytes.hpp"
#include "risk/base/check.hpp"
#include "transport/frame.hpp"

namespace risk::bus {
namespace {

constexpr std::string_view kSegmentMagic = "RJNL";
constexpr std::string_view kEntryMagic = "RJEN";
constexpr std::uint32_t kVersion = 1;

// Offsets in a segment's header.
constexpr std::size_t kVersionAt = 4, kStreamAt = 8, kEpochAt = 24, kFirstAt = 32, kPreviousAt = 40, kHeaderSumAt = 48,
                      kSyncedAt = 56, kSyncedCheckAt = 64;
// And in an entry's.
constexpr std::size_t kCountAt = 4, kLengthAt = 8, kZeroAt = 12, kEntryFirstAt = 16, kEntrySumAt = 24;

constexpr std::size_t kReadAhead = std::size_t{1} << 20;

// Of header and records together: the second is hashed with the first as its seed.
std::uint64_t entry_checksum(std::string_view header, std::string_view records) {
  return checksum(records, checksum(header.substr(0, kEntrySumAt)));
}

// Walks a file's bytes in large reads.
class Window {
 public:
  Window(int fd, const std::string& path, std::uint64_t end) : fd_(fd), path_(path), end_(end) {}

  // `size` bytes at `offset`, fewer where they end. The view lives until the next call.
  std::string_view at(std::uint64_t offset, std::size_t size) {
    const auto wanted = std::min<std::uint64_t>(size, end_ - std::min(end_, offset));
    if (offset < begin_ || offset + wanted > begin_ + bytes_.size()) {
      begin_ = offset;
      bytes_ = read_at(fd_, path_, offset,
                       static_cast<std::size_t>(std::min<std::uint64_t>(std::max(size, kReadAhead), end_ - offset)));
    }
    return std::string_view(bytes_).substr(static_cast<std::size_t>(offset - begin_), static_cast<std::size_t>(wanted));
  }

 private:
  int fd_;
  const std::string& path_;
  std::uint64_t end_;
  std::uint64_t begin_ = 0;
  std::string bytes_;
};

}  // namespace

std::string Segment::encode(const SegmentHeader& header) {
  std::string bytes(kSegmentHeaderBytes, '\0');
  bytes.replace(0, kSegmentMagic.size(), kSegmentMagic);
  put(bytes, kVersionAt, kVersion);
  std::memcpy(bytes.data() + kStreamAt, header.stream.data(), header.stream.size());
  put(bytes, kEpochAt, header.epoch);
  put(bytes, kFirstAt, header.first);
  put(bytes, kPreviousAt, header.previous_bytes);
  put(bytes, kHeaderSumAt, checksum(std::string_view(bytes).substr(0, kHeaderSumAt)));
  put(bytes, kSyncedAt, std::uint64_t{kSegmentHeaderBytes});
  put(bytes, kSyncedCheckAt, ~std::uint64_t{kSegmentHeaderBytes});
  return bytes;
}

std::string Segment::encode(const Run& run) {
  std::string entry(kEntryHeaderBytes, '\0');
  entry.replace(0, kEntryMagic.size(), kEntryMagic);
  put(entry, kCountAt, run.count);
  put(entry, kLengthAt, static_cast<std::uint32_t>(run.records.size()));
  put(entry, kEntryFirstAt, run.first);
  put(entry, kEntrySumAt, entry_checksum(entry, run.records));
  entry += run.records;
  return entry;
}

std::string Segment::file_name(std::uint64_t epoch, std::uint64_t first) {
  char name[64];
  std::snprintf(name, sizeof name, "%010llu-%020llu.segment", static_cast<unsigned long long>(epoch),
                static_cast<unsigned long long>(first));
  return name;
}

std::uint64_t Segment::epoch_of_name(const std::string& path) {
  const auto name = std::filesystem::path(path).filename().string();
  unsigned long long epoch = 0, first = 0;
  if (std::sscanf(name.c_str(), "%10llu-%20llu", &epoch, &first) != 2 || file_name(epoch, first) != name) return 0;
  return epoch;
}

void Segment::refuse(std::uint64_t offset, const std::string& what) const {
  throw JournalError(at_byte(path_, offset, what));
}

std::unique_ptr<Segment> Segment::create(const std::string& directory, const SegmentHeader& header) {
  const auto path = directory + "/" + file_name(header.epoch, header.first);
  auto file = open_file(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (!file.is_open()) {
    if (is_no_room(errno)) return nullptr;
    throw_errno("make", path);
  }
  const bool written = write_at(file.get(), path, 0, encode(header));
  if (!written || ::fsync(file.get()) != 0) {
    const bool no_room = !written || is_no_room(errno);
    if (!no_room) throw_errno("sync", path);
    ::unlink(path.c_str());
    return nullptr;
  }
  sync_directory(directory);
  return std::unique_ptr<Segment>(new Segment(std::move(file), path, header));
}

std::unique_ptr<Segment> Segment::open(const std::string& path) {
  auto file = open_file(path, O_RDWR);
  if (!file.is_open()) throw_errno("open", path);
  const auto bytes = read_at(file.get(), path, 0, kSegmentHeaderBytes);
  std::unique_ptr<Segment> segment(new Segment(std::move(file), path, {}));
  if (bytes.size() < kSegmentHeaderBytes) segment->refuse(bytes.size(), "cut off in its header");
  if (!bytes.starts_with(kSegmentMagic)) segment->refuse(0, "not a segment of a journal");
  if (const auto version = get<std::uint32_t>(bytes, kVersionAt); version != kVersion) {
    segment->refuse(kVersionAt, "unknown version " + std::to_string(version));
  }
  if (get<std::uint64_t>(bytes, kHeaderSumAt) != checksum(std::string_view(bytes).substr(0, kHeaderSumAt))) {
    segment->refuse(kHeaderSumAt, "wrong checksum of the header");
  }
  auto& header = segment->header_;
  std::memcpy(header.stream.data(), bytes.data() + kStreamAt, header.stream.size());
  header.epoch = get<std::uint64_t>(bytes, kEpochAt);
  header.first = get<std::uint64_t>(bytes, kFirstAt);
  header.previous_bytes = get<std::uint64_t>(bytes, kPreviousAt);
  segment->end_ = segment->file_bytes();
  segment->synced_ = get<std::uint64_t>(bytes, kSyncedAt);
  // A damaged note says nothing; then everything counts as synced, so that nothing is taken for a torn tail.
  if (segment->synced_ != ~get<std::uint64_t>(bytes, kSyncedCheckAt)) segment->synced_ = segment->end_;
  return segment;
}

std::uint64_t Segment::file_bytes() const {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) throw_errno("look at", path_);
  return static_cast<std::uint64_t>(status.st_size);
}

bool Segment::append(const Run& run) {
  const auto entry = encode(run);
  if (!write_at(file_.get(), path_, end_, entry)) {
    cut(end_);
    return false;
  }
  end_ += entry.size();
  return true;
}

void Segment::sync(bool to_disk) {
  if (synced_ == end_) return;
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) throw_errno("look at", path_);
  if (status.st_nlink == 0) throw JournalError("journal " + path_ + " was deleted while it was being written");
  if (!to_disk) return;
  // After a failed sync the kernel may have dropped the pages: what is on the disk is unknown, and trying again proves
  // nothing.
  if (::fdatasync(file_.get()) != 0) throw_errno("sync", path_);
  synced_ = end_;
  note_synced();
}

// Not synced itself: it has to outlive the process; after a power cut an older note is right too.
void Segment::note_synced() {
  std::string note(2 * sizeof(std::uint64_t), '\0');
  put(note, 0, synced_);
  put(note, sizeof(std::uint64_t), ~synced_);
  write_at(file_.get(), path_, kSyncedAt, note);
}

void Segment::cut(std::uint64_t offset) {
  if (::ftruncate(file_.get(), static_cast<off_t>(offset)) != 0 || ::fsync(file_.get()) != 0) throw_errno("cut", path_);
  end_ = offset;
  synced_ = offset;
  note_synced();
}

std::optional<Segment::Damage> Segment::scan(Position& position, std::uint64_t end,
                                             const std::function<bool(const Run&)>& take) const {
  if (position.next == 0) position.next = header_.first;
  Window window(file_.get(), path_, end);
  while (position.offset < end) {
    const auto damaged = [&](std::string what, bool torn = false) {
      return Damage{position.offset, std::move(what), torn};
    };
    const auto header = window.at(position.offset, kEntryHeaderBytes);
    if (header.size() < kEntryHeaderBytes) return damaged("an entry is cut off", true);
    if (!header.starts_with(kEntryMagic)) return damaged("no entry begins here");
    const auto length = get<std::uint32_t>(header, kLengthAt);
    if (length > kFrameBytesMax) return damaged("an entry of " + std::to_string(length) + " bytes");
    const auto entry = window.at(position.offset, kEntryHeaderBytes + length);
    if (entry.size() < kEntryHeaderBytes + length) return damaged("an entry is cut off", true);
    const auto records = entry.substr(kEntryHeaderBytes);
    if (get<std::uint64_t>(entry, kEntrySumAt) != entry_checksum(entry, records) ||
        get<std::uint32_t>(entry, kZeroAt) != 0) {
      return damaged("wrong checksum of an entry");
    }
    const Run run{get<std::uint64_t>(entry, kEntryFirstAt), get<std::uint32_t>(entry, kCountAt), records};
    if (run.first != position.next || run.count == 0) {
      return damaged("record " + std::to_string(run.first) + " where " + std::to_string(position.next) + " belongs");
    }
    position.offset += entry.size();
    position.next = run.last() + 1;
    if (!take(run)) break;
  }
  return std::nullopt;
}

}  // namespace risk::bus
