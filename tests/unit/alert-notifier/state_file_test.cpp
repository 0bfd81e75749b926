// What the notifier keeps over a kill, and every way in which it may not be what was written.
#include "alert-notifier/state_file.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <thread>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace risk;
using namespace risk::notifier;
using Catch::Matchers::ContainsSubstring;
using risk::test::TemporaryFolder;

namespace {

const log::StreamId kOne{"00112233445566778899aabbccddeeff"};
const log::StreamId kOther{"0123456789abcdef0123456789abcdef"};

// As in services/alert-notifier/README.md.
constexpr char kExample[] =
    "alert-notifier state 2\n"
    "email 00112233445566778899aabbccddeeff 1 41\n"
    "slack 00112233445566778899aabbccddeeff 1 42 ahead 44-46,50\n"
    "checksum cd581f62e57c4379\n";
// As the version before wrote it.
constexpr char kVersion1[] =
    "alert-notifier state 1\n"
    "email 00112233445566778899aabbccddeeff 1 41\n"
    "slack 00112233445566778899aabbccddeeff 1 42\n"
    "checksum 602fe97be1ff6d98\n";

std::string with_checksum(const std::string& text) {
  std::ostringstream whole;
  whole << text << "checksum " << std::hex << std::setfill('0') << std::setw(16)
        << XXH3_64bits(text.data(), text.size()) << "\n";
  return whole.str();
}

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void put(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

std::string refusal(const std::string& path) {
  try {
    StateFile file(path);
  } catch (const StateError& error) {
    return error.what();
  }
  return "no refusal";
}

}  // namespace

TEST_CASE("the state is written as its format page says") {
  CHECK(format_state({{"slack", {{{kOne, 1, 42}, {44, 45, 46, 50}}}}, {"email", {{{kOne, 1, 41}, {}}}}}) == kExample);
}

TEST_CASE("a state of the version before is read") {
  const auto state = parse_state(kVersion1);
  REQUIRE(state);
  CHECK(*state == State{{"email", {{{kOne, 1, 41}, {}}}}, {"slack", {{{kOne, 1, 42}, {}}}}});
}

TEST_CASE("what is said to be told ahead must lie ahead, in order") {
  const std::string line = "slack 00112233445566778899aabbccddeeff 1 42";
  const auto parses = [&](const std::string& more) {
    return bool(parse_state(with_checksum("alert-notifier state 2\n" + line + more + "\n")));
  };
  CHECK(parses(""));
  CHECK(parses(" ahead 43"));
  CHECK(parses(" ahead 43-44,46"));
  for (const char* bad : {" ", " ahead", " ahead ", " ahead 42", " ahead 41-43", " ahead 44,43", " ahead 44-43",
                          " ahead 43-", " ahead -43", " ahead 43,", " ahead ,43", " ahead 43,43", " behind 43",
                          " ahead 1-18446744073709551615", " ahead 43 44"}) {
    CAPTURE(bad);
    CHECK_FALSE(parses(bad));
  }
}

TEST_CASE("a state comes back as it was written") {
  const State state{{"email", {{{kOther, 3, 18'446'744'073'709'551'615U}}, {{kOne, 1, 0}}}},
                    {"slack", {{{kOne, 2, 7}}}}};
  const auto parsed = parse_state(format_state(state));
  REQUIRE(parsed);
  CHECK(*parsed == state);
  CHECK(parse_state(format_state({})));
}

TEST_CASE("no changed bit and no cut of a state goes unnoticed") {
  const std::string whole = kExample;
  REQUIRE(parse_state(whole));
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    INFO(bit);
    CHECK_FALSE(parse_state(damaged));
  }
  for (std::size_t length = 0; length < whole.size(); ++length) {
    INFO(length);
    CHECK_FALSE(parse_state(whole.substr(0, length)));
  }
  CHECK_FALSE(parse_state(whole + "\n"));
}

TEST_CASE("what was noted is there after a restart, each channel and stream for itself") {
  const TemporaryFolder folder;
  const std::string path = folder / "var/deep/state";
  {
    StateFile file(path);
    CHECK(file.positions("slack").empty());
    file.note("slack", {{kOne, 1, 5}});
    file.note("email", {{kOne, 1, 3}});
    file.note("slack", {{kOther, 1, 1}});
    file.note("slack", {{kOne, 2, 6}});
  }
  const StateFile again(path);
  CHECK(again.positions("slack") == StreamPositions{{{kOne, 2, 6}}, {{kOther, 1, 1}}});
  CHECK(again.positions("email") == StreamPositions{{{kOne, 1, 3}}});
  CHECK(again.positions("log").empty());
}

TEST_CASE("what was done ahead stays done, whoever notes after a restart and does not know of it") {
  const TemporaryFolder folder;
  const std::string path = folder / "state";
  {
    StateFile file(path);
    file.note("slack", {{kOne, 1, 1}, {5, 9}});
  }
  StateFile again(path);
  again.note("slack", {{kOne, 1, 1}, {7}});
  CHECK(again.positions("slack") == StreamPositions{{{kOne, 1, 1}, {5, 7, 9}}});
  again.note("slack", {{kOne, 1, 7}, {}});
  CHECK(again.positions("slack") == StreamPositions{{{kOne, 1, 7}, {9}}});
  again.note("slack", {{kOne, 2, 1}, {}});
  CHECK(again.positions("slack") == StreamPositions{{{kOne, 2, 1}, {}}});
}

