#include <fstream>
#include <iterator>

#include "market.hpp"
#include "snapshot_stream.hpp"
#include "support/snapshots.hpp"

using namespace risk;
using namespace risk::engine;

TEST_CASE("a core that is saved anywhere, loaded and run on does what the first one does") {
  const unsigned seed = GENERATE(range(1u, 6u));
  const bool has_orders = GENERATE(false, true);
  Market market(seed);
  Core core(has_orders ? lively_rules_of_orders() : lively_rules());
  std::vector<AlertEvent> events;
  CHECK_FALSE(
      core.apply(OpeningPosition{ClientId("C9"), Symbol("S1"), *Quantity::parse("-500"), *Price::parse("100"), ""}));
  std::vector<std::optional<Core>> copies;
  std::vector<std::vector<AlertEvent>> copied_events;
  for (int i = 0; i < 3'000; ++i) {
    if (i % 250 == 0) {
      auto loaded = load(save(core));
      REQUIRE(loaded.ok());
      CHECK(broken(*loaded) == "");
      copies.emplace_back(std::move(loaded).value());
      copied_events.push_back(events);
    }
    const Transaction transaction = has_orders ? market.next_of_orders() : market.next();
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
    CHECK(broken(*copies[copy]) == "");
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
          rules.velocity("client_velocity").worsened_ratio = *Ratio::parse("2.00000001");
          desk.core.set_rules(rules);
        }) != same);
  CHECK(same.size() == 32);
}

