#include <functional>
#include <limits>
#include <string>

#include "risk/wire/alert.hpp"
#include "risk/wire/control.hpp"
#include "risk/wire/exposure.hpp"
#include "risk/wire/rules.hpp"
#include "risk/wire/transaction.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::wire;

namespace {

engine::Transaction odd_transaction() {
  engine::Transaction t;
  t.transaction_id = "T \"1\"";
  t.executed_at = {-1};
  t.client_id = ClientId("Zürich");
  t.symbol = Symbol("O'Neil");
  t.side = engine::Side::kSell;
  t.quantity = Quantity::from_units(std::numeric_limits<std::int64_t>::max());
  t.price = Price::from_units(std::numeric_limits<std::int64_t>::min());
  t.currency = "USD";
  return t;
}

engine::Transaction odd_bust() {
  engine::Transaction t = odd_transaction();
  t.kind = engine::ExecutionKind::kBust;
  t.ref_transaction_id = "T \"1\"";
  return t;
}

AlertMessage odd_alert() {
  AlertMessage message;
  message.event_id = 7;
  message.event.alert_id = 3;
  message.event.type = engine::AlertEventType::kAcknowledged;
  message.event.alert_type = engine::AlertType::kAnomalyDetected;
  message.event.severity = engine::Severity::kMedium;
  message.event.entity_type = engine::EntityType::kSymbol;
  message.event.entity_id = "A";
  message.event.value = {engine::Figure::Unit::kZScore, 31'234};
  message.event.limit = {engine::Figure::Unit::kZScore, 30'000};
  message.event.peak = {engine::Figure::Unit::kZScore, 41'234};
  message.event.at = {123'456};
  message.event.contributors = {{"X", Notional::of(Money::from_whole(-5))}};
  message.event.anomaly = engine::AnomalyEvidence{Notional::of(Money::from_whole(1)), {}, {}, 30};
  message.status = engine::AlertStatus::kAcknowledged;
  message.opened_at = {100};
  message.message = "text";
  message.actor = "anna";
  message.acknowledged_by = "anna";
  message.acknowledged_at = Timestamp::from_micros(123'456);
  return message;
}

RecordDeliveries undelivered() {
  using Outcome = DeliveryRecord::Outcome;
  return {
      "0123456789abcdef0123456789abcdef",
      {{"slack", 7, 3, Outcome::kRefused, "status 400: invalid_payload", Timestamp::from_micros(1'726'833'600'123'456)},
       {"email", 8, 3, Outcome::kGivenUp, "", Timestamp{0}}}};
}

}  // namespace

TEST_CASE("every kind of input comes back as it was sent, with where it was read") {
  InputDecoder decoder;
  const std::vector<Input> inputs = {
      odd_transaction(),
      odd_bust(),
      Tick{{42}},
      engine::OpeningPosition{ClientId("C"), Symbol("S"), Quantity::from_units(-5), Price::from_units(1), "EUR"},
      engine::MarketPrice{Symbol("Zürich"), Price::from_units(std::numeric_limits<std::int64_t>::min()), "EUR", {-1}},
      engine::ExchangeRate{"GBX", Rate::from_units(1), kTimestampMax},
      engine::Instrument{Symbol("MES"), Multiplier::from_whole(5), "USD", engine::Contract::kInverse, Timestamp{-1},
                         true, "E-mini \"micro\"", "future"},
      engine::Instrument{.symbol = Symbol("A")},
      engine::Adjustment{.effective_at = {-1},
                         .kind = engine::AdjustmentKind::kSetPosition,
                         .symbol = Symbol("A"),
                         .client_id = ClientId("C"),
                         .quantity = Quantity::from_units(-1),
                         .reason = "transfer"},
      engine::Adjustment{.kind = engine::AdjustmentKind::kRename, .symbol = Symbol("FB"), .new_symbol = Symbol("META")},
      RejectedInput{{"price", "x", "not a decimal number"}, "a,b,c"}};
  for (const auto& input : inputs) {
    const auto decoded = decoder.decode(encode(input, {"fills.csv", 12}));
    REQUIRE(decoded.ok());
    CHECK(decoded->input == input);
    CHECK(decoded->provenance == Provenance{"fills.csv", 12});
  }
}

TEST_CASE("a transaction is decoded over the one before, and nothing else is taken for one") {
  InputDecoder decoder;
  engine::Transaction into;
  into.market = "of the one before";
  std::optional<Timestamp> received_at;
  const auto first = odd_transaction();
  CHECK(decoder.decode_transaction(encode(first, {"fills.csv", 12}), into, received_at));
  CHECK(into == first);
  CHECK(decoder.decode_transaction(encode(engine::Transaction{}), into, received_at));
  CHECK(into == engine::Transaction{});
  CHECK_FALSE(decoder.decode_transaction(encode(Tick{{42}}), into, received_at));
  CHECK_FALSE(decoder.decode_transaction("\xff\xff\xff", into, received_at));
  CHECK_FALSE(decoder.decode_transaction("", into, received_at));
  const auto line = std::numeric_limits<std::uint64_t>::max();
  CHECK_FALSE(decoder.decode_transaction(encode(first, {"f", line}), into, received_at));
}

TEST_CASE("bytes that are no record are refused") {
  InputDecoder decoder;
  const auto line = std::numeric_limits<std::uint64_t>::max();
  CHECK(decoder.decode(encode(Tick{{42}}, {"f", line})).error().reason == "line 18446744073709551615: out of range");
  CHECK(decoder.decode("\xff\xff\xff").error().reason == "not a TransactionRecord");
  CHECK(decoder.decode("").error().reason == "an empty TransactionRecord");
}

TEST_CASE("a price or a rate whose instant is none is an input that is rejected, with what it said") {
  InputDecoder decoder;
  // at_us of a rate, which is field 6, and of a price, field 5: nine bytes of 1s.
  for (const auto& bytes :
       {std::string("\x32\x09\x19") + std::string(8, '\x7f'), std::string("\x2a\x09\x21") + std::string(8, '\x7f')}) {
    const auto decoded = decoder.decode(bytes);
    REQUIRE(decoded.ok());
    const auto& rejected = std::get<RejectedInput>(decoded->input);
    CHECK(rejected.rejection == engine::Rejection{"at", "9187201950435737471", "outside the years 1678 to 2261"});
    CHECK(rejected.raw == "at_us: 9187201950435737471");
  }
}

TEST_CASE("an alert comes back as it was sent") {
  const auto decoded = decode_alert(encode(odd_alert()));
  REQUIRE(decoded.ok());
  CHECK(*decoded == odd_alert());

  auto money = odd_alert();
  money.event.alert_type = engine::AlertType::kHighFirmExposure;
  money.event.measure = engine::Measure::kNet;
  money.event.anomaly.reset();
  money.event.utilisation_e4 = 12'500;
  for (auto* figure : {&money.event.value, &money.event.limit, &money.event.peak}) {
    *figure = {engine::Figure::Unit::kMoney, Notional::of(Money::from_whole(9)).units()};
  }
  const auto exposure = decode_alert(encode(money));
  REQUIRE(exposure.ok());
  CHECK(*exposure == money);
  CHECK_FALSE(decode_alert("").ok());
}

TEST_CASE("an exposure update comes back as it was sent") {
  ExposureUpdate update;
  update.waiting = Waiting{1, 2, 3, ~0ULL};
  update.apply_seq = 9;
  update.now = Timestamp{5};
  engine::ExposureRow row;
  row.id = "C";
  row.utilisation_e4 = 4'000;
  row.mark = Price::from_units(18'725'000'000);
  row.exposure.long_value = Notional::of(Money::from_whole(400));
  update.clients = {figures(row)};
  update.symbols = {figures(row), figures(row)};
  update.firm = figures(engine::ExposureRow{});
  update.transactions = {{odd_transaction(), 8, "1.0000", true, 0, true}, {odd_bust(), 9, "1.0000", false, 8}};
  update.transactions_per_second = 2.5;
  update.streams = {{"ab", "simulator@host", 1, 2, 3, true, 1'000, 501, -45'000'000'001, 7, 2},
                    {"cd", "simulator@host", 1, 2, 3, false, 0, 0, std::nullopt}};
  const auto decoded = decode_exposure_update(encode(update));
  REQUIRE(decoded.ok());
  CHECK(*decoded == update);
  CHECK_FALSE(decode_exposure_update(encode(ExposureUpdate{}))->waiting);  // as of an engine that does not know it
  CHECK(decoded->clients.front().utilisation == "0.4000");
  CHECK(decoded->clients.front().mark == "187.25");
  CHECK_FALSE(decode_exposure_update("\x01").ok());
}

TEST_CASE("commands come back as they were sent and are judged before they reach the engine") {
  for (const Command& command : {Command{"anna", AcknowledgeAlert{3, ""}}, Command{"anna", AssignAlert{3, "ben"}},
                                 Command{"anna", CommentAlert{3, "looks fine"}}, Command{"anna", Cleanup{30}},
                                 Command{"alert-notifier", undelivered()},
                                 Command{"anna", DecideQuarantined{7, DecideQuarantined::Action::kApply, "two fills"}},
                                 Command{"anna", Adjust{{.effective_at = {1'726'790'400'123'456'789},
                                                 .kind = engine::AdjustmentKind::kSplit,
                                                 .symbol = Symbol("NVDA"),
                                                 .ratio = "10:1",
                                                 .reason = "ten for one"}}},
                                 Command{"anna", Adjust{{.effective_at = {-1},
                                                 .kind = engine::AdjustmentKind::kRename,
                                                 .symbol = Symbol("FB"),
                                                 .new_symbol = Symbol("META")}}},
                                 Command{"anna", Adjust{{.kind = engine::AdjustmentKind::kSetPosition,
                                                 .symbol = Symbol("NVDA"),
                                                 .client_id = ClientId("C"),
                                                 .quantity = Quantity{}}}},
                                 Command{"anna", WithdrawAdjustment{7, "the issuer\ntook it back"}}}) {
    const auto decoded = decode_command(encode(command));
    REQUIRE(decoded.ok());
    CHECK(*decoded == command);
  }
  CHECK(decode_command(encode(Command{"", Cleanup{1}})).error().reason == "actor \"\": empty");
  CHECK(decode_command(encode(Command{"a", AssignAlert{1, "b\n"}})).error().reason ==
        "assignee \"b\\x0a\": character 2 is U+000A, a control character");
  CHECK(decode_command(encode(Command{"a", CommentAlert{1, ""}})).error().reason == "comment: empty");
  CHECK(decode_command(encode(Command{"a", CommentAlert{1, "two\nlines\tof it"}})).ok());
  CHECK(decode_command(encode(Command{"a", CommentAlert{1, std::string("a\0b", 3)}})).error().reason ==
        "comment: character 2 is U+0000, a control character");
  CHECK(decode_command(encode(Command{"a", AcknowledgeAlert{1, "\x1b[31m"}})).error().reason ==
        "comment: character 1 is U+001B, a control character");
  CHECK(decode_command(encode(Command{"a", Cleanup{99'999}})).error().reason == "days 99999: must be at most 36500");
}

TEST_CASE("an adjustment is judged before it is sent, and when it arrives") {
  Adjust adjust{{.kind = engine::AdjustmentKind::kSplit, .symbol = Symbol("A"), .ratio = "0:1"}};
  const char* reason = "ratio 0:1: not new to old as two whole numbers from 1 to 1000000, such as 4:1";
  CHECK(command_problem(Command{"anna", adjust}) == reason);
  CHECK(decode_command(encode(Command{"anna", adjust})).error().reason == reason);
  adjust.adjustment.ratio = "2:1";
  CHECK_FALSE(command_problem(Command{"anna", adjust}));
  adjust.adjustment.kind = engine::AdjustmentKind{7};
  CHECK(decode_command(encode(Command{"anna", adjust})).error().reason == "kind 7: not SPLIT, RENAME or SET_POSITION");
}

TEST_CASE("a withdrawal names an adjustment and says why") {
  const auto reason = [](const WithdrawAdjustment& withdraw) {
    return decode_command(encode(Command{"anna", withdraw})).error().reason;
  };
  CHECK(reason({0, "why"}) == "adjustment_id 0: out of range");
  CHECK(reason({~0ULL, "why"}) == "adjustment_id 18446744073709551615: out of range");
  CHECK(reason({1, ""}) == "reason: empty");
  CHECK(reason({1, std::string(1'001, 'a')}) == "reason: longer than 1000 bytes");
  CHECK(reason({1, "\x1b[31m"}) == "reason: character 1 is U+001B, a control character");
}

TEST_CASE("a record of deliveries is judged field by field") {
  const auto reason = [](const std::function<void(RecordDeliveries&)>& spoil) {
    RecordDeliveries deliveries = undelivered();
    spoil(deliveries);
    const auto decoded = decode_command(encode(Command{"alert-notifier", deliveries}));
    return decoded ? std::string() : decoded.error().reason;
  };
  CHECK(reason([](RecordDeliveries&) {}).empty());
  CHECK(reason([](auto& d) { d.records.clear(); }) == "deliveries: 0, must be 1 to 100");
  CHECK(reason([](auto& d) { d.records.resize(101, d.records.front()); }) == "deliveries: 101, must be 1 to 100");
  CHECK(reason([](auto& d) { d.stream_id = ""; }) == "stream_id \"\": empty");
  CHECK(reason([](auto& d) { d.records[0].channel = "a\n"; }) ==
        "channel \"a\\x0a\": character 2 is U+000A, a control character");
  CHECK(reason([](auto& d) { d.records[1].event_id = 0; }) == "event_id 0: out of range");
  CHECK(reason([](auto& d) { d.records[1].alert_id = ~0ULL; }) == "alert_id 18446744073709551615: out of range");
  CHECK(reason([](auto& d) { d.records[0].outcome = DeliveryRecord::Outcome(9); }) == "outcome 9: unknown");
  CHECK(reason([](auto& d) { d.records[0].answer = std::string(401, 'x'); }) ==
        "answer: not text of at most 400 bytes");
  CHECK(reason([](auto& d) { d.records[0].answer = std::string("a\0b", 3); }) ==
        "answer: not text of at most 400 bytes");
  CHECK(reason([](auto& d) { d.records[0].at.nanos = INT64_MAX; }) == "at 9223372036854775 us, 0 ns: out of range");
}

TEST_CASE("a decision names a row, what is done with it and why") {
  using Action = DecideQuarantined::Action;
  const auto problem = [](const DecideQuarantined& decide) {
    return command_problem(Command{"anna", decide}).value_or("");
  };
  CHECK(problem({1, Action::kDrop, "wrong copy"}).empty());
  CHECK(problem({0, Action::kDrop, "x"}) == "quarantine_id 0: out of range");
  CHECK(problem({~0ULL, Action::kDrop, "x"}) == "quarantine_id 18446744073709551615: out of range");
  CHECK(problem({1, Action(9), "x"}) == "action 9: unknown");
  CHECK(problem({1, Action::kApply, ""}) == "reason: empty");
  CHECK(problem({1, Action::kApply, std::string(1'001, 'x')}) == "reason: longer than 1000 bytes");
  CHECK(problem({1, Action::kApply, "a\u202eb"}) == "reason: character 2 is U+202E, which does not show");
}

TEST_CASE("as many deliveries as a command may hold, with the longest texts, are one request") {
  constexpr std::size_t kRequestBytesMax = 64 * 1024;  // of the command port
  RecordDeliveries deliveries = undelivered();
  deliveries.records[0].channel = std::string(50, 'c');
  deliveries.records[0].answer = std::string(400, 'x');
  deliveries.records[0].event_id = deliveries.records[0].alert_id = 9'000'000'000'000'000'000;
  deliveries.records.assign(kDeliveryRecordsMax, deliveries.records[0]);
  const Command command{"alert-notifier", deliveries};
  CHECK_FALSE(command_problem(command));
  CHECK(encode(command).size() < kRequestBytesMax);
}

TEST_CASE("a command whose name or comment could pass for another one is refused, with field and place") {
  const auto problem = [](const Command& command) { return command_problem(command).value_or(""); };
  CHECK(problem({"an\u202ena", Cleanup{1}}) == "actor \"an\\u{202e}na\": character 3 is U+202E, which does not show");
  CHECK(problem({"anna ", Cleanup{1}}) == "actor \"anna \": character 5 is U+0020, a blank at the end");
  CHECK(problem({" ", Cleanup{1}}) == "actor \" \": nothing but blanks (U+0020)");
  CHECK(problem({"an\u00a0na", Cleanup{1}}) ==
        "actor \"an\\u{a0}na\": character 3 is U+00A0, which passes for a blank");
  CHECK(problem({"a\xff", Cleanup{1}}) == "actor \"a\\xff\": character 2 is not UTF-8 (byte 0xff)");
  CHECK(problem({"a", AssignAlert{1, "b\u200b"}}) ==
        "assignee \"b\\u{200b}\": character 2 is U+200B, which does not show");
  CHECK(problem({"a", CommentAlert{1, "ok\u2066"}}) == "comment: character 3 is U+2066, which does not show");
  CHECK(problem({"a", AcknowledgeAlert{1, "\u009b"}}) == "comment: character 1 is U+009B, a control character");
  CHECK(problem({"a", AcknowledgeAlert{1, " \n"}}) == "comment: nothing but blanks (U+0020)");
  CHECK(problem({"a", AcknowledgeAlert{1, "10\u00a0000 sold\n"}}).empty());
  CHECK(decode_command(encode(Command{"a\u202e", Cleanup{1}})).error().reason.find("U+202E") != std::string::npos);
}

TEST_CASE("replies come back as they were sent") {
  CommandReply done;
  done.event = odd_alert();
  done.cleanup = CleanupResult{1, 2, 3, 4, 5};
  CHECK(*decode_command_reply(encode(done)) == done);
  CHECK_FALSE(decode_command_reply("").ok());
}

TEST_CASE("rules come back as they were stored") {
  engine::RuleSet rules;
  rules.config_version = 5;
  rules.rates["EUR"] = *Rate::parse("1.0842");
  rules.require_instruments = true;
  rules.exposure("client_exposure").limit_by_entity["CLIENT_001"] = *Money::parse("0.5");
  rules.exposure("firm_exposure").limit = Money::from_whole(7);
  rules.velocity("symbol_velocity").limit_by_entity["AAPL"] = 3;
  rules.price("price_deviation").limit_by_entity["AAPL"] = *Ratio::parse("2.5");
  rules.anomaly("system_anomaly").enabled = true;
  const auto decoded = decode_rules(encode(rules));
  REQUIRE(decoded.ok());
  CHECK(*decoded == rules);
  CHECK_FALSE(decode_rules("{").ok());
  engine::RuleSet first;
  first.edition = 1;  // of the release that did not say, and knew no rule of prices
  first.price("price_deviation").enabled = false;
  CHECK(*decode_rules("{}") == first);
  CHECK(decode_rules(R"({"edition":2})")->edition == 2);
  CHECK_FALSE(decode_rules(R"({"edition":4})")->knows_reversals());
  CHECK(decode_rules(R"({"edition":5})")->knows_reversals());
  CHECK(decode_rules(R"({"edition":6})").error().reason == "edition 6: must be 1 to 5");
  rules.session_start = {17 * 3600, "Pacific/Apia", {{-5, -36'000}, {1'325'239'200, 50'400}}};
  CHECK(*decode_rules(encode(rules)) == rules);
  for (const char* changes :
       {"7", "[7]", "[[7]]", "[[7,86400]]", "[[7,-86400]]", "[[7,1],[7,2]]", "[[\"7\",1]]", "[]"}) {
    CHECK_FALSE(decode_rules(R"({"session_zone":"A","session_zone_changes":)" + std::string(changes) + "}").ok());
  }
  CHECK_FALSE(decode_rules(R"({"session_zone":"A"})").ok());
  CHECK_FALSE(decode_rules(R"({"session_zone_changes":[[7,1]]})").ok());
}

TEST_CASE("rules are stored in the text that the first release stored, and read from it") {
  const std::string text =
      R"({"config_version":"1","base_currency":"USD","client_exposure":{"enabled":true,"measure":"GROSS","limit":"1000000","critical_ratio":"1.5","worsened_ratio":"1.25","resolved_ratio":"0.95"},)"
      R"("symbol_exposure":{"enabled":true,"measure":"GROSS","limit":"500000","critical_ratio":"1.5","worsened_ratio":"1.25","resolved_ratio":"0.95"},)"
      R"("firm_exposure":{"enabled":true,"measure":"GROSS","critical_ratio":"1.5","worsened_ratio":"1.25","resolved_ratio":"0.95"},)"
      R"("client_velocity":{"enabled":true,"limit":10,"window_seconds":60,"worsened_ratio":"2","resolved_ratio":"0.5"},)"
      R"("symbol_velocity":{"enabled":true,"limit":10,"window_seconds":60,"worsened_ratio":"2","resolved_ratio":"0.5"},)"
      R"("client_anomaly":{"enabled":true,"threshold":"3","high_threshold":"4","window":100,"samples_min":30,"quiet_seconds":300},)"
      R"("symbol_anomaly":{"enabled":true,"threshold":"3","high_threshold":"4","window":100,"samples_min":30,"quiet_seconds":300},)"
      R"("system_anomaly":{"threshold":"3","high_threshold":"4","window":100,"samples_min":30,"quiet_seconds":300}})";
  engine::RuleSet rules;
  rules.edition = 1;
  for (auto& rule : rules.exposure_rules) rule.resolved_after_seconds = 0;
  for (auto& rule : rules.velocity_rules) rule.order_window_ms = 0;
  rules.price("price_deviation").enabled = false;
  CHECK(encode(rules).find("client_size") != std::string::npos);
  const auto decoded = decode_rules(text);
  REQUIRE(decoded.ok());
  CHECK(*decoded == rules);
  std::string later = encode(rules);
  const auto from = later.find("\"client_size\"");
  later.erase(from, later.find("\"client_anomaly\"") - from);
  CHECK(later == text);
}

TEST_CASE("stored rules with a measure or a kind that is not known are refused by name") {
  const auto reason = [](std::string_view text) { return decode_rules(text).error().reason; };
  CHECK(reason(R"({"client_exposure":{"enabled":true,"measure":"LOSS"}})") ==
        "client_exposure.measure \"LOSS\": unknown");
  CHECK(reason(R"({"further_rules":{"x":{"kind":"loss","entity_type":"CLIENT"}}})") == "x.kind \"loss\": unknown");
  CHECK(reason(R"({"further_rules":{"x":{"kind":"exposure","entity_type":"GROUP"}}})") ==
        "x.entity_type \"GROUP\": unknown");
  CHECK(decode_rules(R"({"client_exposure":{"enabled":true}})")->exposure("client_exposure").measure ==
        engine::Measure::kGross);
}

TEST_CASE("stored rules without a ratio or a rule have its default, and a field of a newer program is ignored") {
  engine::RuleSet rules;
  rules.config_version = 9;
  rules.exposure("client_exposure").worsened_ratio = *Ratio::parse("1.5");
  rules.velocity("symbol_velocity").enabled = false;
  rules.exposure("firm_exposure").limit = Money::from_whole(5);
  std::string text = encode(rules);
  const auto replace = [&](const std::string& part, const std::string& by) {
    const auto at = text.find(part);
    REQUIRE(at != std::string::npos);
    text.replace(at, part.size(), by);
  };
  replace("\"worsened_ratio\":\"1.5\",", "\"of_a_newer_program\":{\"deep\":[1,{}]},");
  auto expected = rules;
  expected.exposure("client_exposure").worsened_ratio = engine::ExposureRule{}.worsened_ratio;
  auto decoded = decode_rules(text);
  REQUIRE(decoded.ok());
  CHECK(*decoded == expected);

  const auto at = text.find(",\"system_anomaly\"");
  REQUIRE(at != std::string::npos);
  text = text.substr(0, at) + "}";
  decoded = decode_rules(text);
  REQUIRE(decoded.ok());
  CHECK(decoded->anomaly("system_anomaly") == engine::RuleSet{}.anomaly("system_anomaly"));
  CHECK(decoded->exposure("client_exposure") == expected.exposure("client_exposure"));
}
