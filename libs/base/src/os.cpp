#include "risk/base/os.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "risk/base/check.hpp"

namespace risk {
namespace {

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

// 0, or an errno.
int lock_at_once(int fd, FileLock::Kind kind) {
  auto lock = whole_file();
  const int result = kind == FileLock::Kind::kFlock ? ::flock(fd, LOCK_EX | LOCK_NB) : ::fcntl(fd, F_OFD_SETLK, &lock);
  return result == 0 ? 0 : errno;
}

bool is_taken(int error) {
  return error == EWOULDBLOCK || error == EAGAIN || error == EACCES;
}

// Renames `fresh`, whose bytes are on the disk, to `path`, and makes that durable.
std::optional<FileProblem> put_in_place(const std::string& fresh, const std::string& path) {
  if (::rename(fresh.c_str(), path.c_str()) != 0) return FileProblem{"replace", path, errno};
  const auto folder = folder_of(path);
  if (!sync_folder(folder)) return FileProblem{"sync", folder, errno};
  return std::nullopt;
}

}  // namespace

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

Descriptor open_file(const std::string& path, int flags, mode_t mode) {
  return Descriptor(::open(path.c_str(), flags | O_CLOEXEC, mode));
}

std::optional<std::string> read_at(int fd, std::uint64_t offset, std::size_t bytes) {
  std::string text(bytes, '\0');
  std::size_t done = 0;
  while (done < bytes) {
    const auto got = ::pread(fd, text.data() + done, bytes - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  text.resize(done);
  return text;
}

bool write_at(int fd, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return true;
}

bool sync_folder(const std::string& folder) {
  const auto opened = open_file(folder, O_RDONLY | O_DIRECTORY);
  return opened.is_open() && ::fsync(opened.get()) == 0;
}

std::optional<FileProblem> replace_file(const std::string& path, std::string_view bytes, mode_t mode) {
  const auto fresh = FileReplacement::temporary_of(path);
  const auto failed = [](const char* doing, const std::string& what) { return FileProblem{doing, what, errno}; };
  {
    const auto file = open_file(fresh, O_WRONLY | O_CREAT | O_TRUNC, mode);
    if (!file.is_open()) return failed("make", fresh);
    if (!write_at(file.get(), 0, bytes)) return failed("write", fresh);
    if (::fsync(file.get()) != 0) return failed("sync", fresh);
  }
  return put_in_place(fresh, path);
}

FileReplacement::~FileReplacement() {
  if (!file_.is_open()) return;
  file_.reset();
  ::unlink(temporary_of(path_).c_str());
}

std::optional<FileProblem> FileReplacement::open() {
  file_ = open_file(temporary_of(path_), O_WRONLY | O_CREAT | O_TRUNC, mode_);
  if (!file_.is_open()) return FileProblem{"make", temporary_of(path_), errno};
  return std::nullopt;
}

std::optional<FileProblem> FileReplacement::write(std::string_view bytes) {
  if (!write_at(file_.get(), written_, bytes)) return FileProblem{"write", temporary_of(path_), errno};
  written_ += bytes.size();
  return std::nullopt;
}

std::optional<FileProblem> FileReplacement::commit() {
  if (::fsync(file_.get()) != 0) return FileProblem{"sync", temporary_of(path_), errno};
  auto problem = put_in_place(temporary_of(path_), path_);
  if (!problem) file_.reset();
  return problem;
}

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::optional<FileId> file_id(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return FileId{found.st_dev, found.st_ino};
}

std::optional<FileId> file_id(int fd) {
  struct stat found {};
  if (::fstat(fd, &found) != 0) return std::nullopt;
  return FileId{found.st_dev, found.st_ino};
}

FileLock::Attempt FileLock::try_lock() {
  if (is_held()) return {true, std::nullopt};
  unlock();
  auto file = open_file(path_, O_RDWR | O_CREAT, mode_);
  if (!file.is_open()) return {false, FileProblem{"open", path_, errno}};
  if (const int error = lock_at_once(file.get(), kind_); error != 0) {
    if (is_taken(error)) return {};
    return {false, FileProblem{"lock", path_, error}};
  }
  file_ = std::move(file);
  return {true, std::nullopt};
}

bool FileLock::is_held() const {
  if (!file_.is_open()) return false;
  const auto ours = file_id(file_.get());
  return ours && ours == file_id(path_);
}

bool FileLock::is_held_by_anyone() const {
  RISK_CHECK(kind_ == Kind::kRecord);
  if (is_held()) return true;
  const auto file = open_file(path_, O_RDONLY);
  auto lock = whole_file();
  return file.is_open() && ::fcntl(file.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace risk
