#include "risk-engine/processor.hpp"

#include "risk/store/memory.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::risk_engine;

namespace {

constexpr std::int64_t kStart = 1'726'821'360;
const log::StreamId kStream{"00000000000000000000000000000001"};

engine::RuleSet rules() {
  engine::RuleSet rules;
  rules.exposure("client_exposure").limit = Money::from_whole(1'000);
  return rules;
}

engine::Transaction transaction(int number, std::int64_t second, const char* quantity) {
  engine::Transaction t;
  t.transaction_id = "T" + std::to_string(number);
  t.executed_at = Timestamp::from_seconds(kStart + second);
  t.client_id = ClientId("C");
  t.symbol = Symbol("A");
  t.side = engine::Side::kBuy;
  t.quantity = *Quantity::parse(quantity);
  t.price = *Price::parse("100");
  return t;
}

// Records of the stream, as the log delivers them.
log::Records records(std::uint64_t first, std::span<const std::string_view> payloads,
                     std::string_view publisher = "simulator@test") {
  return {wire::kTransactionsTopic, publisher, {kStream, 1, first}, payloads};
}

// A processor on a store in memory, and the records of one stream.
struct Rig {
  explicit Rig(const engine::RuleSet& configured = rules()) { restart(configured); }

  void restart(const engine::RuleSet& configured, const engine::Bounds& bounds = {}) {
    store = store::open_store(config);
    store->migrate();
    processor = std::make_unique<Processor>(store->resume_point(), 0);
    store->replay(0, [&](const store::AppliedInput& input) { processor->restore(input); });
    processor->start(configured, {bounds});
    reader = store::open_reader(config);
    processor->openings().set_find([this](auto keys) { return reader->latest_openings(keys); });
  }
  void send(const wire::Input& input, const wire::Provenance& provenance = {}) {
    send_bytes(wire::encode(input, provenance));
  }
  void send_bytes(std::string_view payload) {
    processor->apply(records(++sequence, {&payload, 1}), Timestamp::from_seconds(kStart));
  }
  Batch commit(store::AppliedInputs spare = {}) {
    Batch batch = processor->take(engine::Core::Scope::kMarked, Timestamp::from_seconds(kStart),
                                  engine::Core::kAllMarked, std::move(spare));
    store->commit(batch.commit);
    return batch;
  }

  store::DatabaseConfig config = [] {
    store::DatabaseConfig memory;
    memory.type = store::DatabaseConfig::Type::kMemory;
    memory.memory = store::make_memory_database();
    return memory;
  }();
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::Reader> reader;
  std::unique_ptr<Processor> processor;
  std::uint64_t sequence = 0;
};

}  // namespace

TEST_CASE("the rules of the first start are the first input") {
  Rig rig;
  const auto batch = rig.commit();
  REQUIRE(batch.commit.inputs.size() == 1);
  CHECK(std::holds_alternative<store::RulesInput>(batch.commit.inputs[0].input));
  CHECK(batch.commit.limits->size() == 7);
  rig.restart(rules());
  CHECK_FALSE(rig.processor->has_pending());
}

TEST_CASE("a batch holds all that came of its inputs, and the next one nothing of it") {
  Rig rig;
  rig.commit();
  rig.send(transaction(1, 0, "5"));
  rig.send(transaction(2, 1, "6"));
  const auto batch = rig.commit();
  CHECK(batch.commit.inputs.size() == 2);
  CHECK(batch.commit.inputs[1].apply_seq == 3);
  CHECK(batch.commit.client_exposures.at(0).exposure.gross().to_string() == "1100.0000");
  CHECK(batch.commit.positions.at(0).quantity.to_string() == "11");
  CHECK(batch.commit.alert_events.size() == 1);
  CHECK(batch.transactions_total == 2);
  CHECK_FALSE(rig.processor->has_pending());
}

TEST_CASE("beyond a bound a record is quarantined; what was applied before the bound was lowered stays") {
  Rig rig;
  rig.send(transaction(1, 0, "1"));
  auto other = transaction(2, 1, "1");
  other.client_id = ClientId("OTHER");
  rig.send(other);
  rig.commit();
  rig.restart(rules(), {1, 1, 1});
  auto third = transaction(3, 2, "1");
  third.client_id = ClientId("THIRD");
  rig.send(third);
  rig.send(transaction(4, 3, "1"));
  const auto commit = rig.commit().commit;
  REQUIRE(commit.quarantine.size() == 1);
  CHECK(commit.quarantine[0].rejection.field == "client_id");
  CHECK(commit.quarantine[0].rejection.value == "THIRD");
  CHECK(rig.processor->counters().transactions == 3);
}

TEST_CASE("one execution with a clock of 2062 among others goes to the quarantine, and changes no alert") {
  Rig with, without;
  for (Rig* rig : {&with, &without}) {
    rig->send(transaction(1, 0, "11"), {"", {}, Timestamp::from_seconds(kStart)});
    auto ahead = transaction(2, 0, "1");
    ahead.executed_at = *parse_timestamp("2062-09-20T08:36:00Z");
    if (rig == &with) rig->send(ahead, {"fills.csv", 3, Timestamp::from_seconds(kStart)});
    if (rig == &with) rig->send(wire::Tick{ahead.executed_at});
    rig->send(transaction(3, 2, "20"));
  }
  const auto commit = with.commit().commit;
  CHECK(commit.alert_events == without.commit().commit.alert_events);
  CHECK(with.processor->core().state_hash() == without.processor->core().state_hash());
  REQUIRE(commit.quarantine.size() == 2);
  CHECK(commit.quarantine[0].source == "fills.csv");
  CHECK(commit.quarantine[0].line == 3);
  CHECK(commit.quarantine[0].rejection ==
        engine::Rejection{"executed_at", "2062-09-20T08:36:00.000000Z",
                          "ahead of the engine's clock, which was at 2024-09-20T08:36:00.000000Z"});
  CHECK(commit.quarantine[1].rejection.field == "time");
  CHECK(with.processor->transaction_positions() == std::vector{log::Position(kStream, 1, 4)});
  CHECK(with.processor->core().now() == Timestamp::from_seconds(kStart + 2));
}

TEST_CASE(
    "an execution ahead of its publisher's clock goes to the quarantine, and those after it in the batch are applied") {
  Rig rig;
  rig.commit();
  const auto received = [](std::int64_t second) {
    return wire::Provenance{"", {}, Timestamp::from_seconds(kStart + second)};
  };
  const std::vector<std::string> bytes = {
      wire::encode(transaction(1, -100, "1"), received(-100)), wire::encode(transaction(2, -30, "1"), received(-91)),
      wire::encode(transaction(3, -40, "1"), received(-100)), wire::encode(transaction(4, -90, "1"), received(-90))};
  const std::vector<std::string_view> payloads(bytes.begin(), bytes.end());
  rig.processor->apply(records(1, payloads), Timestamp::from_seconds(kStart));
  const auto commit = rig.commit().commit;
  REQUIRE(commit.quarantine.size() == 1);
  CHECK(commit.quarantine[0].origin.sequence == 2);
  CHECK(commit.quarantine[0].rejection.reason ==
        "ahead of the publisher's clock, which was at 2024-09-20T08:34:29.000000Z");
  REQUIRE(commit.inputs.size() == 3);
  CHECK(commit.inputs[1].origin.sequence == 3);
  CHECK(std::get<store::TransactionInput>(commit.inputs[2].input).transaction.transaction_id == "T4");
  CHECK(std::get<store::TransactionInput>(commit.inputs[2].input).late);
  CHECK(rig.processor->stream_clocks().find(kStream.text.view())->recent_late() == 1);
}

TEST_CASE("records that come together give what they give one by one, whatever is between them") {
  auto unpaid = transaction(3, 0, "1");
  unpaid.currency = "XTS";
  const std::vector<std::string> payloads = {
      wire::encode(transaction(1, 0, "5")),
      wire::encode(
          engine::OpeningPosition{ClientId("HOLDER"), Symbol("S"), *Quantity::parse("7"), *Price::parse("3"), ""}),
      wire::encode(transaction(2, 1, "6")),
      wire::encode(unpaid, {"fills.csv", 12}),
      wire::encode(transaction(4, 2, "1")),
      "\xff\xff",
      wire::encode(wire::Tick{Timestamp::from_seconds(kStart + 3)}),
      wire::encode(wire::Tick{Timestamp::from_seconds(kStart + 3)}),
      wire::encode(transaction(5, 4, "2")),
      wire::encode(unpaid),
  };
  const std::vector<std::string_view> views(payloads.begin(), payloads.end());
  Rig together, one_by_one;
  const auto wall = Timestamp::from_seconds(kStart);
  together.processor->apply(records(1, views), wall);
  for (std::size_t i = 0; i < views.size(); ++i) {
    one_by_one.processor->apply(records(i + 1, {&views[i], 1}), wall);
  }
  CHECK(together.processor->core().state_hash() == one_by_one.processor->core().state_hash());
  CHECK(together.processor->counters().transactions == 4);
  const auto a = together.commit().commit, b = one_by_one.commit().commit;
  REQUIRE(a.inputs.size() == 7);  // with the rules
  CHECK(a.inputs == b.inputs);
  CHECK(a.quarantine == b.quarantine);
  CHECK(a.alert_events.size() == b.alert_events.size());
  CHECK(a.inputs.back().origin == store::Origin{kStream.text, 9, 1});
  CHECK(a.cursors.back().to.sequence == 10);
}

TEST_CASE("a batch has nothing of the one whose memory it is given") {
  auto rejected = transaction(9, 5, "1");
  rejected.client_id = ClientId(std::string(10'000, 'C'));
  auto ordered = transaction(2, 1, "1");
  ordered.order_id = "ORDER";
  ordered.trader_id = "TRADER";
  const auto fill = [&](Rig& rig) {
    rig.send(wire::Tick{Timestamp::from_seconds(kStart + 7)});
    rig.send(transaction(3, 8, "2"));
    rig.send(engine::OpeningPosition{ClientId("HOLDER"), Symbol("S"), *Quantity::parse("7"), *Price::parse("3"), ""});
    rig.send(rejected);
    rig.send(transaction(4, 8, "3"));
  };
  Rig fresh, given;
  for (Rig* rig : {&fresh, &given}) {
    rig->send(ordered);
    rig->send(ordered);
    rig->send(rejected);
    rig->send(wire::Tick{Timestamp::from_seconds(kStart + 6)});
    rig->send(ordered);
  }
  fresh.commit();
  auto spare = given.commit().commit.inputs;
  const auto* memory = spare.begin();
  spare.clear();
  CHECK(spare == store::AppliedInputs{});
  given.commit(std::move(spare));
  fresh.commit();
  fill(fresh);
  fill(given);
  const auto by_fresh = fresh.commit().commit, by_given = given.commit().commit;
  REQUIRE(by_given.inputs.size() == 4);
  CHECK(by_given.inputs.begin() == memory);
  CHECK(by_given.inputs == by_fresh.inputs);
  CHECK(std::get<store::TransactionInput>(by_given.inputs[1].input).transaction.order_id.empty());
  // Its text of 10,000 bytes was not kept for the next record.
  for (const auto& input : by_given.inputs) {
    const auto* applied = std::get_if<store::TransactionInput>(&input.input);
    if (applied != nullptr) CHECK(applied->transaction.client_id.text.capacity() < 100);
  }
}

TEST_CASE("bytes that say nothing protobuf can read are kept, however little is wrong with them") {
  Rig rig;
  rig.commit();
  using namespace std::string_literals;
  const std::string length_of_six_bytes = "\x0a\x80\x80\x80\x80\x80\x00"s;
  rig.send_bytes(length_of_six_bytes);
  const auto commit = rig.commit().commit;
  REQUIRE(commit.quarantine.size() == 1);
  CHECK(commit.quarantine[0].rejection.reason == "not a TransactionRecord");
}

TEST_CASE("a record that cannot be applied is kept with its place and reason, and its sequence is consumed") {
  Rig rig;
  rig.commit();
  auto unpaid = transaction(1, 0, "1");
  unpaid.currency = "XTS";
  rig.send(unpaid, {"fills.csv", 12});
  rig.send(wire::RejectedInput{{"price", "1.x", "not a decimal number"}, "a,b,1.x"}, {"fills.csv", 13});
  rig.send(wire::Tick{{kTimestampMax.nanos + 1}});
  rig.send_bytes("\xff\xff");
  const auto commit = rig.commit().commit;
  REQUIRE(commit.quarantine.size() == 4);
  CHECK(commit.quarantine[0].source == "fills.csv");
  CHECK(commit.quarantine[0].line == 12);
  CHECK(commit.quarantine[0].rejection == engine::Rejection{"currency", "XTS", "there is no rate for it"});
  CHECK(commit.quarantine[1].line == 13);
  CHECK(commit.quarantine[1].raw == "a,b,1.x");
  CHECK(commit.quarantine[2].rejection.field == "time");
  CHECK(commit.quarantine[3].raw == "\\xff\\xff");
  CHECK(commit.inputs.empty());
  REQUIRE(commit.cursors.size() == 2);
  CHECK(commit.cursors[1].to.sequence == 4);
}

TEST_CASE("prices and rates are inputs, stored where they changed anything, and a restart applies them anew") {
  const auto at = [](std::int64_t second) { return Timestamp::from_seconds(kStart + second); };
  auto with_rate = rules();
  with_rate.rates["EUR"] = *Rate::parse("1.25");
  Rig rig(with_rate);
  auto trade = transaction(1, 0, "4");
  trade.currency = "EUR";
  rig.send(trade);
  rig.send(engine::ExchangeRate{"EUR", *Rate::parse("1.5"), at(1)});
  rig.send(engine::MarketPrice{Symbol("B"), *Price::parse("7"), "EUR", at(2)});
  rig.send(engine::MarketPrice{Symbol("A"), *Price::parse("7"), "EUR", at(-1)});  // older than the mark
  const auto commit = rig.commit().commit;
  REQUIRE(commit.inputs.size() == 4);
  CHECK(std::get<engine::ExchangeRate>(commit.inputs[2].input).rate.to_string() == "1.5");
  CHECK(std::get<engine::MarketPrice>(commit.inputs[3].input).symbol.text == "B");
  CHECK(commit.quarantine.empty());
  CHECK(commit.client_exposures.at(0).exposure.gross().to_string() == "600.0000");
  REQUIRE(commit.symbol_exposures.size() == 2);
  CHECK(commit.symbol_exposures[1].mark->to_string() == "10.5");
  CHECK(rig.processor->core().now() == at(2));

  const std::string hash = rig.processor->core().state_hash();
  rig.restart(with_rate);
  CHECK(rig.processor->core().state_hash() == hash);
  CHECK(rig.processor->core().symbol_rows().at(0).mark->to_string() == "150");
}

TEST_CASE("an instrument is an input and a row of its table, and a restart applies it anew") {
  Rig rig;
  rig.commit();
  engine::Instrument future{.symbol = Symbol("A"), .multiplier = Multiplier::from_whole(5), .name = "first"};
  rig.send(future);
  future.name = "second";
  rig.send(future);  // the same for the core
  future.multiplier = Multiplier{};
  rig.send(future, {"instruments.csv", 7});
  rig.send(transaction(1, 0, "1"));
  const auto commit = rig.commit().commit;
  REQUIRE(commit.inputs.size() == 3);
  REQUIRE(commit.instruments.size() == 1);
  CHECK(commit.instruments[0].name == "second");
  CHECK(commit.client_exposures.at(0).exposure.gross().to_string() == "500.0000");
  REQUIRE(commit.quarantine.size() == 1);
  CHECK(commit.quarantine[0].rejection == engine::Rejection{"multiplier", "0", "must be above 0"});
  CHECK(commit.quarantine[0].line == 7U);
  const std::string hash = rig.processor->core().state_hash();
  rig.restart(rules());
  CHECK(rig.processor->core().state_hash() == hash);
}

TEST_CASE("a price or a rate ahead of the clock, or that does not fit, goes to the quarantine and moves no time") {
  Rig rig;
  rig.commit();
  const auto ahead = Timestamp::from_seconds(kStart + 61);
  rig.send(engine::MarketPrice{Symbol("A"), *Price::parse("7"), "", ahead}, {"prices.csv", 12});
  rig.send(engine::ExchangeRate{"EUR", *Rate::parse("1.5"), ahead});
  rig.send(engine::ExchangeRate{"USD", *Rate::parse("1.5"), Timestamp::from_seconds(kStart)}, {"rates.csv", 3});
  const auto commit = rig.commit().commit;
  CHECK(commit.inputs.empty());
  REQUIRE(commit.quarantine.size() == 3);
  CHECK(commit.quarantine[0].rejection ==
        engine::Rejection{"at", "2024-09-20T08:37:01.000000Z",
                          "ahead of the engine's clock, which was at 2024-09-20T08:36:00.000000Z"});
  CHECK(commit.quarantine[0].raw == "A,7,,2024-09-20T08:37:01.000000Z");
  CHECK(commit.quarantine[0].line == 12U);
  CHECK(commit.quarantine[1].rejection.field == "at");
  CHECK(commit.quarantine[2].rejection.field == "currency");
  CHECK(commit.quarantine[2].source == "rates.csv");
  CHECK_FALSE(rig.processor->core().now());
}

TEST_CASE("records that never came are counted and their cursor moves on") {
  Rig rig;
  rig.commit();
  rig.send(transaction(1, 0, "1"));
  rig.processor->skip({"simulator@test", {kStream, 1, 2}, {kStream, 1, 9}});
  const auto cursors = rig.commit().commit.cursors;
  REQUIRE(cursors.size() == 2);
  CHECK(cursors[1].to.sequence == 9);
  CHECK(cursors[1].to.missing == 8);
  CHECK(rig.processor->transaction_positions() == std::vector{log::Position(kStream, 1, 9)});
  CHECK(rig.processor->counters().missing_records == 8);
}

TEST_CASE("a restart stands where it stood: exposures, windows, open alerts and their ids") {
  Rig once, twice;
  for (Rig* rig : {&once, &twice}) {
    rig->commit();
    for (int i = 0; i < 8; ++i) rig->send(transaction(i, i, "1"));
    rig->send(wire::Tick{Timestamp::from_seconds(kStart + 9)});
    rig->commit();
  }
  twice.restart(rules());
  for (Rig* rig : {&once, &twice}) {
    for (int i = 8; i < 12; ++i) rig->send(transaction(i, i, "1"));
  }
  const auto straight = once.commit(), restarted = twice.commit();
  CHECK(straight.commit.alert_events == restarted.commit.alert_events);
  CHECK(straight.commit.alert_events.size() == 3);  // exposure of the client, velocity of client and symbol
  CHECK(straight.commit.client_exposures == restarted.commit.client_exposures);
  CHECK(straight.commit.inputs == restarted.commit.inputs);
  CHECK(twice.processor->counters().transactions == 12);
}

TEST_CASE("other rules at a restart are an input of their own, so that history is not judged by them") {
  Rig rig;
  rig.commit();
  rig.send(transaction(1, 0, "9"));
  rig.commit();
  engine::RuleSet stricter = rules();
  stricter.exposure("client_exposure").limit = Money::from_whole(500);
  rig.restart(stricter);
  const auto changed = rig.commit();
  CHECK(changed.commit.alert_events.empty());
  CHECK(std::get<store::RulesInput>(changed.commit.inputs[0].input).config_version == 2);
  rig.send(wire::Tick{Timestamp::from_seconds(kStart + 2)});
  CHECK(rig.commit().commit.alert_events.size() == 1);
  rig.restart(stricter);
  CHECK(rig.commit().commit.inputs.empty());
  CHECK(rig.processor->core().rules().config_version == 2);
}

TEST_CASE(
    "after a restart every row is written as it stands: marks may have moved after the last commit, limits with the "
    "rules") {
  Rig rig;
  rig.commit();
  rig.send(transaction(1, 0, "5"));
  auto other = transaction(2, 0, "1");
  other.client_id = ClientId("D");
  other.price = *Price::parse("190");
  rig.send(other);
  const Batch traded = rig.processor->take(engine::Core::Scope::kTraded, {});
  rig.store->commit(traded.commit);

  engine::RuleSet stricter = rules();
  stricter.exposure("client_exposure").limit = Money::from_whole(960);
  rig.restart(stricter);
  const auto commit = rig.commit().commit;
  REQUIRE(commit.client_exposures.size() == 2);
  CHECK(commit.client_exposures[0].exposure.gross().to_string() == "950.0000");
  CHECK(commit.client_exposures[0].utilisation_e4 == 9'896);
  CHECK(commit.client_exposures[0].risk_level == engine::RiskLevel::kHigh);
  CHECK(commit.firm_exposure->exposure.gross().to_string() == "1140.0000");
  CHECK(commit.positions.empty());
  rig.processor->note_metrics({});
  CHECK(rig.commit().commit.metrics->high_risk_clients == 1);
}

TEST_CASE("a publisher may be called what it likes: the stream of alerts stays the engine's own") {
  Rig rig;
  rig.commit();
  const std::string payload = wire::encode(transaction(1, 0, "11"));
  const std::string_view view = payload;
  rig.processor->apply(records(1, {&view, 1}, "alerts"), Timestamp::from_seconds(kStart));
  rig.commit();
  const auto own = rig.processor->alerts_position();
  rig.restart(rules());
  CHECK(rig.processor->alerts_position() == own);
  CHECK(own.stream() != kStream);
  CHECK(own.fields().sequence == 1);
  CHECK(rig.processor->transaction_positions() == std::vector{log::Position(kStream, 1, 1)});
}

TEST_CASE("what is quarantined is held back like what is applied") {
  Rig rig;
  rig.commit();
  for (int i = 0; i < 3; ++i) rig.send(wire::RejectedInput{{"price", "x", "not a decimal number"}, "raw"});
  rig.send(transaction(1, 0, "1"));
  CHECK(rig.processor->pending_records() == 4);
}

TEST_CASE("the figures of the whole count who is active and who is at high risk") {
  Rig rig;
  rig.commit();
  rig.send(transaction(1, 0, "8"));
  rig.commit();
  rig.processor->note_metrics(Timestamp::from_seconds(kStart));
  const auto metrics = rig.commit().commit.metrics;
  REQUIRE(metrics);
  CHECK(metrics->total_transactions == 1);
  CHECK(metrics->total_exposure.to_string() == "800.0000");
  CHECK(metrics->active_clients == 1);
  CHECK(metrics->high_risk_clients == 1);
  CHECK(metrics->high_risk_symbols == 0);
}
