#include "simulator/progress.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

namespace risk::simulator {
namespace {

struct Progress {
  std::uint64_t epoch = 0;
  std::uint64_t base = 0;   // the epoch's last record before this input
  std::uint64_t items = 0;  // of this input, published in epochs before
  std::string input;

  friend bool operator==(const Progress&, const Progress&) = default;
};

std::optional<Progress> read(const std::string& path) {
  std::ifstream file(path);
  Progress progress;
  if (!(file >> progress.epoch >> progress.base >> progress.items)) return std::nullopt;
  file.get();
  if (!std::getline(file, progress.input)) return std::nullopt;
  return progress;
}

// As a whole or not at all: a half-written note would send items twice.
void write(const std::string& path, const Progress& progress) {
  const std::string fresh = path + ".new";
  const auto fail = [&] { throw bus::JournalError("cannot write " + path + ": " + std::strerror(errno)); };
  std::FILE* file = std::fopen(fresh.c_str(), "w");
  if (file == nullptr) fail();
  const bool printed = std::fprintf(file, "%llu %llu %llu\n%s\n", static_cast<unsigned long long>(progress.epoch),
                                    static_cast<unsigned long long>(progress.base),
                                    static_cast<unsigned long long>(progress.items), progress.input.c_str()) > 0;
  const bool synced = printed && std::fflush(file) == 0 && ::fsync(::fileno(file)) == 0;
  if (std::fclose(file) != 0 || !synced || std::rename(fresh.c_str(), path.c_str()) != 0) fail();
}

std::string named(const char* what, const std::string& path) {
  if (path.empty()) return "";
  return std::string(what) + "=" + path + ":" + std::to_string(std::filesystem::file_size(path)) + " ";
}

}  // namespace

std::string input_of(const Options& options) {
  return named("positions", options.positions_path) + named("replay", options.replay_path) +
         "speed=" + (options.speed == Speed::max() ? "max" : std::to_string(options.speed.factor));
}

std::uint64_t begin_input(bus::Journal& journal, const std::string& directory, const std::string& input, bool resume) {
  const std::string path = directory + "/input";
  const auto noted = read(path);
  auto progress = noted;
  if (!resume || !progress || progress->input != input) {
    progress = Progress{journal.epoch(), journal.last_sequence(), 0, input};
  }
  if (progress->epoch != journal.epoch()) {
    progress->items += journal.extent(progress->epoch).last - progress->base;
    progress->epoch = journal.epoch();
    progress->base = 0;
  }
  if (progress != noted) write(path, *progress);  // a volume may be full while nothing is to be noted
  return progress->items + journal.last_sequence() - progress->base;
}

}  // namespace risk::simulator
