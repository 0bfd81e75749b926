#include "risk/service/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "risk/base/os.hpp"

namespace risk::service {
namespace {

std::optional<std::string> type_problem(mode_t mode, Readable wanted) {
  if (S_ISREG(mode) || (S_ISFIFO(mode) && wanted == Readable::kFileOrPipe)) return std::nullopt;
  if (S_ISDIR(mode)) return "is a directory";
  if (S_ISFIFO(mode)) return "is a pipe, not a file";
  if (S_ISSOCK(mode)) return "is a socket, not a file";
  return "is a device, not a file";
}

}  // namespace

Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max) {
  // Without O_NONBLOCK the open of a pipe waits for its writer, perhaps for ever.
  const auto file = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) return Error{errno_text(errno)};
  if (auto problem = type_problem(status.st_mode, Readable::kFile)) return Error{*std::move(problem)};
  auto text = read_at(file.get(), 0, bytes_max + 1);
  if (!text) return Error{errno_text(errno)};
  if (text->size() > bytes_max) return Error{"is larger than " + std::to_string(bytes_max) + " bytes"};
  return *std::move(text);
}

std::optional<std::string> file_problem(const std::string& path, Readable wanted) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return errno_text(errno);
  if (auto problem = type_problem(status.st_mode, wanted)) return problem;
  if (::access(path.c_str(), R_OK) != 0) return errno_text(errno);
  return std::nullopt;
}

}  // namespace risk::service
