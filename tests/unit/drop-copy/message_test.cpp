// Bytes of a FIX stream: what is a message, what is garbled, and that nothing after garbage is lost.
#include <vector>

#include "fix_text.hpp"
#include "support/catch.hpp"

using namespace risk::drop_copy;
using risk::drop_copy::test::fields;
using risk::drop_copy::test::message;
using Texts = std::vector<std::string>;

namespace {

Texts all_of(FixFramer& framer) {
  Texts found;
  while (const auto raw = framer.next()) found.emplace_back(*raw);
  return found;
}

Texts cut(const std::string& bytes, std::size_t step, std::uint64_t& garbled) {
  FixFramer framer;
  Texts found;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    framer.append(std::string_view(bytes).substr(at, step));
    for (auto& raw : all_of(framer)) found.push_back(std::move(raw));
  }
  garbled = framer.garbled();
  return found;
}

std::string with_checksum(std::string raw, const std::string& digits) {
  return raw.replace(raw.size() - 4, 3, digits);
}

}  // namespace

TEST_CASE("a stream is cut into the same messages however its bytes come") {
  const Texts messages{message("35=0|34=1"), message("35=8|34=2|58=10=123"), message("35=0|34=3", "FIXT.1.1")};
  const auto bytes = messages[0] + messages[1] + messages[2];
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{40}, bytes.size()}) {
    std::uint64_t garbled = 0;
    CHECK(cut(bytes, step, garbled) == messages);
    CHECK(garbled == 0);
  }
}

TEST_CASE("what is garbled is passed over and counted once, and the message after it is found") {
  const auto good = message("35=8|34=2|17=E1"), other = message("35=0|34=1");
  const auto long_body = "8=FIX.4.4" + fields("|9=900|35=8");
  const std::vector<std::pair<std::string, std::string>> cases{
      {"a wrong CheckSum", with_checksum(other, "000")},
      {"a CheckSum that is no number", with_checksum(other, "abc")},
      {"text of another protocol", "GET / HTTP/1.1\r\n\r\n"},
      {"a message without BodyLength", fields("8=FIX.4.4|35=0|34=1|10=000")},
      {"a BodyLength that is no number", fields("8=FIX.4.4|9=1x|35=0|34=1|10=000")},
      {"a BodyLength of too many digits", fields("8=FIX.4.4|9=1234567|35=0|10=000")},
      {"a BodyLength that is too short", fields("8=FIX.4.4|9=3|35=0|34=1|10=000")},
      {"a BeginString without an end", "8=FIX.4.4.4.4.4.4.4.4"},
      {"half a message", other.substr(0, other.size() / 2)},
  };
  for (const auto& [name, garbage] : cases) {
    INFO(name);
    for (const std::size_t step : {std::size_t{1}, std::size_t{1000}}) {
      std::uint64_t garbled = 0;
      const auto found = cut(other + garbage + good + good, step, garbled);
      CHECK(found.front() == other);
      CHECK(found.back() == good);
      CHECK(found.size() >= 2);  // what a length that is too large reaches over may be lost with it
      CHECK(garbled == 1);
    }
  }
}

TEST_CASE("two garbled messages are counted as two, however their bytes come") {
  const auto garbled_message = with_checksum(message("35=0|34=1"), "000");
  const auto bytes =
      garbled_message + garbled_message + "junk" + message("35=0|34=2") + "junk" + garbled_message + "junk";
  for (const std::size_t step : {std::size_t{1}, std::size_t{5}, garbled_message.size(), std::size_t{1000}}) {
    std::uint64_t garbled = 0;
    CHECK(cut(bytes, step, garbled).size() == 1);
    CHECK(garbled == 4);
  }
}

TEST_CASE("a BodyLength that reaches over the next messages loses none of them") {
  std::uint64_t garbled = 0;
  std::string bytes = fields("8=FIX.4.4|9=150|35=0|34=1|10=000");
  Texts messages;
  for (int i = 0; i < 10; ++i) messages.push_back(message("35=8|34=" + std::to_string(10 + i)));
  for (const auto& raw : messages) bytes += raw;
  CHECK(cut(bytes, 1, garbled) == messages);
  CHECK(garbled == 1);
}

TEST_CASE("fields keep their order, their repetitions and their data") {
  FixMessage read;
  const auto raw = fields("35=8|453=2|448=A|452=1|448=B|452=24|95=5|96=a|b=c|58=") + fields("10=000");
  read.read(raw);
  CHECK(read.problem().empty());
  CHECK(read.fields().size() == 10);
  CHECK(read.get(448) == "A");
  CHECK(read.get(96) == fields("a|b=c").substr(0, 5));
  CHECK(read.find(58) == std::nullopt);  // empty
  CHECK(read.find(999) == std::nullopt);
  CHECK(shown(fields("35=8|34=1")) == "35=8|34=1|");
}

TEST_CASE("what is no series of fields says where, and keeps the fields before") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {fields("35=8|34=7|abc=1"), "not TAG=VALUE after field 2"},
      {fields("35=8|34=7|=1"), "not TAG=VALUE after field 2"},
      {fields("35=8|34=7|0=1"), "not TAG=VALUE after field 2"},
      {fields("35=8|34=7|99999999999=1"), "not TAG=VALUE after field 2"},
      {fields("35=8|34=7") + "58=x", "not TAG=VALUE after field 2"},
      {fields("35=8|34=7|95=99|96=abc"), "not TAG=VALUE after field 3"},
  };
  for (const auto& [raw, problem] : cases) {
    FixMessage read;
    read.read(raw);
    CHECK(read.problem() == problem);
    CHECK(read.get(34) == "7");
  }
}
