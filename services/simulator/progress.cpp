#include "simulator/progress.hpp"

#include <filesystem>
#include <fstream>
#include <optional>

#include "risk/base/os.hpp"

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
  const auto text = std::to_string(progress.epoch) + " " + std::to_string(progress.base) + " " +
                    std::to_string(progress.items) + "\n" + progress.input + "\n";
  if (const auto problem = replace_file(path, text, 0666)) {
    throw log::LogError("cannot write " + path + ": " + errno_text(problem->error));
  }
}

std::string named(const char* what, const std::string& path) {
  if (path.empty()) return "";
  std::error_code has_none;  // of a pipe nobody knows how much will come
  const auto bytes = std::filesystem::file_size(path, has_none);
  return std::string(what) + "=" + path + (has_none ? "" : ":" + std::to_string(bytes)) + " ";
}

}  // namespace

std::string input_of(const Options& options) {
  return named("positions", options.positions_path) + named("replay", options.replay_path) +
         named("instruments", options.instruments_path) + named("prices", options.prices_path) +
         named("rates", options.rates_path) + named("adjustments", options.adjustments_path) +
         "speed=" + (options.speed == Speed::max() ? "max" : std::to_string(options.speed.factor)) +
         (options.input_format.name.empty() ? "" : " " + options.input_format.to_string());
}

std::uint64_t begin_input(const log::Writer& log, const std::string& topic, const std::string& directory,
                          const std::string& input, bool resume) {
  const auto end = log.last(topic);
  const auto& [stream, epoch, sequence, hash] = end.fields();
  const auto appended_since = [&, &stream = stream](std::uint64_t of_epoch, std::uint64_t of_sequence) {
    return log.appended_since(topic, log::Position(stream, of_epoch, of_sequence));
  };
  const std::string path = directory + "/input";
  const auto noted = read(path);
  auto progress = noted;
  if (!resume || !progress || progress->input != input) progress = Progress{epoch, sequence, 0, input};
  if (progress->epoch != epoch) {
    progress->items += appended_since(progress->epoch, progress->base) - appended_since(epoch, 0);
    progress->epoch = epoch;
    progress->base = 0;
  }
  if (progress != noted) write(path, *progress);  // a volume may be full while nothing is to be noted
  return progress->items + appended_since(progress->epoch, progress->base);
}

}  // namespace risk::simulator
