#include "journal/reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/file.hpp"

namespace risk::bus {
namespace {

// A segment's header and what a file system needs beside it.
constexpr off_t kBytes = 16 << 10;

}  // namespace

Reserve::Reserve(const std::string& directory) : path_(directory + "/reserve") {
  keep();
}

void Reserve::keep() {
  const FileHandle file(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (file.fd() < 0 || ::posix_fallocate(file.fd(), 0, kBytes) != 0) spend();
}

void Reserve::spend() {
  ::unlink(path_.c_str());
}

}  // namespace risk::bus
