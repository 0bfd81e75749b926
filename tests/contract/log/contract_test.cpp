// What every log promises to those who write and read it.
#include <algorithm>
#include <thread>

#include "backends.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::log;
using log::test::Bus;
using log::test::Ear;
using log::test::kPatience;
using log::test::Memory;
using log::test::reading;

namespace {

std::vector<std::string> numbered(std::size_t first, std::size_t last) {
  std::vector<std::string> payloads;
  for (auto i = first; i <= last; ++i) payloads.push_back("record " + std::to_string(i));
  return payloads;
}

std::vector<Position> append(Writer& writer, const std::string& topic, std::size_t first, std::size_t last) {
  std::vector<Position> positions;
  for (const auto& payload : numbered(first, last)) positions.push_back(writer.append(topic, payload));
  writer.flush();
  return positions;
}

// Items of a table, of which some were deleted.
class Table final : public History {
 public:
  Kept kept() override { return {3, 5}; }
  void read(std::uint64_t from, std::size_t, const Take& take) override {
    for (; from <= 5; ++from) {
      const std::string item = from == 4 ? "" : "record " + std::to_string(from);
      const std::string_view payload = item;
      take(from, {&payload, 1});
    }
  }
};

}  // namespace

TEMPLATE_TEST_CASE("positions rise with each append, and the last one is the log's end", "", Memory, Bus) {
  const auto log = TestType::make();
  const auto writer = log->write("t");
  const auto start = writer->last("t");
  const auto positions = append(*writer, "t", 1, 300);
  CHECK(start < positions.front());
  for (std::size_t i = 1; i < positions.size(); ++i) REQUIRE(positions[i - 1] < positions[i]);
  CHECK(writer->last("t") == positions.back());
  CHECK(positions.front().previous() == start);
  CHECK(distance(start, positions.back()) == 300);
  CHECK(distance(positions[9], positions[19]) == 10);
  CHECK(distance(positions[19], positions[9]) == 0);
  CHECK(writer->appended_since("t", positions[99]) == 200);
}

TEMPLATE_TEST_CASE("each record comes once, in order, with the position it was appended at", "", Memory, Bus) {
  const auto log = TestType::make();
  const auto writer = log->write("t");
  auto positions = append(*writer, "t", 1, 300);
  Ear ear(log->source(), reading({"t"}));
  REQUIRE(ear.until_records({writer.get()}, 300));
  for (const auto& position : append(*writer, "t", 301, 600)) positions.push_back(position);
  REQUIRE(ear.until_records({writer.get()}, 600));
  CHECK(ear.payloads() == numbered(1, 600));
  CHECK(ear.missing == 0);
  for (std::size_t i = 0; i < positions.size(); ++i) REQUIRE(ear.seen[i].position == positions[i]);
  CHECK(ear.seen.back().topic == "t");
  CHECK(ear.seen.back().publisher == "publisher");
  CHECK(ear.reader->counters().records == 600);
}

TEMPLATE_TEST_CASE("a reader goes on after the position that it resumes from", "", Memory, Bus) {
  const auto log = TestType::make();
  const auto writer = log->write("t");
  const auto positions = append(*writer, "t", 1, 300);
  for (const std::size_t done : {1, 150, 299}) {
    Ear ear(log->source(), reading({"t"}));
    ear.reader->resume_after(positions[done - 1]);
    REQUIRE(ear.until_records({writer.get()}, 300 - done));
    CHECK(ear.payloads() == numbered(done + 1, 300));
    CHECK(ear.missing == 0);
  }
}

TEMPLATE_TEST_CASE("a position that was written down field by field is the same when it is read back", "", Memory,
                   Bus) {
  const auto log = TestType::make();
  const auto writer = log->write("t");
  append(*writer, "t", 1, 10);
  Position last;
  {
    Ear ear(log->source(), reading({"t"}));
    REQUIRE(ear.until_records({writer.get()}, 10));
    last = ear.seen.back().position;
  }
  auto written = last.fields();
  if (written.record_hash) written.record_hash = parse_hash_digits(hash_digits(*written.record_hash));
  CHECK(Position(written) == last);
  Ear ear(log->source(), reading({"t"}));
  ear.reader->resume_after(Position(written));
  append(*writer, "t", 11, 11);
  REQUIRE(ear.until_records({writer.get()}, 1));
  CHECK(ear.payloads() == numbered(11, 11));
}

