// The files of a SQLite database (FILE, FILE-wal, FILE-shm) as the file system has them. An open file lives on when its
// name is deleted, moved or given to another file: what is written to it then, nobody will ever find.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "risk/base/os.hpp"

namespace risk::store {

// 0: there is none.
std::int64_t file_size(const std::string& path);

// Without its folders: for messages that leave the machine.
std::string file_name(const std::string& path);

class DatabaseFiles {
 public:
  // Notes which files they are. Precondition: the database's are open.
  explicit DatabaseFiles(std::string path);

  // Throws StoreUnavailable when there is no FILE any more (it may be put back), StoreLost when it is another, or when
  // one of the other two is gone or another.
  void check_in_place() const;

  // FILE, as text; "" when there was none.
  std::string id() const;

 private:
  std::string path_;
  std::array<std::optional<FileId>, 3> opened_;  // in the order of the names above
};

}  // namespace risk::store
