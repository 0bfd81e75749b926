#include "lock_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "database_files.hpp"
#include "risk/base/os.hpp"
#include "risk/store/errors.hpp"

namespace risk::store {
namespace {

constexpr std::string_view kFirstLine = "risk-alert engine lock 1\n";
constexpr std::string_view kDatabaseTag = "database ";
constexpr std::size_t kTextBytesMax = 4096;

std::string text_for(const std::string& database) {
  return std::string(kFirstLine) + std::string(kDatabaseTag) + database + "\n";
}

}  // namespace

bool LockFile::try_lock() {
  const auto attempt = lock_.try_lock();
  if (attempt.problem) throw_problem(*attempt.problem);
  return attempt.is_locked;
}

void LockFile::throw_errno(const char* doing) const {
  throw_problem({doing, lock_.path(), errno});
}

void LockFile::throw_problem(const FileProblem& problem) const {
  throw StoreUnavailable("cannot " + problem.doing + " " + file_name(problem.path) + ": " + errno_text(problem.error));
}

std::string LockFile::database() const {
  const auto file = open_file(lock_.path(), O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR) return "";
    throw_errno("read");
  }
  char buffer[kTextBytesMax];
  const auto size = ::pread(file.get(), buffer, sizeof buffer, 0);  // at once, as remember() writes it
  if (size < 0) throw_errno("read");
  std::string_view text(buffer, static_cast<std::size_t>(size));
  if (text.empty()) return "";
  if (!text.starts_with(kFirstLine)) {
    throw StoreLost(file_name(lock_.path()) +
                    " is not a lock file that this program can read; if it is damaged, delete it");
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
  const int file = lock_.fd();
  const bool written = ::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
                       ::ftruncate(file, static_cast<off_t>(text.size())) == 0 && ::fsync(file) == 0;
  if (!written) throw_errno("write");
}

}  // namespace risk::store
