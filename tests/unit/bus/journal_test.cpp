// A journal against everything that happens to files: torn tails, cuts, flipped bits, full volumes, other processes.
#include "risk/bus/journal.hpp"

#include <algorithm>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>

#include "journal/segment.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "transport/frame.hpp"

using namespace risk::bus;
using risk::test::TemporaryFolder;

namespace {

namespace fs = std::filesystem;

// The payload of a sequence: another length each, so that entries have many shapes.
std::string payload(std::uint64_t epoch, std::uint64_t sequence) {
  return std::to_string(epoch) + ":" + std::to_string(sequence) + std::string(sequence * 7 % 40, 'x');
}

bool append(Journal& journal, std::uint32_t count) {
  FrameWriter batch("t", {}, 1, "p");
  const auto first = journal.last_sequence() + 1;
  for (std::uint64_t i = 0; i < count; ++i) batch.append(payload(journal.epoch(), first + i));
  return journal.append({first, count, batch.records()});
}

// Reads an epoch from `from` on; every record must be the one that was appended. Returns the last one.
std::uint64_t read(Journal& journal, std::uint64_t epoch, std::uint64_t from, std::size_t bytes_max = 1 << 30) {
  auto due = from;
  journal.read(epoch, from, bytes_max, [&](const Run& run) {
    auto records = run.records;
    for (auto sequence = run.first; sequence <= run.last(); ++sequence) {
      const auto record = take_record(records);
      if (sequence < from) continue;
      REQUIRE(sequence == due++);
      REQUIRE(record == payload(epoch, sequence));
    }
    REQUIRE(records.empty());
  });
  return due - 1;
}

JournalOptions in(const std::string& directory) {
  JournalOptions options;
  options.directory = directory;
  return options;
}

std::vector<std::string> segments(const std::string& directory) {
  std::vector<std::string> paths;
  for (const auto& file : fs::directory_iterator(directory)) {
    if (file.path().extension() == ".segment") paths.push_back(file.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

void flip(const std::string& path, std::uint64_t offset, int bit = 0) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const auto byte = static_cast<char>(file.get() ^ (1 << bit));
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(byte);
}

std::string error_of(const JournalOptions& options) {
  try {
    const Journal journal(options);
    return "";
  } catch (const JournalError& error) {
    return error.what();
  }
}

// `entries` entries of 1 to 5 records in one segment, closed as a process does that ends.
std::uint64_t fill(const std::string& directory, int entries, std::uint64_t bytes_max = 1 << 30) {
  auto options = in(directory);
  options.bytes_max = bytes_max;
  Journal journal(options);
  for (int i = 0; i < entries; ++i) REQUIRE(append(journal, static_cast<std::uint32_t>(i % 5 + 1)));
  return journal.last_sequence();
}

}  // namespace

TEST_CASE("What was appended is read back after a restart, in the same stream and epoch", "[bus][journal]") {
  TemporaryFolder folder;
  StreamId stream;
  {
    Journal journal(in(folder / "j"));
    stream = journal.stream();
    REQUIRE(append(journal, 3));
    REQUIRE(append(journal, 1));
    journal.sync();
    CHECK(journal.extent(1).first == 1);
    CHECK(journal.extent(1).last == 4);
    CHECK(read(journal, 1, 1) == 4);
    CHECK(read(journal, 1, 3) == 4);
  }
  Journal journal(in(folder / "j"));
  CHECK(journal.stream() == stream);
  CHECK(journal.epoch() == 1);
  CHECK(journal.last_sequence() == 4);
  CHECK(journal.notes().empty());
  REQUIRE(append(journal, 2));
  journal.sync();
  CHECK(read(journal, 1, 2) == 6);
}

TEST_CASE("What is not synced is in no extent", "[bus][journal]") {
  TemporaryFolder folder;
  Journal journal(in(folder / "j"));
  REQUIRE(append(journal, 3));
  CHECK(journal.extent(1).last == 0);
  CHECK(journal.extent(1).first == 1);
  journal.sync();
  CHECK(journal.extent(1).last == 3);
}

TEST_CASE("A journal that is deleted under its publisher takes nothing more, and says so", "[bus][journal]") {
  const bool sync = GENERATE(true, false);
  TemporaryFolder folder;
  auto options = in(folder / "j");
  options.sync = sync;
  Journal journal(options);
  REQUIRE(append(journal, 3));
  journal.sync();
  std::filesystem::remove_all(folder / "j");
  REQUIRE(append(journal, 1));
  CHECK_THROWS_WITH(journal.sync(), Catch::Matchers::ContainsSubstring("was deleted while it was being written"));
}

TEST_CASE("A journal is one process's", "[bus][journal]") {
  TemporaryFolder folder;
  const Journal journal(in(folder / "j"));
  CHECK(error_of(in(folder / "j")).find("is in use by another process") != std::string::npos);
}

TEST_CASE("Reading goes piece by piece over segments", "[bus][journal]") {
  TemporaryFolder folder;
  auto options = in(folder / "j");
  options.bytes_max = 64 << 10;
  Journal journal(options);
  for (int i = 0; i < 300; ++i) REQUIRE(append(journal, 3));
  journal.sync();
  REQUIRE(segments(folder / "j").size() > 2);
  std::uint64_t last = 0;
  while (last < 900) {
    const auto before = last;
    last = read(journal, 1, last + 1, 100);
    REQUIRE(last > before);
  }
  CHECK(last == 900);
}

TEST_CASE("Only whole segments that every durable consumer has committed are deleted", "[bus][journal]") {
  TemporaryFolder folder;
  auto options = in(folder / "j");
  options.bytes_max = 64 << 10;
  options.durable_consumers = {"a", "b"};
  Journal journal(options);
  for (int i = 0; i < 300; ++i) REQUIRE(append(journal, 3));
  journal.sync();
  const auto before = segments(folder / "j").size();
  journal.committed("a", 1, 900);
  journal.committed("stranger", 1, 900);
  journal.trim();
  CHECK(segments(folder / "j").size() == before);
  CHECK(journal.committed() == 0);
  journal.committed("b", 1, 400);
  journal.trim();
  CHECK(segments(folder / "j").size() < before);
  CHECK(journal.committed() == 400);
  CHECK(journal.extent(1).first <= 401);
  CHECK(journal.extent(1).first > 1);
  CHECK(read(journal, 1, journal.extent(1).first) == 900);
  journal.committed("b", 1, 300);  // cursors do not go back
  CHECK(journal.committed() == 400);
}

TEST_CASE("A full journal takes nothing more and says who holds it, until the consumer has committed",
          "[bus][journal]") {
  TemporaryFolder folder;
  auto options = in(folder / "j");
  options.bytes_max = 64 << 10;
  options.durable_consumers = {"risk-engine"};
  Journal journal(options);
  while (append(journal, 5)) REQUIRE(journal.bytes() <= options.bytes_max);
  const auto last = journal.last_sequence();
  REQUIRE(journal.blocked());
  CHECK(journal.blocked()->find("is full") != std::string::npos);
  CHECK(journal.blocked()->find("risk-engine has not said how far it is") != std::string::npos);
  journal.sync();
  journal.committed("risk-engine", 1, 1);
  CHECK_FALSE(append(journal, 5));
  CHECK(journal.blocked()->find("risk-engine has committed 1 of " + std::to_string(last)) != std::string::npos);
  journal.committed("risk-engine", 1, last);
  REQUIRE(append(journal, 5));
  CHECK_FALSE(journal.blocked());
  CHECK(journal.last_sequence() == last + 5);
}

TEST_CASE("A consumer that has more than was ever published contradicts the journal", "[bus][journal]") {
  TemporaryFolder folder;
  auto options = in(folder / "j");
  options.durable_consumers = {"risk-engine"};
  Journal journal(options);
  REQUIRE(append(journal, 5));
  journal.sync();
  journal.committed("risk-engine", 1, 5);
  CHECK_FALSE(journal.contradiction());
  journal.committed("risk-engine", 1, 6);
  REQUIRE(journal.contradiction());
  CHECK(journal.contradiction()->find("risk-engine has committed record 6 of epoch 1") == 0);
  CHECK(journal.committed() == 5);
}

TEST_CASE("A tail that was never synced and is torn is cut off, and nothing else", "[bus][journal]") {
  TemporaryFolder folder;
  const auto directory = folder / "j";
  const auto last = fill(directory, 10);
  const auto path = segments(directory).at(0);
  const auto whole = fs::file_size(path);
  // An entry that a process did not finish to write.
  std::ofstream(path, std::ios::app | std::ios::binary) << std::string("RJEN\5\0\0\0\1", 9);
  {
    Journal journal(in(directory));
    CHECK(journal.epoch() == 1);
    CHECK(journal.last_sequence() == last);
    REQUIRE(journal.notes().size() == 1);
    CHECK(journal.notes()[0].find("byte " + std::to_string(whole) + ": an entry is cut off; 9 bytes dropped") !=
          std::string::npos);
    CHECK(read(journal, 1, 1) == last);
    REQUIRE(append(journal, 2));
  }
  Journal journal(in(directory));
  CHECK(journal.notes().empty());
  CHECK(read(journal, 1, 1) == last + 2);
}

TEST_CASE("Cut at any offset, a journal keeps the intact prefix and goes on in a new epoch", "[bus][journal]") {
  TemporaryFolder folder;
  fill(folder / "whole", 400);
  const auto whole = fs::file_size(segments(folder / "whole").at(0));
  std::mt19937_64 random(7);
  int prefixes = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto offset = 72 + random() % (whole - 72);
    INFO("cut at " << offset);
    const auto directory = folder / "cut";
    fs::remove_all(directory);
    fs::copy(folder / "whole", directory);
    fs::resize_file(segments(directory).at(0), offset);
    Journal journal(in(directory));
    REQUIRE(journal.epoch() == 2);
    REQUIRE(journal.notes().size() == 2);
    const auto extent = journal.extent(1);
    REQUIRE(extent.over);
    if (extent.last > 0) {
      ++prefixes;
      REQUIRE(read(journal, 1, 1) == extent.last);
    }
    // No more is gone than the entry that was cut and what came after it.
    REQUIRE(fs::file_size(segments(directory).at(0)) + 32 + 5 * 60 > offset);
    REQUIRE(journal.last_sequence() == 0);
    REQUIRE(append(journal, 1));
    journal.sync();
    REQUIRE(read(journal, 2, 1) == 1);
  }
  CHECK(prefixes > 900);
}

TEST_CASE("Any flipped bit is refused with its place, and never read as a message", "[bus][journal]") {
  TemporaryFolder folder;
  const auto last = fill(folder / "whole", 400);
  const auto whole = fs::file_size(segments(folder / "whole").at(0));
  std::mt19937_64 random(11);
  int refused = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto offset = i < 72 ? static_cast<std::uint64_t>(i) : random() % whole;
    INFO("flipped at " << offset);
    const auto directory = folder / "flipped";
    fs::remove_all(directory);
    fs::copy(folder / "whole", directory);
    const auto path = segments(directory).at(0);
    flip(path, offset, static_cast<int>(random() % 8));
    const auto error = error_of(in(directory));
    // The note of what is synced guards nothing that is read.
    if (offset >= 56 && offset < 72) {
      REQUIRE(error.empty());
      continue;
    }
    ++refused;
    REQUIRE(error.find("journal " + path + ", byte ") == 0);

    // A reset keeps what stands before the damage.
    auto options = in(directory);
    options.reset = true;
    Journal journal(options);
    REQUIRE(journal.epoch() == 2);
    const auto kept = journal.extent(1).last;
    REQUIRE(kept < last);
    if (kept > 0) REQUIRE(read(journal, 1, 1) == kept);
  }
  CHECK(refused == 984);
}

