#include "database_files.hpp"

#include <sys/stat.h>

#include <filesystem>

#include "risk/store/errors.hpp"

namespace risk::store {
namespace {

constexpr std::array<const char*, 3> kSuffixes = {"", "-wal", "-shm"};

}  // namespace

std::int64_t file_size(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_size : 0;
}

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

DatabaseFiles::DatabaseFiles(std::string path) : path_(std::move(path)) {
  for (std::size_t i = 0; i < kSuffixes.size(); ++i) opened_[i] = file_id(path_ + kSuffixes[i]);
}

void DatabaseFiles::check_in_place() const {
  for (std::size_t i = 0; i < kSuffixes.size(); ++i) {
    const auto path = path_ + kSuffixes[i];
    const auto now = file_id(path);
    if (now == opened_[i]) continue;
    if (now) throw StoreLost("another file has taken the place of " + file_name(path) + ", which is open");
    if (i != 0) throw StoreLost(file_name(path) + ", which is open, was deleted or moved");
    throw StoreUnavailable(file_name(path) +
                           ", which is open, was deleted or moved: nothing is written until it is back");
  }
}

std::string DatabaseFiles::id() const {
  if (!opened_[0]) return "";
  return std::to_string(opened_[0]->device) + ":" + std::to_string(opened_[0]->inode);
}

}  // namespace risk::store
