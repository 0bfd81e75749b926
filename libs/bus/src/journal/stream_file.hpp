// The file `stream` of a journal's folder: which stream it is, and its epoch (libs/bus/README.md). Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "risk/base/result.hpp"
#include "transport/stream_id.hpp"

namespace risk::bus {

struct StreamFile {
  StreamKey stream{};
  std::uint64_t epoch = 1;
};

// Nothing: there is none. An error names the damage and its place. Throws JournalError when it cannot be read.
std::optional<Result<StreamFile>> read_stream_file(const std::string& directory);

// Replaces it as a whole: after a power cut it is the old one or the new one. Throws JournalError.
void write_stream_file(const std::string& directory, const StreamFile& file);

}  // namespace risk::bus
