// What survives a kill: how far each channel is in the engine's alerts. The format is in README.md.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "risk/base/os.hpp"
#include "risk/base/result.hpp"
#include "risk/log/position.hpp"

namespace risk::notifier {

// How far a channel is in a stream: with every event up to `position`, and with some after it.
struct Progress {
  log::Position position;
  // Sequences of the position's epoch as they are written down, rising, each above the position's.
  std::vector<std::uint64_t> ahead{};

  friend bool operator==(const Progress&, const Progress&) = default;
};

// Where one channel is in each stream it has met, the newest met last.
using StreamPositions = std::vector<Progress>;
inline constexpr std::size_t kStreamsKept = 16;

using State = std::map<std::string, StreamPositions, std::less<>>;  // by the channel's name

std::string format_state(const State& state);
Result<State> parse_state(std::string_view text);

// Names the file, what is wrong, and what to do.
class StateError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Threads: any.
class StateFile {
 public:
  // Reads the file, or makes it, with its folder; keeps other processes out until the destructor. Throws StateError: it
  // is damaged, of another version, in use, cannot be read or cannot be written.
  explicit StateFile(std::string path);

  StreamPositions positions(std::string_view channel) const;

  // The channel has done for good what `progress` says; what it was noted to have done ahead before, it still has. On
  // the disk when it returns. Throws StateError when it cannot be written: the file is then as it was, and the next
  // call that succeeds writes this as well.
  void note(const std::string& channel, const Progress& progress);

 private:
  void keep_lock();
  void write() const;

  const std::string path_;
  FileLock lock_;
  mutable std::mutex mutex_;
  State state_;
};

}  // namespace risk::notifier
