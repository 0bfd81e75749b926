#include "journal/reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "risk/base/os.hpp"

namespace risk::bus {
namespace {

// A segment's header and what a file system needs beside it.
constexpr off_t kBytes = 16 << 10;

}  // namespace

Reserve::Reserve(const std::string& directory) : path_(directory + "/reserve") {
  keep();
}

void Reserve::keep() {
  const auto file = open_file(path_, O_RDWR | O_CREAT, 0600);
  if (!file.is_open() || ::posix_fallocate(file.get(), 0, kBytes) != 0) spend();
}

void Reserve::spend() {
  ::unlink(path_.c_str());
}

}  // namespace risk::bus
