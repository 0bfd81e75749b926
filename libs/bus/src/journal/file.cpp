#include "journal/file.hpp"

#include <cerrno>
#include <utility>

#include "risk/bus/journal.hpp"

namespace risk::bus {

void throw_errno(const std::string& doing, const std::string& path) {
  throw_problem({doing, path, errno});
}

void throw_problem(const FileProblem& problem) {
  throw JournalError("cannot " + problem.doing + " " + problem.path + ": " + errno_text(problem.error));
}

bool is_no_room(int error) {
  return error == ENOSPC || error == EDQUOT;
}

void sync_directory(const std::string& directory) {
  if (!sync_folder(directory)) throw_errno("sync", directory);
}

std::string read_at(int fd, const std::string& path, std::uint64_t offset, std::size_t size) {
  auto bytes = risk::read_at(fd, offset, size);
  if (!bytes) throw_errno("read", path);
  return *std::move(bytes);
}

bool write_at(int fd, const std::string& path, std::uint64_t offset, std::string_view bytes) {
  if (risk::write_at(fd, offset, bytes)) return true;
  if (is_no_room(errno)) return false;
  throw_errno("write", path);
}

std::string at_byte(const std::string& path, std::uint64_t offset, const std::string& what) {
  return "journal " + path + ", byte " + std::to_string(offset) + ": " + what;
}

}  // namespace risk::bus
