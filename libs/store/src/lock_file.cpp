#include "lock_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "database_files.hpp"
#include "risk/base/descriptor.hpp"
#include "risk/store/errors.hpp"

namespace risk::store {
namespace {

constexpr std::string_view kFirstLine = "risk-alert engine lock 1\n";
constexpr std::string_view kDatabaseTag = "database ";
constexpr std::size_t kTextBytesMax = 4096;

// Of the open file, not of the process: closing another descriptor of the file does not free it.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

bool is_file_at(int fd, const std::string& path) {
  struct stat open {};
  return ::fstat(fd, &open) == 0 && file_id(path) == FileId{open.st_dev, open.st_ino};
}

std::string text_for(const std::string& database) {
  return std::string(kFirstLine) + std::string(kDatabaseTag) + database + "\n";
}

}  // namespace

bool LockFile::try_lock() {
  if (fd_ >= 0 && is_file_at(fd_, path_)) return true;
  unlock();
  Descriptor file(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file.is_open()) throw_problem("open");
  auto lock = whole_file();
  if (::fcntl(file.get(), F_OFD_SETLK, &lock) == 0) {
    fd_ = file.release();
    return true;
  }
  if (errno == EAGAIN || errno == EACCES) return false;
  throw_problem("lock");
}

void LockFile::throw_problem(const char* doing) const {
  throw StoreUnavailable(std::string("cannot ") + doing + " " + file_name(path_) + ": " + std::strerror(errno));
}

void LockFile::unlock() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool LockFile::is_locked() const {
  if (fd_ >= 0 && is_file_at(fd_, path_)) return true;
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  auto lock = whole_file();
  return file.is_open() && ::fcntl(file.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

std::string LockFile::database() const {
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR) return "";
    throw_problem("read");
  }
  char buffer[kTextBytesMax];
  const auto size = ::pread(file.get(), buffer, sizeof buffer, 0);
  if (size < 0) throw_problem("read");
  std::string_view text(buffer, static_cast<std::size_t>(size));
  if (text.empty()) return "";
  if (!text.starts_with(kFirstLine)) {
    throw StoreLost(file_name(path_) + " is not a lock file that this program can read; if it is damaged, delete it");
  }
  for (text.remove_prefix(kFirstLine.size()); !text.empty();) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with(kDatabaseTag)) return std::string(line.substr(kDatabaseTag.size()));
  }
  return "";
}

void LockFile::remember(const std::string& database) {
  if (database.empty() || this->database() == database) return;
  const auto text = text_for(database);
  // In place, for a file that replaced this one would not be locked; and in one write, that a reader sees all or
  // nothing.
  const bool written = ::pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
                       ::ftruncate(fd_, static_cast<off_t>(text.size())) == 0 && ::fsync(fd_) == 0;
  if (!written) throw_problem("write");
}

}  // namespace risk::store