TEST_CASE("Damage in a segment that is long closed is refused when it is read, and told by its place",
          "[bus][journal]") {
  TemporaryFolder folder;
  const auto directory = folder / "j";
  const auto last = fill(directory, 300, 64 << 10);
  const auto path = segments(directory).at(0);
  SECTION("a flipped bit") {
    flip(path, 500);
    Journal journal(in(directory));
    CHECK_THROWS_WITH(read(journal, 1, 1), Catch::Matchers::Contains("journal " + path + ", byte ") &&
                                               Catch::Matchers::Contains("wrong checksum"));
    CHECK(read(journal, 1, last - 5) == last);  // the others are whole
  }
  SECTION("cut short: seen at once") {
    const auto was = fs::file_size(path);
    fs::resize_file(path, was - 1);
    CHECK(error_of(in(directory)).find("the segment was " + std::to_string(was) + " bytes long") != std::string::npos);
  }
  SECTION("deleted with those before it: the rest is there, and says where it begins") {
    const auto next = segments(directory).at(1);
    fs::remove(path);
    Journal journal(in(directory));
    const auto extent = journal.extent(1);
    CHECK(Segment::file_name(1, extent.first) == fs::path(next).filename());
    CHECK(read(journal, 1, extent.first) == last);
  }
  SECTION("gone") {
    const auto middle = segments(directory).at(1);
    fs::remove(middle);
    CHECK(error_of(in(directory)).find("the segment was") != std::string::npos);
  }
}

