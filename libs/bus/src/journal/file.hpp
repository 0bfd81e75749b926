// The files of a journal: how their errors are told (the rest is risk/base/os.hpp). Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "risk/base/os.hpp"

namespace risk::bus {

// Up to `size` bytes at `offset`; fewer at the end of the file. Throws JournalError, as what follows.
std::string read_at(int fd, const std::string& path, std::uint64_t offset, std::size_t size);
// False: no room, and errno says which; how much was written then is unknown.
bool write_at(int fd, const std::string& path, std::uint64_t offset, std::string_view bytes);
// What a name in the folder was made durable by.
void sync_directory(const std::string& directory);

// Throws JournalError with what errno says: "cannot open PATH: No such file or directory".
[[noreturn]] void throw_errno(const std::string& doing, const std::string& path);
[[noreturn]] void throw_problem(const FileProblem& problem);
bool is_no_room(int error);

// "journal PATH, byte 40: wrong checksum"
std::string at_byte(const std::string& path, std::uint64_t offset, const std::string& what);

}  // namespace risk::bus