TEST_CASE("a lock that was deleted is made again with the next note, and refused where another notifier has it") {
  const TemporaryFolder folder;
  const std::string path = folder / "state";
  StateFile file(path);
  std::filesystem::remove(path + ".lock");
  file.note("slack", {{kOne, 1, 1}, {}});
  CHECK_THAT(refusal(path), ContainsSubstring("is in use by another alert-notifier"));
  std::filesystem::remove(path + ".lock");
  const StateFile second(path);
  CHECK_THROWS_WITH(file.note("slack", {{kOne, 1, 2}, {}}), ContainsSubstring("is in use by another alert-notifier"));
}

TEST_CASE("of many streams the newest met are kept") {
  const TemporaryFolder folder;
  StateFile file(folder / "state");
  for (std::size_t i = 0; i <= kStreamsKept; ++i) file.note("slack", {{log::make_stream_id(), 1, i}});
  const auto positions = file.positions("slack");
  CHECK(positions.size() == kStreamsKept);
  CHECK(positions.front().position.fields().sequence == 1);
  CHECK(positions.back().position.fields().sequence == kStreamsKept);
}

TEST_CASE("whoever looks at the file sees a whole state, also while it is written") {
  const TemporaryFolder folder;
  const std::string path = folder / "state";
  StateFile file(path);
  std::atomic<bool> written = false;
  std::thread writer([&] {
    for (std::uint64_t sequence = 1; sequence <= 300; ++sequence) file.note("slack", {{kOne, 1, sequence}});
    written = true;
  });
  std::size_t broken = 0;
  while (!written) broken += parse_state(contents(path)) ? 0 : 1;
  writer.join();
  CHECK(broken == 0);
}

TEST_CASE("a new file that a kill left half written is of no account") {
  const TemporaryFolder folder;
  const std::string path = folder / "state";
  { StateFile(path).note("slack", {{kOne, 1, 5}}); }
  put(path + ".new", "alert-notifier state 1\nslack 0011");
  CHECK(StateFile(path).positions("slack") == StreamPositions{{{kOne, 1, 5}}});
}

TEST_CASE("a damaged state stops the start and says which file and what to do") {
  const TemporaryFolder folder;
  const std::string path = folder / "state";
  const auto [text, reason] = GENERATE(table<std::string, std::string>({
      {"", "does not begin as a state of the notifier"},
      {"alert-notifier state 3\nwhatever\n", "is of version '3', this program reads 1 and 2"},
      {"alert-notifier state 1\nslack 00112233445566778899aabbccddeeff 1 42\n", "is cut off in line 3"},
      {"alert-notifier state 1\nslack 0011 1 42\nchecksum cd581f62e57c4379\n", "has a line 2 that is none: 'slack 00"},
      {"alert-notifier state 1\nchecksum cd581f62e57c4379\n", "does not match its checksum"},
  }));
  put(path, text);
  const std::string told = refusal(path);
  CHECK_THAT(told, ContainsSubstring(path + " " + reason));
  CHECK_THAT(told, ContainsSubstring("put back a copy of it, or delete it"));
  CHECK(contents(path) == text);
}

TEST_CASE("a state that cannot be read stops the start") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "state");
  CHECK_THAT(refusal(folder / "state"), ContainsSubstring(folder / "state" + " cannot be read: "));
  CHECK_THAT(refusal(folder / "state"), ContainsSubstring("NOTIFIER_STATE_PATH"));
}

TEST_CASE("a pipe where the state should be stops the start, and does not hold it up") {
  const TemporaryFolder folder;
  REQUIRE(mkfifo((folder / "state").c_str(), 0600) == 0);
  CHECK_THAT(refusal(folder / "state"), ContainsSubstring("cannot be read: is a pipe, not a file"));
}

TEST_CASE("a place where nothing can be written stops the start") {
  const TemporaryFolder folder;
  put(folder / "file", "");
  CHECK_THAT(refusal(folder / "file/state"), ContainsSubstring(folder / "file/state" + " cannot be written: "));
}

TEST_CASE("two notifiers do not share a state") {
  const TemporaryFolder folder;
  const StateFile first(folder / "state");
  CHECK_THAT(refusal(folder / "state"), ContainsSubstring("is in use by another alert-notifier"));
}

TEST_CASE("what could not be written is written with the next") {
  const TemporaryFolder folder;
  const std::string path = folder / "state";
  {
    StateFile file(path);
    std::filesystem::create_directory(path + ".new");  // in the way
    CHECK_THROWS_AS(file.note("slack", {{kOne, 1, 5}, {}}), StateError);
    std::filesystem::remove(path + ".new");
    file.note("email", {{kOne, 1, 6}});
  }
  CHECK(StateFile(path).positions("slack") == StreamPositions{{{kOne, 1, 5}}});
}
