// An exclusive lock on a file, freed by the kernel when its process dies. Two of the same file exclude each other
// within a process, too.
#pragma once

#include <string>

namespace risk::store {

class LockFile {
 public:
  explicit LockFile(std::string path) : path_(std::move(path)) {}
  ~LockFile() { unlock(); }
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

  // Makes the file if need be; it is never deleted. Throws StoreUnavailable when it cannot be opened.
  bool try_lock();
  void unlock() noexcept;
  // By anyone. Makes no file and disturbs no one who is locking.
  bool is_locked() const;

 private:
  std::string path_;
  int fd_ = -1;  // of a lock that is held
};

}  // namespace risk::store