TEMPLATE_TEST_CASE("a writer that starts again goes on with its stream, and readers miss nothing", "", Memory, Bus) {
  const auto log = TestType::make();
  auto writer = log->write("t");
  const auto before = append(*writer, "t", 1, 100);
  Ear ear(log->source(), reading({"t"}));
  REQUIRE(ear.until_records({writer.get()}, 100));
  writer->close(kPatience);
  writer.reset();
  writer = log->write("t");
  CHECK(writer->last("t") == before.back());
  const auto after = append(*writer, "t", 101, 200);
  CHECK(before.back() < after.front());
  REQUIRE(ear.until_records({writer.get()}, 200));
  CHECK(ear.payloads() == numbered(1, 200));
  CHECK(ear.missing == 0);
}

TEMPLATE_TEST_CASE("a reader gets the records of its topics and no others", "", Memory, Bus) {
  const auto log = TestType::make();
  const auto writer = log->write_unkept({{"t"}, {"tt"}});
  Ear one(log->source(), reading({"t"})), both(log->source(), reading({"t", "tt"}));
  REQUIRE(writer->wait_for_reader("t", kPatience));
  REQUIRE(writer->wait_for_reader("tt", kPatience));
  // A subscription of the other reader may still be on its way: until both have heard of the streams.
  REQUIRE(one.until({writer.get()}, [&] { return one.reader->streams().size() == 1; }));
  REQUIRE(both.until({writer.get()}, [&] { return both.reader->streams().size() == 2; }));
  append(*writer, "tt", 1, 10);
  append(*writer, "t", 11, 20);
  REQUIRE(one.until_records({writer.get()}, 10));
  REQUIRE(both.until_records({writer.get()}, 20));
  CHECK(one.payloads() == numbered(11, 20));
  for (const auto& record : both.seen) {
    const bool is_of_tt = record.payload.size() == 8 || record.payload == "record 10";
    CHECK(record.topic == (is_of_tt ? "tt" : "t"));
  }
  CHECK(writer->last("t").stream() != writer->last("tt").stream());
}

TEMPLATE_TEST_CASE("streams of two publishers are told apart, each in its own order", "", Memory, Bus) {
  const auto log = TestType::make();
  const auto a = log->write("t", {}, "a"), b = log->write("t", {}, "b");
  const auto of_a = append(*a, "t", 1, 50);
  const auto of_b = append(*b, "t", 1, 70);
  CHECK((of_a.front() <=> of_b.front()) == std::partial_ordering::unordered);
  Ear ear(log->source(), reading({"t"}));
  REQUIRE(ear.until_records({a.get(), b.get()}, 120));
  std::vector<std::string> heard_a, heard_b;
  for (const auto& record : ear.seen) (record.publisher == "a" ? heard_a : heard_b).push_back(record.payload);
  CHECK(heard_a == numbered(1, 50));
  CHECK(heard_b == numbered(1, 70));
}

TEMPLATE_TEST_CASE("who wants a stream from here on does not get what was before", "", Memory, Bus) {
  const auto log = TestType::make();
  const auto writer = log->write("t");
  append(*writer, "t", 1, 100);
  Ear ear(log->source(), reading({"t"}, FirstMet::kFromHere));
  REQUIRE(ear.until({writer.get()}, [&] { return !ear.reader->streams().empty(); }));
  append(*writer, "t", 101, 110);
  REQUIRE(ear.until_records({writer.get()}, 10));
  CHECK(ear.payloads() == numbered(101, 110));
  CHECK(ear.missing == 0);
}

TEMPLATE_TEST_CASE("a reader knows its streams, how far it is and how far they are", "", Memory, Bus) {
  const auto log = TestType::make();
  const auto writer = log->write("t");
  const auto positions = append(*writer, "t", 1, 100);
  Ear ear(log->source(), reading({"t"}, FirstMet::kFromHere));
  REQUIRE(ear.until({writer.get()}, [&] { return !ear.reader->streams().empty(); }));
  const auto status = ear.reader->streams().at(0);
  CHECK(status.topic == "t");
  CHECK(status.publisher == "publisher");
  CHECK(status.stream() == writer->last("t").stream());
  CHECK(status.delivered == positions.back());
  CHECK(status.is_up);
  CHECK(status.lag() == 0);
  CHECK(conflicts(ear.reader->streams()).empty());
}

