// An exclusive lock on a file, freed by the kernel when its process dies; two of the same file exclude each other
// within a process, too. The file remembers which database it was locked for, so that one who finds no database beside
// it knows that there was one. Its text, in version 1, a line a tag:
//
//   risk-alert engine lock 1
//   database 2026-11-28T08:36:00.123456Z
//
// Tags that are not known are passed over. A file without text, as releases before made it, remembers nothing.
#pragma once

#include <string>
#include <utility>

#include "risk/base/os.hpp"

namespace risk::store {

class LockFile {
 public:
  explicit LockFile(std::string path) : lock_(std::move(path), 0644, FileLock::Kind::kRecord) {}

  // Makes the file if need be; this class never deletes it. A lock on a file that was deleted or replaced since
  // excludes nobody: it is given up for one on the file that is there now. Throws StoreUnavailable when it cannot be
  // opened.
  bool try_lock();
  void unlock() noexcept { lock_.unlock(); }
  // By anyone. Makes no file and disturbs no one who is locking.
  bool is_locked() const { return lock_.is_held_by_anyone(); }

  // The database it was locked for; "" when there is no file or it remembers none. Throws StoreLost when it holds
  // something else.
  std::string database() const;
  // Writes it, synced, unless it is there. Precondition: the lock is held. Throws StoreUnavailable.
  void remember(const std::string& database);

 private:
  [[noreturn]] void throw_problem(const FileProblem& problem) const;
  [[noreturn]] void throw_errno(const char* doing) const;

  FileLock lock_;
};

}  // namespace risk::store
