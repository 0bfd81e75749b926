#include "drop-copy/contract_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

#include "drop-copy/fix/checksum.hpp"
#include "risk/base/encoding.hpp"
#include "risk/base/os.hpp"
#include "risk/wire/transaction.hpp"

namespace risk::drop_copy {
namespace {

constexpr mode_t kMode = 0600;
constexpr std::size_t kSpareLines = 1'000;
constexpr std::size_t kReadBytes = 1 << 20;

[[noreturn]] void fail(const FileProblem& problem) {
  throw std::runtime_error("cannot " + problem.doing + " " + problem.path + ": " + errno_text(problem.error));
}

// The record that the bus has of it, in hexadecimal, and a checksum.
std::string line_of(const engine::Instrument& instrument) {
  const auto digits = to_hex(wire::encode(instrument, {}));
  return digits + " " + to_hex(checksum(digits)) + "\n";
}

std::optional<engine::Instrument> parse(std::string_view line, wire::InputDecoder& decoder) {
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto digits = line.substr(0, blank);
  if (line.substr(blank + 1) != to_hex(checksum(digits))) return std::nullopt;
  const auto bytes = from_hex(digits);
  if (!bytes) return std::nullopt;
  auto decoded = decoder.decode(*bytes);
  if (!decoded) return std::nullopt;
  auto* instrument = std::get_if<engine::Instrument>(&decoded->input);
  return instrument == nullptr ? std::nullopt : std::optional(std::move(*instrument));
}

}  // namespace

ContractFile::ContractFile(std::string path, Timestamp now)
    : path_(std::move(path)), file_(open_file(path_, O_RDWR | O_CREAT, kMode)) {
  if (!file_.is_open()) fail({"open", path_, errno});
  known_ = read();
  std::erase_if(known_, [now](const engine::Instrument& instrument) {
    return instrument.expires_at && now.seconds() - instrument.expires_at->seconds() > kKeptAfterExpirySeconds;
  });
  rewrite(known_);
}

std::vector<engine::Instrument> ContractFile::read() {
  std::map<std::string, engine::Instrument> by_symbol;
  wire::InputDecoder decoder;
  damaged_lines_ = 0;
  std::string rest;
  for (std::uint64_t at = 0;;) {
    const auto bytes = read_at(file_.get(), at, kReadBytes);
    if (!bytes) fail({"read", path_, errno});
    if (bytes->empty()) break;
    at += bytes->size();
    rest += *bytes;
    std::size_t begin = 0;
    for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n', begin)) {
      auto instrument = parse(std::string_view(rest).substr(begin, end - begin), decoder);
      if (instrument) {
        by_symbol.insert_or_assign(instrument->symbol.text, *instrument);
      } else {
        ++damaged_lines_;
      }
      begin = end + 1;
    }
    rest.erase(0, begin);
    if (rest.size() > kReadBytes) {  // no line of ours
      rest.clear();
      ++damaged_lines_;
    }
  }
  if (!rest.empty()) ++damaged_lines_;
  std::vector<engine::Instrument> known;
  known.reserve(by_symbol.size());
  for (auto& [symbol, instrument] : by_symbol) known.push_back(std::move(instrument));
  return known;
}

void ContractFile::rewrite(const std::vector<engine::Instrument>& known) {
  FileReplacement replacement(path_, kMode);
  if (const auto problem = replacement.open()) fail(*problem);
  bytes_ = 0;
  for (const auto& instrument : known) {
    const auto line = line_of(instrument);
    if (const auto problem = replacement.write(line)) fail(*problem);
    bytes_ += line.size();
  }
  if (const auto problem = replacement.commit()) fail(*problem);
  file_ = open_file(path_, O_RDWR);
  if (!file_.is_open()) fail({"open", path_, errno});
  lines_ = known.size();
  lines_max_ = 2 * lines_ + kSpareLines;
  is_synced_ = true;
}

void ContractFile::add(const engine::Instrument& instrument) {
  if (lines_ >= lines_max_) rewrite(read());
  const auto line = line_of(instrument);
  if (!write_at(file_.get(), bytes_, line)) fail({"write", path_, errno});
  bytes_ += line.size();
  ++lines_;
  is_synced_ = false;
}

void ContractFile::sync() {
  if (is_synced_) return;
  if (::fdatasync(file_.get()) != 0) fail({"sync", path_, errno});
  is_synced_ = true;
}

}  // namespace risk::drop_copy
