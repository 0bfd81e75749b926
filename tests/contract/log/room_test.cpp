// A log that is full drops nothing: who appends waits until its durable consumers have committed, or it is told to
// stop.
#include <atomic>
#include <thread>

#include "backends.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::log;
using log::test::Bus;
using log::test::Ear;
using log::test::Memory;
using log::test::reading;

namespace {

// A thread that appends more than there is room for.
class Filling {
 public:
  explicit Filling(test::Backend& log) {
    WriterHandlers handlers;
    handlers.on_blocked = [this](const std::optional<std::string>& why) {
      if (why && !why->empty()) is_blocked = true;
      if (!why) went_on = true;
    };
    writer = log.write("t", std::move(handlers));
    count_ = log.bytes_of_room() / payload_.size() + 1'000;
    thread_ = std::jthread([this] {
      for (std::size_t i = 0; i < count_; ++i) writer->append("t", payload_ + std::to_string(i));
      writer->flush();
      is_done = true;
    });
  }
  ~Filling() {
    writer->interrupt();
    thread_.join();
  }

  std::size_t count() const { return count_; }
  std::string payload(std::size_t i) const { return payload_ + std::to_string(i); }

  std::atomic<bool> is_blocked{false}, went_on{false}, is_done{false};
  std::unique_ptr<Writer> writer;

 private:
  const std::string payload_ = std::string(100, 'x');
  std::size_t count_ = 0;
  std::jthread thread_;  // last: it uses the above
};

}  // namespace

TEMPLATE_TEST_CASE("a full log makes its writer wait until what it keeps is committed, and nothing is lost", "", Memory,
                   Bus) {
  const auto log = TestType::make();
  Filling filling(*log);
  Ear ear(log->source(), reading({"t"}));
  // Nothing is committed until the writer waits.
  REQUIRE(ear.until({}, [&] { return filling.is_blocked.load(); }));
  CHECK_FALSE(filling.is_done);
  REQUIRE(ear.until({}, [&] {
    if (!ear.seen.empty()) ear.reader->commit(ear.seen.back().position);
    return filling.is_done.load();
  }));
  REQUIRE(ear.until_records({filling.writer.get()}, filling.count()));
  CHECK(filling.went_on);
  CHECK(ear.missing == 0);
  for (std::size_t i = 0; i < filling.count(); ++i) REQUIRE(ear.seen[i].payload == filling.payload(i));
}

TEMPLATE_TEST_CASE("an interrupted writer stops waiting for room, and what found none is not in the log", "", Memory,
                   Bus) {
  const auto log = TestType::make();
  Filling filling(*log);
  Ear ear(log->source(), reading({"t"}));
  REQUIRE(ear.until({}, [&] { return filling.is_blocked.load(); }));
  filling.writer->interrupt();
  REQUIRE(ear.until({}, [&] { return filling.is_done.load(); }));
  const auto kept = distance(Position(filling.writer->last("t").stream(), 1, 0), filling.writer->last("t"));
  CHECK(kept < filling.count());
  REQUIRE(ear.until_records({filling.writer.get()}, static_cast<std::size_t>(kept)));
  CHECK(ear.seen.size() == kept);
  CHECK(ear.missing == 0);
}
