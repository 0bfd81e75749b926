#include "lock_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "risk/store/errors.hpp"

namespace risk::store {
namespace {

// Of the open file, not of the process: closing another descriptor of the file does not free it.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

bool LockFile::try_lock() {
  if (fd_ >= 0) return true;
  const int fd = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  auto lock = whole_file();
  if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0) {
    fd_ = fd;
    return true;
  }
  const int problem = errno;
  if (fd >= 0) close(fd);
  if (problem == EAGAIN || problem == EACCES) return false;
  throw StoreUnavailable("cannot lock " + path_ + ": " + std::strerror(problem));
}

void LockFile::unlock() noexcept {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

bool LockFile::is_locked() const {
  if (fd_ >= 0) return true;
  const int fd = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  auto lock = whole_file();
  const bool asked = fcntl(fd, F_OFD_GETLK, &lock) == 0;
  close(fd);
  return asked && lock.l_type != F_UNLCK;
}

}  // namespace risk::store
