// What no channel delivered reaches the engine, whenever it is there.
#include "alert-notifier/undelivered.hpp"

#include <atomic>
#include <deque>
#include <mutex>

#include "engine_end.hpp"
#include "fixture.hpp"
#include "risk/bus/request.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace risk;
using namespace risk::notifier;
using notifier::test::until;
using wire::CommandReply;

namespace {

// The engine's command port: answers as told, then kDone.
class Commands {
 public:
  explicit Commands(std::deque<CommandReply::Outcome> script = {}, std::string endpoint = "tcp://127.0.0.1:*")
      : script_(std::move(script)),
        server_({std::move(endpoint), false, {}}, [this](std::string_view payload) { return answer(payload); }) {}

  std::string endpoint() const { return server_.endpoint(); }
  std::vector<wire::RecordDeliveries> taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
  }

 private:
  std::string answer(std::string_view payload) {
    const std::lock_guard lock(mutex_);
    CommandReply reply;
    if (!script_.empty()) {
      reply.outcome = script_.front();
      reply.reason = "as the test says";
      script_.pop_front();
    }
    // On the server's thread, where Catch2 cannot judge: value() ends the test if it cannot be read.
    auto command = wire::decode_command(payload).value();
    if (reply.outcome == CommandReply::Outcome::kDone) {
      taken_.push_back(std::get<wire::RecordDeliveries>(std::move(command.command)));
    }
    return wire::encode(reply);
  }

  mutable std::mutex mutex_;
  std::deque<CommandReply::Outcome> script_;
  std::vector<wire::RecordDeliveries> taken_;
  bus::RequestServer server_;
};

Undelivered undelivered(std::uint64_t event_id, const std::string& stream = notifier::test::kStream) {
  return {stream,
          {"slack", event_id, 12, wire::DeliveryRecord::Outcome::kRefused, "status 400: x", Timestamp::from_micros(1)}};
}

UndeliveredOptions options(const std::string& endpoint) {
  return {{endpoint}, {}, 5ms, 20ms};
}

}  // namespace

TEST_CASE("an undelivered alert is kept once the engine has stored it, not before") {
  service::Health health;
  Commands engine({CommandReply::Outcome::kUnavailable, CommandReply::Outcome::kUnavailable});
  UndeliveredKeeper keeper(options(engine.endpoint()), health);
  std::atomic<std::size_t> stored_when_kept{99};
  keeper.keep(undelivered(7), [&] { stored_when_kept = engine.taken().size(); });
  REQUIRE(until([&] { return stored_when_kept != 99; }));
  CHECK(stored_when_kept == 1);
  CHECK(engine.taken().front().stream_id == notifier::test::kStream);
  CHECK(engine.taken().front().records == std::vector{undelivered(7).record});
  CHECK(until([&] { return health.readiness().ok; }));
}

TEST_CASE("without an engine undelivered alerts wait, and the notifier says that it is not ready") {
  service::Health health;
  std::string endpoint;
  {
    Commands gone;
    endpoint = gone.endpoint();
  }
  std::atomic<bool> is_kept = false;
  {
    UndeliveredKeeper keeper(options(endpoint), health);
    keeper.keep(undelivered(7), [&] { is_kept = true; });
    REQUIRE(until([&] { return !health.readiness().ok; }));
    CHECK(health.readiness().json.find("the risk engine at " + endpoint) != std::string::npos);
    CHECK_FALSE(is_kept);
    Commands back({}, endpoint);
    REQUIRE(until([&] { return is_kept.load(); }));
    CHECK(back.taken().size() == 1);
  }
  CHECK(health.readiness().ok);
}

TEST_CASE("what the engine will never store does not stop the rest, also when they came together") {
  service::Health health;
  std::string endpoint;
  {
    Commands gone;
    endpoint = gone.endpoint();
  }
  UndeliveredKeeper keeper(options(endpoint), health);
  std::atomic<int> kept = 0;
  for (std::uint64_t id = 7; id <= 9; ++id) keeper.keep(undelivered(id), [&] { ++kept; });
  REQUIRE(until([&] { return !health.readiness().ok; }));
  Commands engine({CommandReply::Outcome::kNotFound, CommandReply::Outcome::kDone, CommandReply::Outcome::kNotFound},
                  endpoint);
  REQUIRE(until([&] { return kept == 3; }));
  CHECK(engine.taken().size() == 2);  // one by one once they were refused together
}

TEST_CASE("an engine of an earlier version, which does not know the command, is asked until it is upgraded") {
  service::Health health;
  Commands engine({CommandReply::Outcome::kInvalid, CommandReply::Outcome::kInvalid});
  UndeliveredKeeper keeper(options(engine.endpoint()), health);
  std::atomic<int> kept = 0;
  keeper.keep(undelivered(7), [&] { ++kept; });
  REQUIRE(until([&] { return kept == 1; }));
  CHECK(engine.taken().size() == 1);
}

TEST_CASE("many undelivered alerts are stored in few commands") {
  service::Health health;
  Commands engine;
  std::atomic<std::size_t> kept = 0;
  constexpr std::size_t kCount = 2 * wire::kDeliveryRecordsMax + 1;
  {
    UndeliveredKeeper keeper(options(engine.endpoint()), health);
    for (std::size_t id = 1; id <= kCount; ++id) keeper.keep(undelivered(id), [&] { ++kept; });
    CHECK(until([&] { return kept == kCount; }));
  }
  std::size_t records = 0;
  for (const auto& command : engine.taken()) records += command.records.size();
  CHECK(records == kCount);
  CHECK(engine.taken().size() <= kCount / 2);
}
