// The files of a journal: how they are read, written and made durable, and how their errors are told. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace risk::bus {

// An open file, closed when it goes.
class FileHandle {
 public:
  explicit FileHandle(int fd = -1) : fd_(fd) {}
  ~FileHandle();
  FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

// Up to `size` bytes at `offset`; fewer at the end of the file. Throws JournalError, as what follows.
std::string read_at(int fd, const std::string& path, std::uint64_t offset, std::size_t size);
// False: no room, and errno says which; how much was written then is unknown.
bool write_at(int fd, const std::string& path, std::uint64_t offset, std::string_view bytes);
// What a name in the folder was made durable by.
void sync_directory(const std::string& directory);

// Throws JournalError: "cannot open PATH: No such file or directory".
[[noreturn]] void throw_errno(const std::string& doing, const std::string& path);
bool is_no_room(int error);

// "journal PATH, byte 40: wrong checksum"
std::string at_byte(const std::string& path, std::uint64_t offset, const std::string& what);

}  // namespace risk::bus
