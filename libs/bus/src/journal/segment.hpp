// A file of a journal: a header, then entries, each a run of records (libs/bus/README.md). Knows bytes and offsets;
// which files there are and which may go is the journal's.
//
// Threads: append() and sync() are one thread's; read() another's. What read() may see is what `end` says.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "journal/file.hpp"
#include "risk/bus/journal.hpp"
#include "transport/stream_id.hpp"

namespace risk::bus {

struct SegmentHeader {
  StreamKey stream{};
  std::uint64_t epoch = 1;
  std::uint64_t first = 1;           // sequence of its first record
  std::uint64_t previous_bytes = 0;  // length of the segment before it when that was closed; 0: there was none
};

inline constexpr std::size_t kSegmentHeaderBytes = 72;
inline constexpr std::size_t kEntryHeaderBytes = 32;

class Segment {
 public:
  // Makes the file with its header, synced. Null when the volume is full. Throws JournalError.
  static std::unique_ptr<Segment> create(const std::string& directory, const SegmentHeader& header);
  // Opens the file and reads its header. Throws JournalError, naming the place.
  static std::unique_ptr<Segment> open(const std::string& path);
  static std::string file_name(std::uint64_t epoch, std::uint64_t first);
  static std::uint64_t epoch_of_name(const std::string& path);  // 0: not a name of file_name()
  static std::string encode(const SegmentHeader& header);
  static std::string encode(const Run& run);

  const SegmentHeader& header() const { return header_; }
  const std::string& path() const { return path_; }
  std::uint64_t end() const { return end_; }  // of the last entry
  std::uint64_t synced() const {
    return synced_;
  }  // bytes known to be on the disk; end() if the header's note is damaged
  std::uint64_t file_bytes() const;
  // Whether it is the one that record `first` of `epoch` would begin, still without any.
  bool begins_at(std::uint64_t epoch, std::uint64_t first) const {
    return header_.epoch == epoch && header_.first == first && end_ == kSegmentHeaderBytes;
  }

  // False: the volume is full; nothing is added.
  bool append(const Run& run);
  // Throws JournalError also when the file was deleted: what is written to it nobody would find. `to_disk` false looks
  // only for that.
  void sync(bool to_disk = true);

  struct Position {
    std::uint64_t offset = kSegmentHeaderBytes;
    std::uint64_t next = 0;  // the sequence that is due there; 0: the segment's first
  };
  struct Damage {
    std::uint64_t offset;
    std::string what;
    bool torn;  // the file ends before the entry does
  };
  // Gives the entries from `position` up to offset `end` until `take` returns false, and moves `position` behind them.
  // The damage that stopped it, if any.
  std::optional<Damage> scan(Position& position, std::uint64_t end, const std::function<bool(const Run&)>& take) const;

  // Everything from `offset` on is dropped, and the file synced.
  void cut(std::uint64_t offset);
  [[noreturn]] void refuse(std::uint64_t offset, const std::string& what) const;

 private:
  Segment(Descriptor file, std::string path, const SegmentHeader& header)
      : file_(std::move(file)), path_(std::move(path)), header_(header) {}
  void note_synced();

  Descriptor file_;
  std::string path_;
  SegmentHeader header_;
  std::atomic<std::uint64_t> end_ = kSegmentHeaderBytes;  // moves when the entry before it is written
  std::uint64_t synced_ = kSegmentHeaderBytes;
};

}  // namespace risk::bus
