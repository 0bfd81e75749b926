#include "journal/stream_file.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "journal/bytes.hpp"
#include "journal/file.hpp"
#include "transport/frame.hpp"

namespace risk::bus {
namespace {

constexpr std::string_view kMagic = "RJST";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kVersionAt = 4, kIdAt = 8, kEpochAt = 24, kSumAt = 32, kBytes = 40;

std::string path_in(const std::string& directory) {
  return directory + "/stream";
}

}  // namespace

std::optional<Result<StreamFile>> read_stream_file(const std::string& directory) {
  const auto path = path_in(directory);
  const auto file = open_file(path, O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    throw_errno("open", path);
  }
  const auto bytes = read_at(file.get(), path, 0, kBytes + 1);
  const auto damaged_at = [&](std::size_t offset, const char* what) { return Error{at_byte(path, offset, what)}; };
  if (bytes.size() != kBytes) {
    return Error{"journal " + path + ": is " + std::to_string(bytes.size()) + " bytes long, not " +
                 std::to_string(kBytes)};
  }
  if (!bytes.starts_with(kMagic)) return damaged_at(0, "not a journal's stream");
  if (get<std::uint64_t>(bytes, kSumAt) != checksum(std::string_view(bytes).substr(0, kSumAt))) {
    return damaged_at(kSumAt, "wrong checksum");
  }
  if (get<std::uint32_t>(bytes, kVersionAt) != kVersion) return damaged_at(kVersionAt, "unknown version");
  StreamFile found;
  std::memcpy(found.stream.data(), bytes.data() + kIdAt, found.stream.size());
  found.epoch = get<std::uint64_t>(bytes, kEpochAt);
  return found;
}

void write_stream_file(const std::string& directory, const StreamFile& what) {
  std::string bytes(kBytes, '\0');
  bytes.replace(0, kMagic.size(), kMagic);
  put(bytes, kVersionAt, kVersion);
  std::memcpy(bytes.data() + kIdAt, what.stream.data(), what.stream.size());
  put(bytes, kEpochAt, what.epoch);
  put(bytes, kSumAt, checksum(std::string_view(bytes).substr(0, kSumAt)));
  if (const auto problem = replace_file(path_in(directory), bytes, 0600)) throw_problem(*problem);
}

}  // namespace risk::bus
