// A journal where room is short: a volume smaller than a segment, a budget smaller than a batch.
#include <sys/mount.h>

#include <filesystem>
#include <fstream>

#include "journal/segment.hpp"
#include "risk/bus/journal.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "transport/frame.hpp"

using namespace risk::bus;
using risk::test::TemporaryFolder;

namespace {

constexpr std::size_t kVolumeBytes = 256 << 10;

// A file system of so many bytes on a folder, for as long as it lives.
class Volume {
 public:
  explicit Volume(const std::string& at) : at_(at) {
    std::filesystem::create_directories(at);
    mounted_ = ::mount("tmpfs", at.c_str(), "tmpfs", 0, ("size=" + std::to_string(kVolumeBytes)).c_str()) == 0;
  }
  ~Volume() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

  bool mounted() const { return mounted_; }

 private:
  std::string at_;
  bool mounted_;
};

bool append(Journal& journal, std::uint32_t count, std::size_t payload_bytes) {
  FrameWriter batch("t", {}, 1, "p");
  for (std::uint32_t i = 0; i < count; ++i) batch.append(std::string(payload_bytes, 'x'));
  return journal.append({journal.last_sequence() + 1, count, batch.records()});
}

// Appends until there is no room, and tells how many records came to be.
std::uint64_t fill(Journal& journal, std::uint32_t count, std::size_t payload_bytes) {
  while (append(journal, count, payload_bytes)) REQUIRE(journal.last_sequence() < 1'000'000);
  journal.sync();
  return journal.last_sequence();
}

JournalOptions kept_for_engine(const std::string& directory) {
  JournalOptions options;
  options.directory = directory;
  options.durable_consumers = {"risk-engine"};
  return options;
}

}  // namespace

TEST_CASE("A volume smaller than a segment is free again when everything is committed", "[bus][journal]") {
  TemporaryFolder folder;
  const Volume volume(folder / "v");
  if (!volume.mounted()) {
    WARN("skipped: this process may not mount a file system");
    return;
  }
  const auto options = kept_for_engine((folder / "v") + "/j");
  std::uint64_t last = 0;
  {
    Journal journal(options);
    for (int round = 0; round < 5; ++round) {
      const auto filled = fill(journal, 3, 1'000);
      REQUIRE(filled > last);
      last = filled;
      CHECK(journal.blocked() == "no space is left for the journal " + options.directory);
      journal.committed("risk-engine", 1, last - 1);
      CHECK_FALSE(append(journal, 3, 1'000));  // one record is still needed: nothing goes
      CHECK(journal.extent(1).last == last);
      journal.committed("risk-engine", 1, last);
      REQUIRE(append(journal, 3, 1'000));
      CHECK_FALSE(journal.blocked());
      last = journal.last_sequence();
    }
    journal.sync();
    journal.committed("risk-engine", 1, last);
  }
  Journal again(options);
  CHECK(again.epoch() == 1);
  CHECK(again.last_sequence() == last);
  CHECK(again.notes().empty());
}

TEST_CASE("A volume that filled up just after a segment was begun is free again when everything is committed",
          "[bus][journal]") {
  TemporaryFolder folder;
  const Volume volume(folder / "v");
  if (!volume.mounted()) {
    WARN("skipped: this process may not mount a file system");
    return;
  }
  const auto options = kept_for_engine((folder / "v") + "/j");
  std::uint64_t last = 0;
  SegmentHeader begun;
  {
    Journal journal(options);
    REQUIRE(append(journal, 100, 1'000));
    journal.sync();
    last = journal.last_sequence();
    const auto before = std::filesystem::file_size(options.directory + "/" + Segment::file_name(1, 1));
    begun = {*parse_stream_id(journal.stream().text), 1, last + 1, before};
  }
  const std::string next = options.directory + "/" + Segment::file_name(1, last + 1);
  std::ofstream(next, std::ios::binary) << Segment::encode(begun);
  std::filesystem::remove(options.directory + "/reserve");
  {
    std::ofstream rest((folder / "v") + "/rest", std::ios::binary);
    while (rest << std::string(4096, 'x') << std::flush) continue;
  }
  {
    Journal journal(options);
    REQUIRE(journal.last_sequence() == last);
    CHECK_FALSE(append(journal, 3, 5'000));
    journal.committed("risk-engine", 1, last);
    REQUIRE(append(journal, 3, 5'000));
    journal.sync();
  }
  const Journal again(options);
  CHECK(again.last_sequence() == last + 3);
}

TEST_CASE("A full volume that nobody has committed loses nothing, and gains no room", "[bus][journal]") {
  TemporaryFolder folder;
  const Volume volume(folder / "v");
  if (!volume.mounted()) {
    WARN("skipped: this process may not mount a file system");
    return;
  }
  const auto options = kept_for_engine((folder / "v") + "/j");
  Journal journal(options);
  const auto last = fill(journal, 3, 1'000);
  for (int i = 0; i < 10; ++i) CHECK_FALSE(append(journal, 3, 1'000));
  CHECK(journal.extent(1).first == 1);
  CHECK(journal.extent(1).last == last);
}

TEST_CASE("A budget smaller than two batches goes on when everything is committed", "[bus][journal]") {
  TemporaryFolder folder;
  auto options = kept_for_engine(folder / "j");
  options.bytes_max = 64 << 10;
  Journal journal(options);
  for (int round = 1; round <= 5; ++round) {
    REQUIRE(append(journal, 256, 1'000));  // four times the budget
    CHECK_FALSE(append(journal, 256, 1'000));
    journal.sync();
    CHECK_FALSE(append(journal, 256, 1'000));
    journal.committed("risk-engine", 1, journal.last_sequence());
  }
  CHECK(journal.last_sequence() == 5 * 256);
  CHECK(journal.bytes() < 300'000);
}

TEST_CASE("A stream whose records were all dropped goes on behind them", "[bus][journal]") {
  TemporaryFolder folder;
  const auto options = kept_for_engine(folder / "j");
  SegmentHeader begun;
  {
    Journal journal(options);
    REQUIRE(append(journal, 256, 1'000));
    begun = {*parse_stream_id(journal.stream().text), 1, 257, 0};
  }
  // As a crash leaves it between beginning a segment, with the old one gone, and filling it.
  for (const auto& file : std::filesystem::directory_iterator(folder / "j")) {
    if (file.path().extension() == ".segment") std::filesystem::remove(file.path());
  }
  std::ofstream((folder / "j") + "/" + Segment::file_name(1, 257), std::ios::binary) << Segment::encode(begun);
  Journal again(options);
  CHECK(again.epoch() == 1);
  CHECK(again.last_sequence() == 256);
  REQUIRE(append(again, 1, 10));
  CHECK(again.last_sequence() == 257);
}
