// Files that a setting names. A pipe, a device or a folder in their place must neither hold up the start nor fill the
// memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "risk/base/result.hpp"

namespace risk::service {

// A regular file of at most `bytes_max` bytes, whole. Error: "No such file or directory", "is a pipe, not a file", …
Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max);

// Why `path` names no file that can be read, or nothing; it is looked at, not opened. With kFileOrPipe a pipe is fine
// too: for what is read once, as a stream.
enum class Readable : std::uint8_t { kFile, kFileOrPipe };
std::optional<std::string> file_problem(const std::string& path, Readable wanted = Readable::kFile);

}  // namespace risk::service
