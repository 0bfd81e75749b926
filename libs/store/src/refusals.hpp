// What every database refuses in the same words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "risk/store/errors.hpp"
#include "risk/store/rows.hpp"

namespace risk::store {

[[noreturn]] inline void throw_moved(const CursorStep& step) {
  throw StoreConflict("the cursor of stream " + step.to.stream_id + " is not at " + std::to_string(step.from) +
                      " of epoch " + std::to_string(step.from_epoch) + ": another writer has moved it");
}

[[noreturn]] inline void throw_deposed(std::uint64_t term) {
  throw StoreConflict("another engine has taken the lease from term " + std::to_string(term));
}

// A replay came to input `missing`, which was committed and is not stored any more; `first` is the next that is.
[[noreturn]] inline void throw_dropped(std::uint64_t missing, std::optional<std::uint64_t> first) {
  throw StoreError("input " + std::to_string(missing) + " is no longer stored: " +
                   (first ? "the first that is, is " + std::to_string(*first) : "none after it is"));
}

[[noreturn]] inline void throw_decided(std::uint64_t quarantine_id, const Origin& origin) {
  const std::string row = quarantine_id != 0 ? std::to_string(quarantine_id)
                                             : "of record " + std::to_string(origin.sequence) + " of stream " +
                                                   std::string(origin.stream_id.view());
  throw StoreConflict("row " + row + " of the quarantine waits for no decision");
}

[[noreturn]] inline void throw_finished(std::uint64_t apply_seq) {
  throw StoreError("the snapshot at input " + std::to_string(apply_seq) + " is finished already");
}

inline void check_chunk_size(std::string_view bytes) {
  if (bytes.size() <= kSnapshotChunkBytesMax) return;
  throw StoreError("a snapshot's piece of " + std::to_string(bytes.size()) + " bytes is over " +
                   std::to_string(kSnapshotChunkBytesMax));
}

// What is stored of a snapshot; `end` is the highest number + 1.
struct SnapshotPieces {
  std::uint64_t count = 0;
  std::uint64_t end = 0;
  std::uint64_t bytes = 0;
};

inline void check_pieces(const SnapshotInfo& info, const SnapshotPieces& stored) {
  if (stored.count == info.chunk_count && stored.end == info.chunk_count && stored.bytes == info.bytes) return;
  throw StoreError("the snapshot at input " + std::to_string(info.apply_seq) + " is not whole: it has " +
                   std::to_string(stored.count) + " pieces of " + std::to_string(info.chunk_count) + ", " +
                   std::to_string(stored.bytes) + " bytes of " + std::to_string(info.bytes));
}

}  // namespace risk::store
