// What every module needs of the operating system's files: open, read and write whole, replace durably, lock.
//
// Errors: these functions leave the reason in errno, or hand it back in a FileProblem; each caller words its own
// message, for only the caller knows what the file is for. Threads: any, except where a class says otherwise.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "risk/base/descriptor.hpp"

namespace risk {

// "No such file or directory" for ENOENT. Unlike strerror() it is safe in any thread.
std::string errno_text(int error);

// What failed with which file, and why.
struct FileProblem {
  std::string doing;  // a verb: "make", "write", …
  std::string path;   // of the very file or folder that failed
  int error = 0;      // an errno
};

// open(2) with O_CLOEXEC. A descriptor that is not open: errno says why.
Descriptor open_file(const std::string& path, int flags, mode_t mode = 0);

// Up to `bytes` bytes from `offset` on; fewer at the end of the file. No value: errno says why.
std::optional<std::string> read_at(int fd, std::uint64_t offset, std::size_t bytes);

// All of `bytes` at `offset`. False: errno says why, and any part of them may have been written.
bool write_at(int fd, std::uint64_t offset, std::string_view bytes);

// fsync(2) of a folder, which makes the names in it durable. False: errno says why.
bool sync_folder(const std::string& folder);

// Replaces the file at `path` as a whole: after a crash or a power cut it is the old one or the new one, and it is the
// new one once this has returned. Writes PATH.new on the way, which a crash may leave behind and the next call reuses.
// `mode` is that of open(2). Returns what failed ("make", "write" or "sync" of PATH.new, "replace" of PATH, "sync" of
// the folder); before the last of these the old file still stands.
std::optional<FileProblem> replace_file(const std::string& path, std::string_view bytes, mode_t mode);

// The same for a file that is written piece by piece: it appears, or replaces the one at `path`, when it is whole.
// Threads: one at a time.
class FileReplacement {
 public:
  FileReplacement(std::string path, mode_t mode) : path_(std::move(path)), mode_(mode) {}
  ~FileReplacement();  // unless it was committed, PATH.new is gone and what was at `path` stands
  FileReplacement(const FileReplacement&) = delete;
  FileReplacement& operator=(const FileReplacement&) = delete;

  // Each returns what failed, as replace_file() does. In this order: open(), any number of write(), commit().
  std::optional<FileProblem> open();
  std::optional<FileProblem> write(std::string_view bytes);
  std::optional<FileProblem> commit();

  static std::string temporary_of(const std::string& path) { return path + ".new"; }

 private:
  std::string path_;
  mode_t mode_;
  Descriptor file_;
  std::uint64_t written_ = 0;
};

// The folder that `path` names a file in; "." for a bare name.
std::string folder_of(const std::string& path);

// Which file it is: of all files that are open at a time no two have the same.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const FileId&, const FileId&) = default;
};

// Of the file that `path` leads to; no value: it leads to none.
std::optional<FileId> file_id(const std::string& path);
std::optional<FileId> file_id(int fd);

// An exclusive lock on a file, which the kernel frees when the process dies. Two locks on the same file exclude each
// other within a process, too. Threads: one at a time.
class FileLock {
 public:
  // The two kinds do not exclude each other on one file, so a file keeps the kind that earlier releases took.
  enum class Kind : std::uint8_t {
    kFlock,   // flock(2)
    kRecord,  // F_OFD_SETLK of fcntl(2), which others can ask about without disturbing whoever is locking
  };

  FileLock(std::string path, mode_t mode, Kind kind) : path_(std::move(path)), mode_(mode), kind_(kind) {}

  struct Attempt {
    bool is_locked = false;              // false without a problem: another one holds the lock
    std::optional<FileProblem> problem;  // "open" or "lock"
  };
  // Makes the file if need be; this class never deletes it. A lock on a file that was deleted or replaced since
  // excludes nobody: it is given up for one on the file that is there now.
  Attempt try_lock();
  void unlock() noexcept { file_.reset(); }

  // Whether this object holds the lock on the file that is at the path now.
  bool is_held() const;
  // Whether anyone holds it. Makes no file. Precondition: kind kRecord.
  bool is_held_by_anyone() const;

  int fd() const { return file_.get(); }  // of a lock that is held
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  mode_t mode_;
  Kind kind_;
  Descriptor file_;
};

}  // namespace risk
