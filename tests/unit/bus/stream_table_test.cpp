// What a subscriber makes of frames, given byte by byte: no socket, a clock that is told.
#include "transport/stream_table.hpp"

#include "support/catch.hpp"

using namespace risk::bus;
using namespace std::chrono_literals;

namespace {

const StreamKey kA = *parse_stream_id("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
const StreamKey kB = *parse_stream_id("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");

std::string data(const StreamKey& stream, std::uint64_t first, std::uint64_t last, std::uint64_t epoch = 1,
                 std::string_view topic = "t", std::uint16_t replay_port = 0) {
  FrameWriter writer(topic, stream, epoch, "p", replay_port);
  for (auto sequence = first; sequence <= last; ++sequence) writer.append(std::to_string(sequence));
  return std::string(writer.finish(first));
}

std::string heartbeat(const StreamKey& stream, std::uint64_t last, std::uint64_t epoch = 1,
                      std::uint16_t replay_port = 0) {
  return FrameWriter("t", stream, epoch, "p", replay_port).heartbeat(last);
}

// The same of a stream with a past.
std::string kept(std::uint64_t first, std::uint64_t last, std::uint64_t epoch = 1) {
  return data(kA, first, last, epoch, "t", 5552);
}

// Everything that the handlers are told, in order: "a1" a record, "a[2,3]" a gap.
struct Heard {
  std::string told;
  std::string asked;  // what has to be had before a frame: epoch and last record
  std::vector<std::string> bad;
  StreamTable::Instant now{1h};
  StreamTable table{{[this](const Record& record) {
                       CHECK(record.payload == std::to_string(record.sequence));
                       CHECK(record.publisher == "p");
                       told += record.stream.text.substr(0, 1) + std::to_string(record.sequence) + " ";
                     },
                     [this](const Gap& gap) {
                       told += gap.stream.text.substr(0, 1) + "[" + std::to_string(gap.first) + "," +
                               std::to_string(gap.last) + "] ";
                     },
                     [this](std::string_view reason) { bad.emplace_back(reason); }},
                    5000ms};

  std::size_t take(const std::string& frame, StreamTable::PathId path = 1) {
    const auto taken = table.take(frame, path, "tcp://here:1", now);
    if (taken.missing)
      asked += "a[" + std::to_string(taken.missing->epoch) + ":" + std::to_string(taken.missing->last) + "] ";
    return taken.delivered;
  }
};

}  // namespace

TEST_CASE("Records are delivered in order", "[bus][table]") {
  Heard heard;
  CHECK(heard.take(data(kA, 1, 2)) == 2);
  CHECK(heard.take(data(kA, 3, 3)) == 1);
  CHECK(heard.told == "a1 a2 a3 ");
  CHECK(heard.table.counters().records == 3);
  CHECK(heard.table.counters().frames == 2);
}

TEST_CASE("A late joiner is told what it missed", "[bus][table]") {
  Heard heard;
  heard.take(data(kA, 5, 6));
  CHECK(heard.told == "a[1,4] a5 a6 ");
  CHECK(heard.table.counters().gaps == 1);
  CHECK(heard.table.counters().missing_records == 4);
}

TEST_CASE("A late joiner on a quiet stream is told by the heartbeat", "[bus][table]") {
  Heard heard;
  heard.take(heartbeat(kA, 4));
  heard.take(data(kA, 5, 5));
  CHECK(heard.told == "a[1,4] a5 ");
}

TEST_CASE("Delivery goes on after what is done", "[bus][table]") {
  Heard heard;
  heard.table.resume_after(kA, 1, 4);
  SECTION("with the next record") {
    heard.take(data(kA, 5, 5));
    CHECK(heard.told == "a5 ");
  }
  SECTION("over records that come again") {
    heard.take(data(kA, 3, 6));
    CHECK(heard.told == "a5 a6 ");
    CHECK(heard.table.counters().duplicate_records == 2);
  }
  SECTION("with a gap for what was sent in between") {
    heard.take(data(kA, 8, 8));
    CHECK(heard.told == "a[5,7] a8 ");
  }
  SECTION("from the beginning in a later epoch") {
    heard.take(data(kA, 1, 1, 2));
    CHECK(heard.told == "a1 ");
  }
}

TEST_CASE("A subscriber that wants a stream from here on misses nothing of what was before", "[bus][table]") {
  std::string told;
  StreamTable table({[&](const Record& record) { told += std::to_string(record.sequence) + " "; },
                     [&](const Gap& gap) { told += "[" + std::to_string(gap.first) + "] "; },
                     {}},
                    5000ms, SubscriberOptions::FirstMet::kFromHere);
  const StreamTable::Instant now{1h};
  table.take(data(kA, 7, 8), 1, "a", now);
  table.take(heartbeat(kB, 4), 1, "b", now);
  CHECK(told == "7 8 ");
  CHECK(table.counters().missing_records == 0);

  table.take(data(kB, 5, 5), 1, "b", now);
  table.take(data(kA, 10, 10), 1, "a", now);
  CHECK(told == "7 8 5 [9] 10 ");
}

TEST_CASE("A lost frame is a gap", "[bus][table]") {
  Heard heard;
  heard.take(data(kA, 1, 1));
  heard.take(data(kA, 4, 4));
  CHECK(heard.told == "a1 a[2,3] a4 ");
  CHECK(heard.table.streams(heard.now).at(0).missing == 2);
}

TEST_CASE("A lost tail shows at the next heartbeat, once", "[bus][table]") {
  Heard heard;
  heard.take(data(kA, 1, 2));
  heard.take(heartbeat(kA, 2));
  CHECK(heard.told == "a1 a2 ");
  heard.take(heartbeat(kA, 3));
  heard.take(heartbeat(kA, 3));
  CHECK(heard.told == "a1 a2 a[3,3] ");
  heard.take(heartbeat(kA, 5));
  CHECK(heard.told == "a1 a2 a[3,3] a[4,5] ");
  heard.take(data(kA, 6, 6));
  CHECK(heard.told == "a1 a2 a[3,3] a[4,5] a6 ");
}

TEST_CASE("A duplicate frame is dropped and counted", "[bus][table]") {
  Heard heard;
  heard.take(data(kA, 1, 3));
  CHECK(heard.take(data(kA, 1, 3)) == 0);
  CHECK(heard.take(data(kA, 2, 4)) == 1);
  CHECK(heard.told == "a1 a2 a3 a4 ");
  CHECK(heard.table.counters().duplicate_records == 5);
  CHECK(heard.table.counters().gaps == 0);
}

TEST_CASE("What was told as a gap is not delivered out of order later", "[bus][table]") {
  Heard heard;
  heard.take(data(kA, 3, 3));
  heard.take(data(kA, 1, 2));
  CHECK(heard.told == "a[1,2] a3 ");
}

TEST_CASE("Two publishers interleaved keep each its order", "[bus][table]") {
  Heard heard;
  heard.take(data(kA, 1, 1));
  heard.take(data(kB, 1, 2));
  heard.take(data(kA, 2, 2));
  heard.take(data(kB, 4, 4));
  CHECK(heard.told == "a1 b1 b2 a2 b[3,3] b4 ");
  const auto streams = heard.table.streams(heard.now);
  REQUIRE(streams.size() == 2);
  CHECK(streams[0].delivered == 2);
  CHECK(streams[1].delivered == 4);
  CHECK(streams[1].missing == 1);
}

TEST_CASE("A new epoch is a new beginning", "[bus][table]") {
  Heard heard;
  heard.take(data(kA, 1, 3));
  heard.take(data(kA, 2, 2, 2));
  CHECK(heard.told == "a1 a2 a3 a[1,1] a2 ");
  CHECK(heard.table.streams(heard.now).at(0).epoch == 2);
}

TEST_CASE("What was announced of an epoch and never came is lost with it", "[bus][table]") {
  Heard heard;
  heard.take(kept(1, 1));
  heard.take(kept(5, 5));     // announces up to 5
  heard.table.end_epoch(kA);  // and its publisher has none of it
  heard.take(kept(1, 1, 2));
  CHECK(heard.told == "a1 a[2,5] a1 ");
}

TEST_CASE("A frame before which records are missing waits for them", "[bus][table]") {
  Heard heard;
  heard.take(kept(1, 1));
  CHECK(heard.take(kept(4, 4)) == 0);
  CHECK(heard.told == "a1 ");
  CHECK(heard.asked == "a[1:3] ");
  CHECK(heard.table.next(kA) == 2);
  CHECK(heard.table.take_replayed(kept(2, 2), "here", heard.now).delivered == 1);
  CHECK(heard.table.take_replayed(kept(1, 3), "here", heard.now).delivered == 1);
  CHECK(heard.take(kept(4, 4)) == 1);
  CHECK(heard.told == "a1 a2 a3 a4 ");
  CHECK(heard.table.counters().replayed_records == 2);
  CHECK(heard.table.counters().gaps == 0);
}

TEST_CASE("A heartbeat before which records are missing waits for them", "[bus][table]") {
  Heard heard;
  heard.take(heartbeat(kA, 2, 1, 5552));
  CHECK(heard.asked == "a[1:2] ");
  CHECK(heard.told.empty());
}

TEST_CASE("What nobody has any more is a gap, and what follows it is delivered", "[bus][table]") {
  Heard heard;
  heard.take(kept(4, 4));
  heard.table.lose_before(kA, 3);
  heard.table.take_replayed(kept(3, 3), "here", heard.now);
  heard.take(kept(4, 4));
  CHECK(heard.told == "a[1,2] a3 a4 ");
}

TEST_CASE("An answer that has lost a part is not delivered out of order", "[bus][table]") {
  Heard heard;
  heard.take(kept(5, 5));
  heard.table.take_replayed(kept(1, 1), "here", heard.now);
  CHECK(heard.table.take_replayed(kept(3, 4), "here", heard.now).delivered == 0);
  CHECK(heard.told == "a1 ");
}

TEST_CASE("The rest of an epoch is asked for before the next one begins", "[bus][table]") {
  Heard heard;
  heard.take(kept(1, 1));
  heard.take(kept(1, 1, 2));
  CHECK(heard.asked == "a[1:0] ");
  heard.table.take_replayed(kept(2, 2), "here", heard.now);
  heard.table.end_epoch(kA);
  heard.take(kept(1, 1, 2));
  CHECK(heard.told == "a1 a2 a1 ");
  CHECK(heard.table.counters().gaps == 0);
}

TEST_CASE("An answer nobody asked for is refused", "[bus][table]") {
  Heard heard;
  heard.table.take_replayed(kept(1, 1), "here", heard.now);
  heard.take(kept(1, 1));
  heard.table.take_replayed(data(kA, 2, 2, 1, "u", 5552), "here", heard.now);
  heard.table.take_replayed("rubbish", "here", heard.now);
  CHECK(heard.told == "a1 ");
  CHECK(heard.bad.size() == 3);
}

TEST_CASE("Another payload under a sequence that was delivered is loud", "[bus][table]") {
  Heard heard;
  heard.take(data(kA, 1, 3));
  FrameWriter other("t", kA, 1, "p");
  other.append("2");
  other.append("three");
  heard.take(std::string(other.finish(2)));
  CHECK(heard.told == "a1 a2 a3 ");
  REQUIRE(heard.bad.size() == 1);
  CHECK(heard.bad[0] ==
        "tcp://here:1: stream aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa of 'p' on 't': record 3 of epoch 1 came again with "
        "another payload");
}

TEST_CASE("A stream that is kept is wanted from its first epoch", "[bus][table]") {
  Heard heard;
  heard.take(kept(1, 1, 3));
  CHECK(heard.asked == "a[1:0] ");
}

TEST_CASE("An epoch that is over is loud", "[bus][table]") {
  Heard heard;
  heard.take(data(kA, 1, 1, 2));
  heard.take(data(kA, 2, 2, 1));
  CHECK(heard.told == "a1 ");
  REQUIRE(heard.bad.size() == 1);
  CHECK(heard.bad[0] ==
        "tcp://here:1: stream aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa of 'p' on 't': epoch 1 is over, it is in epoch 2");
  CHECK(heard.table.counters().bad_frames == 1);
}

TEST_CASE("Sequences that go back without a new epoch are loud", "[bus][table]") {
  Heard heard;
  heard.take(data(kA, 1, 3));
  heard.take(heartbeat(kA, 1));
  REQUIRE(heard.bad.size() == 1);
  CHECK(heard.bad[0].find("announces 1 in epoch 1, but 3 was sent before") != std::string::npos);
}

TEST_CASE("An announcement that waited while an answer ran ahead of it is no going back", "[bus][table]") {
  Heard heard;
  heard.take(heartbeat(kA, 2, 1, 5552));
  heard.table.take_replayed(kept(1, 9), "here", heard.now);
  heard.take(heartbeat(kA, 2, 1, 5552));
  heard.take(heartbeat(kA, 5, 1, 5552));
  heard.take(heartbeat(kA, 9, 1, 5552));
  CHECK(heard.bad.empty());
  heard.take(heartbeat(kA, 8, 1, 5552));
  CHECK(heard.bad.size() == 1);
}

TEST_CASE("A publisher that has less than was done before is loud", "[bus][table]") {
  Heard heard;
  heard.table.resume_after(kA, 1, 7);
  heard.take(heartbeat(kA, 6, 1, 5552));
  CHECK(heard.bad.size() == 1);
}

TEST_CASE("A stream does not change its topic", "[bus][table]") {
  Heard heard;
  heard.take(data(kA, 1, 1));
  heard.take(data(kA, 2, 2, 1, "u"));
  CHECK(heard.told == "a1 ");
  REQUIRE(heard.bad.size() == 1);
  CHECK(heard.bad[0].find("was on 't'") != std::string::npos);
}

TEST_CASE("A broken frame is told with its place, and its records are a gap", "[bus][table]") {
  Heard heard;
  heard.take(data(kA, 1, 1));
  auto broken = data(kA, 2, 2);
  broken.back() = static_cast<char>(broken.back() ^ 1);
  heard.take(broken);
  heard.take(data(kA, 3, 3));
  CHECK(heard.told == "a1 a[2,2] a3 ");
  REQUIRE(heard.bad.size() == 1);
  CHECK(heard.bad[0] == "tcp://here:1: frame of " + std::to_string(broken.size()) + " bytes, byte " +
                            std::to_string(broken.size() - kChecksumBytes) + ": wrong checksum");
}

TEST_CASE("Invented streams are bounded", "[bus][table]") {
  Heard heard;
  StreamKey stream{};
  for (std::size_t i = 0; i <= kStreamsMax; ++i) {
    std::memcpy(stream.data(), &i, sizeof i);
    heard.take(data(stream, 1, 1));
  }
  CHECK(heard.table.streams(heard.now).size() == kStreamsMax);
  REQUIRE(heard.bad.size() == 1);
  CHECK(heard.bad[0].find("more than 10000 streams") != std::string::npos);
}

TEST_CASE("One stream through two connections is delivered once and without a gap", "[bus][table]") {
  Heard heard;
  SECTION("when they take turns") {
    heard.take(data(kA, 1, 1), 1);
    heard.take(data(kA, 1, 1), 2);
    heard.take(data(kA, 2, 2), 2);
    heard.take(data(kA, 2, 2), 1);
    CHECK(heard.told == "a1 a2 ");
    CHECK(heard.table.counters().duplicate_records == 2);
  }
  SECTION("when the second runs ahead") {
    heard.take(data(kA, 1, 1), 1);
    heard.take(data(kA, 3, 3), 2);
    heard.take(heartbeat(kA, 3), 2);
    heard.take(data(kA, 2, 2), 1);
    heard.take(data(kA, 3, 3), 1);
    CHECK(heard.told == "a1 a2 a3 ");
  }
  SECTION("when the first is gone for good") {
    heard.take(data(kA, 1, 1), 1);
    heard.table.forget_path(1);
    heard.take(data(kA, 3, 3), 2);
    CHECK(heard.told == "a1 a[2,2] a3 ");
  }
  SECTION("when the first falls silent") {
    heard.take(data(kA, 1, 1), 1);
    heard.now += 5001ms;
    heard.take(data(kA, 3, 3), 2);
    CHECK(heard.told == "a1 a[2,2] a3 ");
  }
  SECTION("a heartbeat that lags behind is no going back") {
    heard.take(data(kA, 1, 2), 1);
    heard.take(heartbeat(kA, 1), 2);
    CHECK(heard.bad.empty());
  }
  CHECK(heard.bad.empty());
}

TEST_CASE("A stream is up while it is heard of", "[bus][table]") {
  Heard heard;
  heard.table.resume_after(kB, 1, 7);
  heard.take(heartbeat(kA, 0));
  heard.now += 5000ms;
  auto streams = heard.table.streams(heard.now);
  CHECK(streams.at(0).up);
  CHECK(streams.at(0).publisher == "p");
  CHECK(streams.at(0).topic == "t");
  CHECK_FALSE(streams.at(1).up);
  CHECK(streams.at(1).delivered == 7);
  heard.now += 1ms;
  CHECK_FALSE(heard.table.streams(heard.now).at(0).up);
}

TEST_CASE("A handler that throws loses nothing silently", "[bus][table]") {
  bool fail = true;
  std::string told;
  StreamTable table(
      {[&](const Record& record) {
         if (record.sequence == 2 && std::exchange(fail, false)) throw std::runtime_error("no");
         told += std::to_string(record.sequence) + " ";
       },
       [&](const Gap& gap) { told += "[" + std::to_string(gap.first) + "," + std::to_string(gap.last) + "] "; },
       {}},
      5000ms);
  CHECK_THROWS(table.take(data(kA, 1, 3), 1, "here", {}));
  table.take(data(kA, 4, 4), 1, "here", {});
  CHECK(told == "1 [3,3] 4 ");
}