TEMPLATE_TEST_CASE("what every durable consumer has committed shows at the writer", "", Memory, Bus) {
  const auto log = TestType::make();
  const auto writer = log->write("t");
  const auto positions = append(*writer, "t", 1, 100);
  Ear ear(log->source(), reading({"t"}));
  REQUIRE(ear.until_records({writer.get()}, 100));
  CHECK(distance(writer->committed("t"), writer->last("t")) == 100);
  ear.reader->commit(positions[59]);
  REQUIRE(ear.until({writer.get()}, [&] { return writer->committed("t") == positions[59]; }));
  CHECK(distance(writer->committed("t"), writer->last("t")) == 40);
  ear.reader->commit(positions[99]);
  REQUIRE(ear.until({writer.get()}, [&] { return writer->committed("t") == writer->last("t"); }));
}

TEMPLATE_TEST_CASE("what its writer keeps elsewhere is had from there, and what was deleted there is a gap", "", Memory,
                   Bus) {
  const auto log = TestType::make();
  const Position after(make_stream_id(), 1, 5);
  const auto writer = log->write_unkept({{"t", after, std::make_shared<Table>()}});
  CHECK(writer->last("t") == after);
  Ear ear(log->source(), reading({"t"}));
  REQUIRE(ear.until_records({writer.get()}, 3));
  append(*writer, "t", 6, 6);
  REQUIRE(ear.until_records({writer.get()}, 4));
  CHECK(ear.payloads() == std::vector<std::string>{"record 3", "", "record 5", "record 6"});
  CHECK(ear.missing == 2);
  CHECK(ear.reader->counters().missing_records == 2);
  CHECK(ear.reader->counters().replayed_records == 3);
}

TEMPLATE_TEST_CASE("a reader that waits is woken from another thread, also before it waits", "", Memory, Bus) {
  const auto log = TestType::make();
  const auto writer = log->write("t");
  Ear ear(log->source(), reading({"t"}));
  ear.reader->wake();
  const auto start = std::chrono::steady_clock::now();
  ear.reader->poll(kPatience);
  std::thread waker([&] { ear.reader->wake(); });
  ear.reader->poll(kPatience);
  waker.join();
  CHECK(std::chrono::steady_clock::now() - start < kPatience);
}

TEMPLATE_TEST_CASE("the newest record can be read back, also after a restart, and an empty log has none", "", Memory,
                   Bus) {
  const auto log = TestType::make();
  auto writer = log->write("t");
  CHECK(writer->newest("t") == std::nullopt);
  append(*writer, "t", 1, 3);
  CHECK(writer->newest("t") == "record 3");
  append(*writer, "t", 4, 700);
  CHECK(writer->newest("t") == "record 700");
  writer.reset();
  writer = log->write("t");
  CHECK(writer->newest("t") == "record 700");
}

TEMPLATE_TEST_CASE("streams of one topic at one address keep their publishers, positions and commits apart", "", Memory,
                   Bus) {
  const auto log = TestType::make();
  auto writers = log->write_all("t", {"a", "b"});
  append(*writers[0], "t", 1, 300);
  append(*writers[1], "t", 1, 20);
  Ear ear(log->source(), reading({"t"}));
  REQUIRE(ear.until_records({writers[0].get(), writers[1].get()}, 320));
  const auto count_of = [&](const std::string& publisher) {
    return std::count_if(ear.seen.begin(), ear.seen.end(), [&](const auto& s) { return s.publisher == publisher; });
  };
  CHECK(count_of("a") == 300);
  CHECK(count_of("b") == 20);
  CHECK(ear.missing == 0);
  CHECK(writers[1]->newest("t") == "record 20");
  CHECK(writers[0]->last("t").stream() != writers[1]->last("t").stream());
  ear.reader->commit(writers[1]->last("t"));
  REQUIRE(ear.until({writers[0].get(), writers[1].get()},
                    [&] { return writers[1]->committed("t") == writers[1]->last("t"); }));
  CHECK(writers[0]->committed("t") != writers[0]->last("t"));
  writers.clear();
  writers = log->write_all("t", {"a", "b"});  // what came before is asked for again under the name that it had
  append(*writers[0], "t", 301, 310);
  Ear again(log->source(), reading({"t"}));
  REQUIRE(again.until_records({writers[0].get(), writers[1].get()}, 330));
  CHECK(std::count_if(again.seen.begin(), again.seen.end(), [](const auto& s) { return s.publisher == "a"; }) == 310);
}
