#include "alert-notifier/state_file.hpp"

#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <optional>
#include <system_error>

#include "risk/base/encoding.hpp"
#include "risk/base/id.hpp"
#include "risk/service/file.hpp"

namespace risk::notifier {
namespace {

constexpr std::string_view kFirstWords = "alert-notifier state ";
constexpr std::string_view kVersion = "2";
constexpr std::string_view kVersionWithoutAhead = "1";
constexpr std::string_view kAhead = "ahead ";
constexpr std::string_view kChecksum = "checksum ";
constexpr std::size_t kFileBytesMax = 64 << 20;

std::string checksum_of(std::string_view text) {
  return to_hex(std::uint64_t{XXH3_64bits(text.data(), text.size())});
}

// Takes what stands before the next `end` off the front; without one, nothing.
std::optional<std::string_view> take_until(std::string_view& text, char end) {
  const auto at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const auto taken = text.substr(0, at);
  text.remove_prefix(at + 1);
  return taken;
}

bool parse_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// "7-9,12" of 7, 8, 9 and 12.
std::string format_ranges(const std::vector<std::uint64_t>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(numbers[i]);
    if (last > i) text += "-" + std::to_string(numbers[last]);
    i = last + 1;
  }
  return text;
}

// The inverse, of numbers above `after`: as many as a queue may hold.
bool parse_ranges(std::string_view text, std::uint64_t after, std::vector<std::uint64_t>& numbers) {
  constexpr std::size_t kNumbersMax = 1'000'000;
  for (;;) {
    const auto before_comma = take_until(text, ',');
    std::string_view range = before_comma.value_or(text);
    const auto first_text = take_until(range, '-');
    std::uint64_t first = 0, last = 0;
    if (!parse_number(range, last) || !parse_number(first_text.value_or(range), first)) return false;
    if (first <= after || last < first || last - first >= kNumbersMax - numbers.size()) return false;
    for (std::uint64_t i = 0; i <= last - first; ++i) numbers.push_back(first + i);
    if (!before_comma) return true;
    after = last;
  }
}

bool is_stream(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// `more` is what follows the sequence: nothing, or "ahead 7-9,12".
std::optional<Progress> parse_progress(std::string_view stream, std::string_view epoch, std::string_view sequence,
                                       std::optional<std::string_view> more) {
  log::Position::Fields position;
  if (!is_stream(stream) || !parse_number(epoch, position.epoch) || !parse_number(sequence, position.sequence)) {
    return std::nullopt;
  }
  position.stream = {stream};
  Progress progress{log::Position(position)};
  if (!more) return progress;
  if (!more->starts_with(kAhead)) return std::nullopt;
  if (!parse_ranges(more->substr(kAhead.size()), position.sequence, progress.ahead)) return std::nullopt;
  return progress;
}

// What was done ahead once stays done: after a restart it is passed over, and who notes then does not know of it.
Progress merged(const Progress& before, const Progress& now) {
  Progress progress = now;
  const auto& position = now.position.fields();
  if (before.position.fields().epoch != position.epoch) return progress;
  std::vector<std::uint64_t> ahead;
  std::set_union(before.ahead.begin(), before.ahead.end(), now.ahead.begin(), now.ahead.end(),
                 std::back_inserter(ahead));
  std::erase_if(ahead, [&](std::uint64_t sequence) { return sequence <= position.sequence; });
  progress.ahead = std::move(ahead);
  return progress;
}

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw StateError("the notifier's state " + path + " " + what);
}

// No value: there is no such file.
std::optional<std::string> read_file(const std::string& path) {
  constexpr char kAdvice[] = "; make it readable for this user, or name another with NOTIFIER_STATE_PATH";
  std::error_code ignored;  // the reading says why
  if (std::filesystem::status(path, ignored).type() == std::filesystem::file_type::not_found) return std::nullopt;
  auto text = service::read_small_file(path, kFileBytesMax);
  if (!text) refuse(path, "cannot be read: " + text.error().reason + kAdvice);
  return std::move(text).value();
}

}  // namespace

