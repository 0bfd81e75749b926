#include "drop-copy/fix/sequences.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "drop-copy/fix/checksum.hpp"
#include "risk/base/os.hpp"
#include "risk/base/text.hpp"

namespace risk::drop_copy {
namespace {

constexpr std::size_t kPlaceBytes = 256;
constexpr char kForm[] = "risk-alert-fix-sequences-1";

// A line of text, blanks up to the end of the place.
std::string encode(const Sequences& sequences, std::uint64_t version) {
  std::ostringstream text;
  text << kForm << ' ' << version << ' ' << sequences.incarnation << ' ' << sequences.next_out << ' '
       << sequences.next_in << ' ' << sequences.reset_at << ' '
       << (sequences.journal_stream.empty() ? "-" : sequences.journal_stream) << ' ' << sequences.journal_epoch << ' ';
  std::string place = text.str();
  place += std::to_string(checksum(place));
  place.resize(kPlaceBytes - 1, ' ');
  return place + "\n";
}

std::optional<std::pair<std::uint64_t, Sequences>> decode(const std::string& place) {
  std::istringstream text(place);
  std::string form;
  std::uint64_t version = 0, sum = 0;
  Sequences read;
  text >> form >> version >> read.incarnation >> read.next_out >> read.next_in >> read.reset_at >>
      read.journal_stream >> read.journal_epoch;
  const auto end = text.tellg();
  if (!text || form != kForm || !(text >> sum)) return std::nullopt;
  if (sum != checksum(place.substr(0, static_cast<std::size_t>(end) + 1))) return std::nullopt;
  if (read.journal_stream == "-") read.journal_stream.clear();
  return std::pair{version, read};
}

[[noreturn]] void fail(const char* doing, const std::string& path) {
  throw std::runtime_error(std::string("cannot ") + doing + " " + path + ": " + errno_text(errno));
}

}  // namespace

SequenceFile::SequenceFile(std::string path) : path_(std::move(path)), file_(open_file(path_, O_RDWR | O_CREAT, 0600)) {
  if (!file_.is_open()) fail("open", path_);
  const auto bytes = read_at(file_.get(), 0, 2 * kPlaceBytes);
  if (!bytes) fail("read", path_);
  if (bytes->empty()) {
    if (!sync_folder(folder_of(path_))) fail("sync the folder of", path_);
    return;
  }
  for (std::size_t at = 0; at < bytes->size(); at += kPlaceBytes) {
    const auto found = decode(bytes->substr(at, kPlaceBytes));
    if (!found || (saved_ && found->first < version_)) continue;
    version_ = found->first;
    saved_ = found->second;
  }
  if (!saved_) {
    throw std::runtime_error(path_ +
                             " is damaged: the sequence numbers of the session are not known; delete it to begin "
                             "with those of the journal, and agree with the peer on a reset");
  }
}

void SequenceFile::save(const Sequences& sequences, bool durably) {
  if (saved_ == sequences && !durably) return;
  const auto place = encode(sequences, ++version_);
  if (!write_at(file_.get(), version_ % 2 * kPlaceBytes, place)) fail("write", path_);
  if (durably && ::fdatasync(file_.get()) != 0) fail("sync", path_);
  saved_ = sequences;
}

}  // namespace risk::drop_copy
