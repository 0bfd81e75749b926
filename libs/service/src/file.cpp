#include "risk/service/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace risk::service {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::optional<std::string> type_problem(mode_t mode, Readable wanted) {
  if (S_ISREG(mode) || (S_ISFIFO(mode) && wanted == Readable::kFileOrPipe)) return std::nullopt;
  if (S_ISDIR(mode)) return "is a directory";
  if (S_ISFIFO(mode)) return "is a pipe, not a file";
  if (S_ISSOCK(mode)) return "is a socket, not a file";
  return "is a device, not a file";
}

// Reads until the end or until `text` is full. Returns how many bytes; -1 with errno after a failure.
ssize_t read_all(int descriptor, std::string& text) {
  std::size_t size = 0;
  while (size < text.size()) {
    const auto count = ::read(descriptor, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  return static_cast<ssize_t>(size);
}

}  // namespace

Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max) {
  // Without O_NONBLOCK the open of a pipe waits for its writer, perhaps for ever.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return Error{std::strerror(errno)};
  if (auto problem = type_problem(status.st_mode, Readable::kFile)) return Error{*std::move(problem)};
  std::string text(bytes_max + 1, '\0');
  const auto size = read_all(file.get(), text);
  if (size < 0) return Error{std::strerror(errno)};
  text.resize(static_cast<std::size_t>(size));
  if (text.size() > bytes_max) return Error{"is larger than " + std::to_string(bytes_max) + " bytes"};
  return text;
}

std::optional<std::string> file_problem(const std::string& path, Readable wanted) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::strerror(errno);
  if (auto problem = type_problem(status.st_mode, wanted)) return problem;
  if (::access(path.c_str(), R_OK) != 0) return std::strerror(errno);
  return std::nullopt;
}

}  // namespace risk::service
