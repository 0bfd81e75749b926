#include "journal/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "risk/bus/journal.hpp"

namespace risk::bus {

void throw_errno(const std::string& doing, const std::string& path) {
  const int error = errno;
  throw JournalError("cannot " + doing + " " + path + ": " + std::strerror(error));
}

bool is_no_room(int error) {
  return error == ENOSPC || error == EDQUOT;
}

void sync_directory(const std::string& directory) {
  const FileHandle folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd() < 0 || ::fsync(folder.fd()) != 0) throw_errno("sync", directory);
}

FileHandle::~FileHandle() {
  if (fd_ >= 0) ::close(fd_);
}

std::string read_at(int fd, const std::string& path, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const auto got = ::pread(fd, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("read", path);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

bool write_at(int fd, const std::string& path, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && is_no_room(errno)) return false;
    if (put < 0) throw_errno("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return true;
}

std::string at_byte(const std::string& path, std::uint64_t offset, const std::string& what) {
  return "journal " + path + ", byte " + std::to_string(offset) + ": " + what;
}

}  // namespace risk::bus