std::string format_state(const State& state) {
  std::string text = std::string(kFirstWords) + std::string(kVersion) + "\n";
  for (const auto& [channel, positions] : state) {
    for (const auto& [position, ahead] : positions) {
      const auto& [stream, epoch, sequence, hash] = position.fields();
      text += channel + " " + std::string(stream.text) + " " + std::to_string(epoch) + " " + std::to_string(sequence);
      if (!ahead.empty()) text += " " + std::string(kAhead) + format_ranges(ahead);
      text += "\n";
    }
  }
  return text + std::string(kChecksum) + checksum_of(text) + "\n";
}

Result<State> parse_state(std::string_view text) {
  if (text.substr(0, kFirstWords.size()) != kFirstWords) return Error{"does not begin as a state of the notifier"};
  std::string_view rest = text;
  const auto first_line = take_until(rest, '\n');
  if (!first_line) return Error{"is cut off in its first line"};
  const auto version = first_line->substr(kFirstWords.size());
  if (version != kVersion && version != kVersionWithoutAhead) {
    return Error{"is of version '" + printable(version) + "', this program reads 1 and 2"};
  }
  State state;
  for (int number = 2;; ++number) {
    const auto before = static_cast<std::size_t>(rest.data() - text.data());
    const auto line = take_until(rest, '\n');
    if (!line) return Error{"is cut off in line " + std::to_string(number)};
    if (line->substr(0, kChecksum.size()) == kChecksum) {
      if (line->substr(kChecksum.size()) != checksum_of(text.substr(0, before))) {
        return Error{"does not match its checksum"};
      }
      if (!rest.empty()) return Error{"goes on after its checksum"};
      return state;
    }
    std::string_view words = *line;
    const auto channel = take_until(words, ' '), stream = take_until(words, ' '), epoch = take_until(words, ' ');
    const auto sequence = take_until(words, ' ');
    const auto more = sequence ? std::optional(words) : std::nullopt;
    auto progress = epoch ? parse_progress(*stream, *epoch, sequence.value_or(words), more) : std::nullopt;
    const bool fits = progress && !channel->empty() && (version == kVersion || !more);
    if (!fits) return Error{"has a line " + std::to_string(number) + " that is none: '" + printable(*line) + "'"};
    state[std::string(*channel)].push_back(std::move(*progress));
  }
}

StateFile::StateFile(std::string path) : path_(std::move(path)), lock_(path_ + ".lock", 0644, FileLock::Kind::kFlock) {
  std::error_code error;
  std::filesystem::create_directories(folder_of(path_), error);
  if (error) refuse(path_, "cannot be written: its folder cannot be made: " + error.message());
  keep_lock();
  if (const auto text = read_file(path_)) {
    auto state = parse_state(*text);
    if (!state) {
      refuse(path_, state.error().reason +
                        ". It says which alerts people were told of: put back a copy of it, or delete it, and they "
                        "are told of alerts from now on only");
    }
    state_ = std::move(state).value();
  }
  write();  // a place that cannot be written shows now, not at the first alert
}

StreamPositions StateFile::positions(std::string_view channel) const {
  const std::lock_guard lock(mutex_);
  const auto found = state_.find(channel);
  return found == state_.end() ? StreamPositions{} : found->second;
}

void StateFile::note(const std::string& channel, const Progress& progress) {
  const std::lock_guard lock(mutex_);
  auto& positions = state_[channel];
  const auto known = std::find_if(positions.begin(), positions.end(), [&](const Progress& other) {
    return other.position.stream() == progress.position.stream();
  });
  if (known != positions.end()) {
    *known = merged(*known, progress);
  } else {
    if (positions.size() >= kStreamsKept) positions.erase(positions.begin());
    positions.push_back(progress);
  }
  keep_lock();
  write();
}

// Also of a lock that is held already: whoever deletes the lock file would let a second notifier in, which would tell
// everything again.
void StateFile::keep_lock() {
  const auto attempt = lock_.try_lock();
  if (attempt.problem) {
    refuse(path_, "cannot be written: " + attempt.problem->path + ": " + errno_text(attempt.problem->error));
  }
  if (attempt.is_locked) return;
  refuse(path_, "is in use by another alert-notifier; stop that one, or name another file with NOTIFIER_STATE_PATH");
}

void StateFile::write() const {
  const auto problem = replace_file(path_, format_state(state_), 0644);
  if (!problem) return;
  const auto where = problem->path == path_ ? "" : problem->path + ": ";
  refuse(path_, "cannot be written: " + where + errno_text(problem->error));
}

}  // namespace risk::notifier