TEST_CASE("A segment of another journal is refused", "[bus][journal]") {
  TemporaryFolder folder;
  fill(folder / "a", 3);
  fill(folder / "b", 3);
  fs::copy_file(segments(folder / "a").at(0), segments(folder / "b").at(0), fs::copy_options::overwrite_existing);
  CHECK(error_of(in(folder / "b")).find("of another stream") != std::string::npos);
}

TEST_CASE("A lost journal is another stream", "[bus][journal]") {
  TemporaryFolder folder;
  StreamId before;
  {
    const Journal journal(in(folder / "j"));
    before = journal.stream();
  }
  fs::remove_all(folder / "j");
  const Journal journal(in(folder / "j"));
  CHECK(journal.stream() != before);
  CHECK(journal.epoch() == 1);
}

TEST_CASE("A journal without its stream file does not guess; reset, it asks its segments", "[bus][journal]") {
  TemporaryFolder folder;
  const auto last = fill(folder / "j", 3);
  auto reset = in(folder / "j");
  reset.reset = true;
  const auto stream = Journal(in(folder / "j")).stream();
  SECTION("missing") {
    fs::remove(folder / "j/stream");
    CHECK(error_of(in(folder / "j")).find("its file `stream` is missing") != std::string::npos);
  }
  SECTION("damaged") {
    flip(folder / "j/stream", 12);
    CHECK(error_of(in(folder / "j")).find("stream, byte 32: wrong checksum") != std::string::npos);
  }
  SECTION("cut") {
    fs::resize_file(folder / "j/stream", 10);
    CHECK(error_of(in(folder / "j")).find("is 10 bytes long") != std::string::npos);
  }
  {
    Journal journal(reset);
    CHECK(journal.stream() == stream);
    CHECK(journal.epoch() == 2);
    CHECK(read(journal, 1, 1) == last);
    REQUIRE(append(journal, 3));
  }
  flip(folder / "j/stream", 12);
  flip(segments(folder / "j").back(), 10);  // its header: only its name still says that epoch 2 is used up
  {
    Journal journal(reset);
    CHECK(journal.stream() == stream);
    CHECK(journal.epoch() == 3);
    CHECK(read(journal, 1, 1) == last);
  }
  flip(folder / "j/stream", 12);
  flip(segments(folder / "j").back(), 10);
  Journal journal(reset);  // nothing says which stream it was
  CHECK(journal.stream() != stream);
  CHECK(journal.last_sequence() == 0);
  CHECK(segments(folder / "j").empty());
}

