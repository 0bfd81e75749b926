#include "key_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <string_view>

#include "risk/base/id.hpp"
#include "risk/base/os.hpp"
#include "risk/bus/curve.hpp"
#include "risk/settings/curve.hpp"

namespace risk::settings {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr mode_t kSecretMode = 0600;
constexpr mode_t kPublicMode = 0644;
constexpr mode_t kForOthers = S_IRWXG | S_IRWXO;

std::string mode_text(mode_t mode) {
  std::string digits;
  for (int shift = 6; shift >= 0; shift -= 3) digits += static_cast<char>('0' + (mode >> shift & 7));
  return digits;
}

bool is_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  return !name.empty() && name.size() <= kNameBytesMax && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), fits);
}

// `forbidden` are permissions that the file must not give; `cure` says what to do about them.
Result<std::string> read_key(const std::string& path, mode_t forbidden, const std::string& cure) {
  const auto failed = [&path](const std::string& why) { return Error{path + ": " + why}; };
  const auto file = open_file(path, O_RDONLY | O_NONBLOCK);  // a pipe must not hold up the start
  if (!file.is_open()) return failed("cannot be opened: " + errno_text(errno));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return failed("cannot be looked at: " + errno_text(errno));
  if (!S_ISREG(status.st_mode)) return failed("must be a file");
  if ((status.st_mode & forbidden) != 0) return failed("has mode " + mode_text(status.st_mode) + ", " + cure);

  constexpr std::size_t kBytesRead = 128;  // more than a key needs
  auto read = read_at(file.get(), 0, kBytesRead);
  if (!read) return failed("cannot be read: " + errno_text(errno));
  auto text = *std::move(read);
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (!bus::is_key(text)) return failed("must hold one line, a key of 40 characters of Z85");
  return text;
}

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw std::runtime_error(path + ": " + why);
}

void write_key(const std::string& path, const std::string& key, mode_t mode) {
  const auto file = open_file(path, O_WRONLY | O_CREAT | O_EXCL, mode);
  if (!file.is_open()) fail(path, "cannot be made: " + errno_text(errno));
  const auto line = key + "\n";
  // Whatever the umask: services of other users read the public keys.
  const bool written = ::fchmod(file.get(), mode) == 0 && write_at(file.get(), 0, line) && ::fsync(file.get()) == 0;
  if (written) return;
  const int error = errno;
  ::unlink(path.c_str());
  fail(path, "cannot be written: " + errno_text(error));
}

void require_absent(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) fail(path, "is there already, and a key is never overwritten");
}

}  // namespace

std::string secret_key_path(const std::string& directory, const std::string& name) {
  return (std::filesystem::path(directory) / (name + ".key")).string();
}

std::string public_key_path(const std::string& directory, const std::string& name) {
  return (std::filesystem::path(directory) / (name + ".pub")).string();
}

Result<std::set<std::string>> public_key_names(const std::string& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return Error{directory + ": cannot be found: " + errno_text(errno)};
  if (!S_ISDIR(status.st_mode)) return Error{directory + ": must be a folder"};
  if ((status.st_mode & S_IWOTH) != 0) {
    return Error{directory + ": has mode " + mode_text(status.st_mode) +
                 ", everyone could add a key that is let in (chmod o-w)"};
  }
  std::error_code error;
  std::set<std::string> names;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto& path = entry->path();
    if (path.extension() == ".pub" && is_name(path.stem().string())) names.insert(path.stem().string());
  }
  if (error) return Error{directory + ": cannot be read: " + error.message()};
  return names;
}

Result<std::string> read_public_key(const std::string& directory, const std::string& name) {
  return read_key(public_key_path(directory, name), S_IWOTH, "everyone could put in a key that is let in (chmod o-w)");
}

Result<Secret> read_secret_key(const std::string& directory, const std::string& name) {
  auto key = read_key(secret_key_path(directory, name), kForOthers, "it must be its owner's alone (chmod 600)");
  if (!key) return key.error();
  return Secret(std::move(key).value());
}

std::vector<std::string> make_key_files(const std::string& directory, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (!is_name(name)) {
      throw std::runtime_error("\"" + printable(name) +
                               "\" is no name of a key: 1 to 64 of a-z A-Z 0-9 - _ ., not first - or .");
    }
  }
  std::error_code error;
  const bool made = std::filesystem::create_directories(directory, error);
  // Whatever the umask: a folder that others may write to is refused later.
  if (made && !error) std::filesystem::permissions(directory, std::filesystem::perms{0755}, error);
  if (error) fail(directory, "cannot be made: " + error.message());
  for (const auto& name : names) {
    require_absent(secret_key_path(directory, name));
    require_absent(public_key_path(directory, name));
  }
  std::vector<std::string> public_keys;
  for (const auto& name : names) {
    const auto pair = bus::make_key_pair();
    write_key(secret_key_path(directory, name), pair.secret_key.reveal(), kSecretMode);
    write_key(public_key_path(directory, name), pair.public_key, kPublicMode);
    public_keys.push_back(pair.public_key);
  }
  return public_keys;
}

}  // namespace risk::settings