TEST_CASE("an empty core ends in the edition and the fourteen zero bytes of the format page") {
  RuleSet rules;
  rules.price("price_deviation").enabled = false;
  const Chunks chunks = save(Core(rules));
  REQUIRE(chunks.size() == 1);
  CHECK(chunks.front().ends_with(std::string("\0\x02\x05", 3) + std::string(14, '\0')));
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
  const bool has_orders = GENERATE(false, true);
  const bool holds_price = GENERATE(false, true);
  RuleSet rules = has_orders ? lively_rules_of_orders() : quiet_rules();
  rules.price("price_deviation").enabled = holds_price;
  Desk desk(rules);
  desk.trade(1, "C", "A", "2", "100");
  if (holds_price) {
    desk.core.number_next(2);
    desk.trade(1, "D", "A", "2", "1000");
    CHECK(desk.core.held_price_rows().size() == 1);
  }
  for (int i = 0; has_orders && i < 6; ++i) {
    Transaction fill = desk.transaction(1, i < 3 ? "C" : "D", "A", "2", "100");
    if (i < 3) fill.order_id = "O" + std::to_string(i % 2);
    REQUIRE(desk.core.apply(fill, desk.events).ok());
  }
  const std::string body = save(desk.core).front().substr(kChunkHeadBytes);
  std::size_t refused = 0;
  for (std::size_t at = 0; at < body.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = body;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      auto loaded = load({make_chunk(0, damaged)});
      refused += loaded ? 0 : 1;
      if (!loaded || !loaded->verify().empty()) continue;
      // What is accepted can be gone on from.
      Core core = std::move(loaded).value();
      desk.events.clear();
      (void)core.apply(desk.transaction(100'000, "C", "A", "-3", "90"), desk.events);
      core.tick(Timestamp::from_seconds(kMidnight + 200'000), desk.events);
      CHECK(load(save(core)).ok());
      CHECK(broken(core) == "");
    }
  }
  CHECK(refused > body.size() * 2);
  CHECK(load({make_chunk(0, "RISKCORE\x04")}).error().reason ==
        "chunk 0, byte 9: version 4 is newer than 3, the last that is known");
}

namespace {

Chunks golden_file(const std::string& name) {
  std::ifstream file(std::string(RISK_TEST_DATA) + "/" + name, std::ios::binary);
  REQUIRE(file);
  return {std::string(std::istreambuf_iterator<char>(file), {})};
}

}  // namespace

TEST_CASE("a snapshot of each version that was ever written gives the core it was taken of") {
  const std::string name = GENERATE("core-1.snapshot", "core-2.snapshot", "core-3.snapshot");
  SnapshotFormat format;
  std::size_t next = 0;
  const auto chunks = golden_file(name);
  auto loaded =
      Core::load([&] { return next < chunks.size() ? std::optional(chunks[next++]) : std::nullopt; }, {}, {}, &format);
  REQUIRE(loaded.ok());
  CHECK(format.version == static_cast<std::uint32_t>(name[5] - '0'));
  CHECK(format.is_older == (format.version < 3));
  CHECK(format.unknown_fields == 0);
  const bool is_first_edition = format.version < 3;
  CHECK(loaded->state_hash() ==
        (is_first_edition ? "17f753a64843ec7461fa6b1dd96d63fc" : "fb5d37bd1821e7d21ec8671bf5202401"));
  auto rules = lively_rules();
  rules.edition = is_first_edition ? 1 : 2;
  CHECK(loaded->rules() == rules);
  CHECK(loaded->counters().alerts_opened == 63);
  CHECK(loaded->client_rows().size() == 9);
  CHECK(loaded->firm_row().exposure.long_value.to_string() == "2913242807.0000");
  CHECK(load(save(*loaded))->state_hash() == loaded->state_hash());
}

TEST_CASE("a snapshot with instruments, marks in other currencies and exchange rates gives the core it was taken of") {
  auto golden = load(golden_file("core-3-instruments.snapshot"));
  REQUIRE(golden.ok());
  auto loaded = std::optional(std::move(golden).value());
  CHECK(broken(*loaded) == "");
  CHECK(loaded->state_hash() == "e19588af78d0e13f76ae21b796ca19b9");
  CHECK(loaded->symbol_rows().size() == 6);
  CHECK(loaded->symbol_rows()[0].mark->to_string() == "0.0889");
  CHECK(loaded->symbol_rows()[1].mark->to_string() == "550");
  CHECK(loaded->symbol_rows()[2].mark->to_string() == "1");
  CHECK(loaded->symbol_rows()[3].mark->to_string() == "-18.815");
  CHECK(loaded->symbol_rows()[4].position_count == 0);
  CHECK(loaded->firm_row().exposure.inverted != Notional{});
  CHECK(load(save(*loaded))->state_hash() == loaded->state_hash());
  std::vector<AlertEvent> events;
  const auto now = *loaded->now();
  CHECK(loaded->apply(ExchangeRate{"EUR", *Rate::parse("2"), now}, events).value());
  CHECK(loaded->symbol_rows()[1].mark->to_string() == "1000");
  CHECK_FALSE(
      loaded->apply(ExchangeRate{"EUR", *Rate::parse("2"), Timestamp{now.nanos - 3 * kNanosPerSecond}}, events).ok());
}

TEST_CASE("a snapshot with bases gives the P&L of the core it was taken of") {
  const auto loaded = load(golden_file("core-3-pnl.snapshot"));
  REQUIRE(loaded.ok());
  CHECK(broken(*loaded) == "");
  CHECK(loaded->rules().edition == 4);
  CHECK(loaded->state_hash() == "f2a4007876653cd14821bd94f8224b3f");
  CHECK(loaded->firm_row().pnl.to_string() == "-798007857.8000");
  CHECK(load(save(*loaded))->state_hash() == loaded->state_hash());
}

TEST_CASE("a snapshot with orders gives the core it was taken of") {
  auto loaded = load(golden_file("core-3-orders.snapshot"));
  REQUIRE(loaded.ok());
  CHECK(broken(*loaded) == "");
  auto rules = lively_rules_of_orders();
  rules.edition = 4;
  CHECK(loaded->rules() == rules);
  CHECK(loaded->state_hash() == "b02d688a377a7380e935cee09ff21ca5");
  CHECK(load(save(*loaded))->state_hash() == loaded->state_hash());
}

TEST_CASE("a snapshot with remembered marks and tipped alerts gives the core it was taken of") {
  auto loaded = load(golden_file("core-3-reversals.snapshot"));
  REQUIRE(loaded.ok());
  CHECK(broken(*loaded) == "");
  CHECK(loaded->rules().edition == 5);
  CHECK(loaded->state_hash() == "d17b09c7dccbe776b93d5b5e27dba011");
  CHECK(loaded->firm_row().pnl.to_string() == "-231766820.4000");
  CHECK(save(core_of_golden_reversals()) == save(*loaded));
  CHECK(load(save(*loaded))->state_hash() == loaded->state_hash());
}

TEST_CASE("a snapshot with splits and renames gives the core it was taken of") {
  auto loaded = load(golden_file("core-3-adjustments.snapshot"));
  REQUIRE(loaded.ok());
  CHECK(broken(*loaded) == "");
  CHECK(loaded->state_hash() == "30a112777e310677b82e5202b16b1825");
  CHECK(loaded->firm_row().pnl.to_string() == "-231766820.4000");
  CHECK(save(core_of_golden_adjustments()) == save(*loaded));
  CHECK(load(save(*loaded))->state_hash() == loaded->state_hash());
}

TEST_CASE("a snapshot with a field of a newer program loads without it and says so") {
  Desk desk;
  desk.trade(1, "C", "A", "2", "100");
  std::string body = save(desk.core).front().substr(kChunkHeadBytes);
  REQUIRE(body.ends_with(std::string(2, '\0')));  // of the core's record, and the end
  const bool in_order = GENERATE(true, false);
  body.resize(body.size() - 2);
  body +=
      std::string("\x05\x03new", 5) + std::string(in_order ? "\x08\x81\x01" : "\x04\x81\x01") + std::string(2, '\0');
  SnapshotFormat format;
  bool is_read = false;
  const auto loaded =
      Core::load([&] { return std::exchange(is_read, true) ? std::nullopt : std::optional(make_chunk(0, body)); }, {},
                 {}, &format);
  REQUIRE(loaded.ok() == in_order);
  if (!in_order) {
    CHECK(loaded.error().reason.ends_with("tag of a field is not in order"));
    return;
  }
  CHECK(format.unknown_fields == 2);
  CHECK_FALSE(format.is_older);
  CHECK(loaded->state_hash() == desk.core.state_hash());
}

TEST_CASE("a snapshot of a newer version is refused, and its format says why") {
  SnapshotFormat format;
  bool is_read = false;
  const auto loaded = Core::load(
      [&] { return std::exchange(is_read, true) ? std::nullopt : std::optional(make_chunk(0, "RISKCORE\x04")); }, {},
      {}, &format);
  REQUIRE_FALSE(loaded.ok());
  CHECK(format.is_newer);
  CHECK(format.version == 4);
}

TEST_CASE("a later field at its usual value leaves the hash, and at another changes it and is read back") {
  const auto written = [](SnapshotWriter::EmptyEnd empty_end, Uint128 value, const std::string& text) {
    std::string bytes;
    SnapshotWriter out([&](std::string_view payload) { bytes += payload; }, empty_end);
    out.number(7);
    out.later_number(1, value, 5);
    out.later_text(2, text);
    out.end_record();
    out.finish();
    return bytes;
  };
  CHECK(written(SnapshotWriter::EmptyEnd::kLeftOut, 5, "") == "\x07");
  CHECK(written(SnapshotWriter::EmptyEnd::kLeftOut, 6, "") != "\x07");
  CHECK(written(SnapshotWriter::EmptyEnd::kWritten, 5, "") == std::string("\x07\0", 2));

  const std::string bytes = written(SnapshotWriter::EmptyEnd::kWritten, 6, "x");
  SnapshotReader in([&] { return make_chunk(0, bytes); });
  in.set_version(3);
  CHECK(in.number("a field") == 7);
  std::vector<std::string> fields;
  in.end_record([&](std::uint32_t field, const SnapshotReader::LaterValue& value) {
    fields.push_back(std::to_string(field) + " " +
                     (value.is_text ? value.text : std::to_string(static_cast<unsigned>(value.number))));
    return true;
  });
  CHECK(fields == std::vector<std::string>{"1 6", "2 x"});
  CHECK(in.unknown_fields() == 0);
}