TEST_CASE("A reset journal goes on in a new epoch, with the old one still there", "[bus][journal]") {
  TemporaryFolder folder;
  const auto last = fill(folder / "j", 5);
  auto options = in(folder / "j");
  options.reset = true;
  {
    Journal journal(options);
    CHECK(journal.epoch() == 2);
    CHECK(journal.last_sequence() == 0);
    CHECK(journal.extent(1).over);
    CHECK(read(journal, 1, 1) == last);
    REQUIRE(append(journal, 3));
  }
  Journal journal(in(folder / "j"));
  CHECK(journal.epoch() == 2);
  CHECK(journal.last_sequence() == 3);
  CHECK(read(journal, 1, 1) == last);
  CHECK(read(journal, 2, 1) == 3);
  // A consumer that is still in the old epoch holds it.
  CHECK(journal.extent(3).last == 0);
}

TEST_CASE("Without sync the tail survives the process", "[bus][journal]") {
  TemporaryFolder folder;
  auto options = in(folder / "j");
  options.sync = false;
  {
    Journal journal(options);
    REQUIRE(append(journal, 3));
    journal.sync();
    CHECK(journal.extent(1).last == 3);
  }
  Journal journal(options);
  CHECK(journal.notes().empty());
  CHECK(journal.epoch() == 1);
  CHECK(journal.last_sequence() == 3);
}
