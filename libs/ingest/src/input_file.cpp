#include "input_file.hpp"

#include <cerrno>
#include <filesystem>

#include "risk/base/os.hpp"
#include "risk/ingest/csv.hpp"

namespace risk::ingest {

std::ifstream open_input(const std::string& path) {
  using Type = std::filesystem::file_type;
  std::error_code ignored;  // the open below says why
  const auto type = std::filesystem::status(path, ignored).type();
  if (type == Type::directory) throw CsvError(path + ": is a directory");
  if (type == Type::character || type == Type::block) throw CsvError(path + ": is a device, not a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw CsvError(path + ": " + errno_text(errno));
  return file;
}

}  // namespace risk::ingest
