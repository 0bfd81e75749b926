#include <random>

#include "desk.hpp"
#include "snapshot_stream.hpp"
#include "support/snapshots.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

RuleSet lively_rules() {
  RuleSet rules;
  rules.config_version = 7;
  rules.rates["EUR"] = *Rate::parse("1.08");
  rules.client_exposure.limit = Money::from_whole(20'000);
  rules.client_exposure.limit_by_entity["C1"] = Money::from_whole(5'000);
  rules.symbol_exposure.limit = Money::from_whole(30'000);
  rules.firm_exposure.limit = Money::from_whole(60'000);
  rules.client_velocity.limit_by_entity["C2"] = 3;
  rules.system_anomaly.enabled = true;
  rules.client_anomaly.window = 40;
  return rules;
}

// A desk on which every rule alerts now and then.
class Market {
 public:
  explicit Market(unsigned seed) : random_(seed) {}

  Transaction next() {
    second_ += random_() % 10 == 0 ? 3 : 0.2;
    const auto quantity = static_cast<int>(1 + random_() % 20) * (random_() % 50 == 0 ? 100'000 : 1);
    return maker_.transaction(second_ - (random_() % 20 == 0 ? 30 : 0), "C" + std::to_string(random_() % 8),
                              "S" + std::to_string(random_() % 5),
                              (random_() % 2 == 0 ? "-" : "") + std::to_string(quantity),
                              std::to_string(80 + random_() % 40));
  }

 private:
  std::mt19937 random_;
  Desk maker_;
  double second_ = 86'000;
};

}  // namespace

TEST_CASE("a core that is saved anywhere, loaded and run on does what the first one does") {
  const unsigned seed = GENERATE(range(1u, 6u));
  Market market(seed);
  Core core(lively_rules());
  std::vector<AlertEvent> events;
  CHECK_FALSE(
      core.apply(OpeningPosition{ClientId("C9"), Symbol("S1"), *Quantity::parse("-500"), *Price::parse("100"), ""}));
  std::vector<std::optional<Core>> copies;
  std::vector<std::vector<AlertEvent>> copied_events;
  for (int i = 0; i < 3'000; ++i) {
    if (i % 250 == 0) {
      auto loaded = load(save(core));
      REQUIRE(loaded.ok());
      copies.emplace_back(std::move(loaded).value());
      copied_events.push_back(events);
    }
    const Transaction transaction = market.next();
    CHECK(core.apply(transaction, events).ok());
    for (std::size_t copy = 0; copy < copies.size(); ++copy) {
      CHECK(copies[copy]->apply(transaction, copied_events[copy]).ok());
    }
  }
  CHECK(events.size() > 100);
  for (std::size_t copy = 0; copy < copies.size(); ++copy) {
    CHECK(copied_events[copy] == events);
    CHECK(copies[copy]->state_hash() == core.state_hash());
    CHECK(copies[copy]->client_rows() == core.client_rows());
    CHECK(copies[copy]->symbol_rows() == core.symbol_rows());
    CHECK(copies[copy]->position_rows() == core.position_rows());
    CHECK(copies[copy]->counters() == core.counters());
    CHECK(copies[copy]->rules() == core.rules());
  }
}

TEST_CASE("states that differ in one thing differ in their hash") {
  const auto hash_after = [](auto&& change) {
    Desk desk;
    desk.trade(1, "C", "A", "1", "100");
    change(desk);
    return desk.core.state_hash();
  };
  const auto same = hash_after([](Desk&) {});
  CHECK(hash_after([](Desk&) {}) == same);
  CHECK(hash_after([](Desk& desk) { desk.tick(1.5); }) != same);
  CHECK(hash_after([](Desk& desk) { desk.trade(1, "C", "A", "0.00000001", "100"); }) != same);
  CHECK(hash_after([](Desk& desk) {
          RuleSet rules = quiet_rules();
          rules.client_velocity.worsened_ratio = *Ratio::parse("2.00000001");
          desk.core.set_rules(rules);
        }) != same);
  CHECK(same.size() == 32);
}

TEST_CASE("an empty core ends in the twelve zero bytes of the format page") {
  const Chunks chunks = save(Core(RuleSet{}));
  REQUIRE(chunks.size() == 1);
  CHECK(chunks.front().ends_with(std::string(12, '\0')));
  CHECK_FALSE(chunks.front().ends_with(std::string(13, '\0')));
  CHECK(chunks.front().substr(kChunkHeadBytes, 8) == "RISKCORE");
}

TEST_CASE("a snapshot larger than a chunk is cut into several") {
  Desk desk;
  RuleSet rules;
  desk.core = Core(rules);
  for (int i = 0; i < 60'000; ++i) desk.trade(1, "CLIENT_WITH_A_LONG_NAME_" + std::to_string(i), "A", "1", "1");
  const Chunks chunks = save(desk.core);
  CHECK(chunks.size() > 1);
  for (const auto& chunk : chunks) CHECK(chunk.size() <= kSnapshotChunkBytes);
  const auto loaded = load(chunks);
  REQUIRE(loaded.ok());
  CHECK(loaded->state_hash() == desk.core.state_hash());

  Chunks swapped = chunks;
  std::swap(swapped[0], swapped[1]);
  CHECK(load(swapped).error().reason == "chunk 0: is out of turn");
  CHECK(load({chunks[0]}).error().reason == "chunk 1: is missing");
  Chunks longer = chunks;
  longer.push_back(make_chunk(static_cast<std::uint32_t>(chunks.size()), "x"));
  CHECK(load(longer).error().reason == "it goes on after its end");
}

TEST_CASE("a snapshot with any byte changed, or cut anywhere, is refused with what is wrong") {
  Market market(1);
  Core core(lively_rules());
  std::vector<AlertEvent> events;
  for (int i = 0; i < 300; ++i) CHECK(core.apply(market.next(), events).ok());
  const std::string whole = save(core).front();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    const auto loaded = load({damaged});
    REQUIRE_FALSE(loaded.ok());
    REQUIRE(loaded.error().reason.starts_with("chunk 0: "));
    REQUIRE_FALSE(load({whole.substr(0, at)}).ok());
  }
}

TEST_CASE("a body that says what cannot be is refused though its checksum holds") {
  Desk desk;
  desk.trade(1, "C", "A", "2", "100");
  const std::string body = save(desk.core).front().substr(kChunkHeadBytes);
  std::size_t refused = 0;
  for (std::size_t at = 0; at < body.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = body;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      auto loaded = load({make_chunk(0, damaged)});
      refused += loaded ? 0 : 1;
      if (!loaded) continue;
      // What is accepted can be gone on from.
      Core core = std::move(loaded).value();
      desk.events.clear();
      (void)core.apply(desk.transaction(100'000, "C", "A", "-3", "90"), desk.events);
      core.tick(Timestamp::from_seconds(kMidnight + 200'000), desk.events);
      CHECK(load(save(core)).ok());
    }
  }
  CHECK(refused > body.size() * 2);
  CHECK(load({make_chunk(0, "RISKCORE\x02")}).error().reason == "chunk 0, byte 9: version 2 is not known");
}
