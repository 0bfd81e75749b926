#include "simulator/source.hpp"

#include <vector>

#include "support/catch.hpp"
#include "temporary_file.hpp"

using namespace risk;
using namespace risk::simulator;
using std::chrono::microseconds;
using std::chrono::seconds;

namespace {

constexpr Timestamp kStart{1'726'821'360'000'000'000};  // 2024-09-20T08:36:00Z

// One word an item: its time in ms and what it is ("1000 tick 08:36:01.000").
std::vector<std::string> told(Feed feed) {
  std::vector<std::string> words;
  while (const Item* item = feed.next()) {
    std::string word = std::to_string(item->due.count() / 1000) + " ";
    if (const auto* t = std::get_if<engine::Transaction>(&item->input)) word += t->transaction_id;
    if (const auto* tick = std::get_if<wire::Tick>(&item->input)) {
      word += "tick " + format_timestamp(tick->time).substr(11, 12);
    }
    if (const auto* p = std::get_if<engine::OpeningPosition>(&item->input)) word += "position " + p->client_id.text;
    if (const auto* p = std::get_if<engine::MarketPrice>(&item->input)) word += "price " + p->price.to_string();
    if (const auto* r = std::get_if<engine::ExchangeRate>(&item->input)) word += "rate " + r->rate.to_string();
    if (const auto* a = std::get_if<engine::Adjustment>(&item->input)) word += "split " + a->ratio;
    if (const auto* r = std::get_if<wire::RejectedInput>(&item->input)) word += "rejected " + r->rejection.field;
    words.push_back(word);
  }
  return words;
}

std::string row(const std::string& id, const std::string& time) {
  return id + ",2024-09-20T" + time + "Z,C1,AAPL,BUY,100,190.25,USD,B1,NASDAQ\n";
}

const std::string kHeader =
    "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n";
const std::string kRecorded = kHeader + row("A", "08:36:00.500") + row("B", "08:36:02.000") +
                              row("late", "08:36:01.000") + "bad\n" + row("C", "08:36:03.900");

}  // namespace

TEST_CASE("a live stream ticks every second between its transactions, with its own time", "[simulator]") {
  const GeneratorOptions options{.id_prefix = "T", .rate = 0.4, .spike_rate = 0};
  CHECK(told(Feed(nullptr, make_generated_source(options, kStart, 3))) ==
        std::vector<std::string>{"0 T1", "1000 tick 08:36:01.000", "2000 tick 08:36:02.000", "2500 T2",
                                 "3000 tick 08:36:03.000", "4000 tick 08:36:04.000", "5000 tick 08:36:05.000",
                                 "5000 T3"});
}

TEST_CASE("a replay keeps the recorded distances, scaled, and ticks in recorded time", "[simulator]") {
  const TemporaryFile file(kRecorded);
  CHECK(told(Feed(nullptr, make_replay_source({file.path()}, Speed{1}))) ==
        std::vector<std::string>{"0 A", "1000 tick 08:36:01.500", "1500 B", "1500 late", "1500 rejected executed_at",
                                 "2000 tick 08:36:02.500", "3000 tick 08:36:03.500", "3400 C"});
  CHECK(told(Feed(nullptr, make_replay_source({file.path()}, Speed{2}))) ==
        std::vector<std::string>{"0 A", "750 B", "750 late", "750 rejected executed_at", "1000 tick 08:36:02.500",
                                 "1700 C"});
}

TEST_CASE("a replay at full speed invents no time", "[simulator]") {
  const TemporaryFile file(kRecorded);
  CHECK(told(Feed(nullptr, make_replay_source({file.path()}, Speed::max()))) ==
        std::vector<std::string>{"0 A", "0 B", "0 late", "0 rejected executed_at", "0 C"});
  const auto source = make_replay_source({file.path()}, Speed::max());
  source->next();
  CHECK_FALSE(source->time_at(seconds{1}));
}

TEST_CASE("opening positions go ahead of the transactions, bad ones as rejections", "[simulator]") {
  const TemporaryFile positions(
      "client_id,symbol,quantity,price,currency\nC1,AAPL,-5,190,USD\n,AAPL,5,190,USD\nC3,AAPL,5,190,EUR\n");
  const TemporaryFile file(kHeader + row("A", "08:36:00.500"));
  CHECK(
      told(Feed(nullptr, make_replay_source({.transactions = file.path(), .positions = positions.path()}, Speed{1}))) ==
      std::vector<std::string>{"0 position C1", "0 rejected client_id", "0 position C3", "0 A"});
}

TEST_CASE("prices and rates are merged into the transactions by time", "[simulator]") {
  const TemporaryFile positions("client_id,symbol,quantity,price,currency\nC1,AAPL,-5,190,USD\n");
  const TemporaryFile prices(
      "at,symbol,price,currency\n2024-09-20T08:00:00Z,AAPL,1,\n2024-09-20T08:36:01Z,AAPL,2,\n"
      "2024-09-20T08:36:02Z,AAPL,3,\n2024-09-20T08:36:03Z,,4,\n2024-09-20T08:36:05.9Z,AAPL,5,\n");
  const TemporaryFile rates(
      "at,currency,rate\n2024-09-20T08:00:00Z,EUR,1.1\n2024-09-20T08:36:01Z,EUR,1.2\nyesterday,EUR,1.3\n"
      "2024-09-20T08:36:02Z,EUR,1.4\n");
  const TemporaryFile file(kRecorded);
  ReplayFiles files{
      .transactions = file.path(), .positions = positions.path(), .prices = prices.path(), .rates = rates.path()};
  CHECK(told(Feed(nullptr, make_replay_source(files, Speed{1}))) ==
        std::vector<std::string>{"0 rate 1.1",
                                 "0 position C1",
                                 "0 price 1",
                                 "0 A",
                                 "500 rate 1.2",
                                 "500 rejected at",
                                 "500 price 2",
                                 "1000 tick 08:36:01.500",
                                 "1500 rate 1.4",
                                 "1500 price 3",
                                 "1500 rejected symbol",
                                 "1500 B",
                                 "1500 late",
                                 "1500 rejected executed_at",
                                 "2000 tick 08:36:02.500",
                                 "3000 tick 08:36:03.500",
                                 "3400 C",
                                 "4000 tick 08:36:04.500",
                                 "5000 tick 08:36:05.500",
                                 "5400 price 5"});

  const TemporaryFile nothing(kHeader);
  files.transactions = nothing.path();
  CHECK(told(Feed(nullptr, make_replay_source(files, Speed::max()))) ==
        std::vector<std::string>{"0 position C1", "0 rate 1.1", "0 price 1", "0 rate 1.2", "0 rejected at", "0 price 2",
                                 "0 rate 1.4", "0 price 3", "0 rejected symbol", "0 price 5"});
}

TEST_CASE("adjustments are merged into the replay by time, and what lies behind its last row comes after that",
          "[simulator]") {
  const TemporaryFile positions("client_id,symbol,quantity,price,currency\nC1,AAPL,-5,190,USD\n");
  const TemporaryFile prices(
      "at,symbol,price,currency\n2024-09-20T08:36:02Z,AAPL,3,\n2024-09-20T08:36:05.9Z,AAPL,5,\n");
  const TemporaryFile rates("at,currency,rate\n2024-09-20T08:00:00Z,EUR,1.1\n2024-09-20T08:36:02Z,EUR,1.4\n");
  const TemporaryFile adjustments(
      "effective_at,kind,symbol,ratio,new_symbol,client_id,quantity,reason\n2026-09-20T08:36:00Z,SPLIT,AAPL,6:1,,,,\n"
      "2024-09-20T08:36:02Z,SPLIT,AAPL,3:1,,,,\n2024-09-20T08:00:00Z,SPLIT,AAPL,2:1,,,,\n"
      "2024-09-20T08:36:05Z,SPLIT,AAPL,5:1,,,,\n2024-09-20T08:36:02Z,SPLIT,AAPL,4:1,,,,\nx,SPLIT,AAPL,4:1,,,,\n");
  const TemporaryFile file(kRecorded);
  ReplayFiles files{.transactions = file.path(),
                    .positions = positions.path(),
                    .prices = prices.path(),
                    .rates = rates.path(),
                    .adjustments = adjustments.path()};
  CHECK(told(Feed(nullptr, make_replay_source(files, Speed::max()))) ==
        std::vector<std::string>{"0 rejected effective_at", "0 rate 1.1", "0 position C1", "0 split 2:1", "0 A",
                                 "0 split 3:1", "0 split 4:1", "0 rate 1.4", "0 price 3", "0 B", "0 late",
                                 "0 rejected executed_at", "0 C", "0 split 5:1", "0 price 5", "0 split 6:1"});
  // None is waited for: the engine holds it until its instant. The last is two years away.
  const auto paced = told(Feed(nullptr, make_replay_source(files, Speed{1})));
  CHECK(paced[5] == "0 split 3:1");
  CHECK(paced.back() == "5400 split 6:1");

  const TemporaryFile nothing(kHeader);
  files.transactions = nothing.path();
  CHECK(told(Feed(nullptr, make_replay_source(files, Speed::max()))) ==
        std::vector<std::string>{"0 position C1", "0 rejected effective_at", "0 split 2:1", "0 rate 1.1", "0 split 3:1",
                                 "0 split 4:1", "0 rate 1.4", "0 price 3", "0 split 5:1", "0 price 5", "0 split 6:1"});
}

TEST_CASE("a transaction ahead of the clock brings no price and no rate forward", "[simulator]") {
  const std::string ahead = format_timestamp(Timestamp{system_now().nanos + 3'600 * kNanosPerSecond});
  const TemporaryFile prices("at,symbol,price,currency\n2024-09-20T08:36:00Z,AAPL,1,\n2024-09-20T08:36:02Z,AAPL,2,\n");
  std::string wrong = row("wrong", "08:36:00.500");
  wrong.replace(wrong.find("2024"), 24, ahead);
  const TemporaryFile file(kHeader + row("A", "08:36:00.500") + wrong + row("B", "08:36:03.000"));
  CHECK(told(Feed(nullptr, make_replay_source({.transactions = file.path(), .prices = prices.path()}, Speed::max()))) ==
        std::vector<std::string>{"0 price 1", "0 A", "0 wrong", "0 price 2", "0 B"});
}

TEST_CASE("a replay sends busts and corrections as such, also before their execution, and judges what they say",
          "[simulator]") {
  const std::string at = ",2024-09-20T08:36:00Z,C1,AAPL,";
  const TemporaryFile file("kind,ref_transaction_id," + kHeader + "BUST,A,R1" + at + "?,many,,,B1,NASDAQ\n" + ",,A" +
                           at + "BUY,100,190.25,USD,B1,NASDAQ\n" + "CORRECTION,A,R2" + at +
                           "BUY,90,190.25,USD,B1,NASDAQ\n" + "CORRECTION,,R3" + at + "BUY,90,190.25,USD,B1,NASDAQ\n" +
                           "bust,A,R4" + at + "BUY,90,190.25,USD,B1,NASDAQ\n");
  const auto source = make_replay_source({file.path()}, Speed::max());
  std::vector<engine::Transaction> sent;
  std::vector<engine::Rejection> rejected;
  while (const Item* item = source->next()) {
    if (const auto* t = std::get_if<engine::Transaction>(&item->input)) {
      sent.push_back(*t);
    } else {
      rejected.push_back(std::get<wire::RejectedInput>(item->input).rejection);
    }
  }
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].kind == engine::ExecutionKind::kBust);
  CHECK(sent[0].ref_transaction_id == "A");
  CHECK(sent[1].kind == engine::ExecutionKind::kExecution);
  CHECK(sent[1].ref_transaction_id.empty());
  CHECK(sent[2].kind == engine::ExecutionKind::kCorrection);
  CHECK(sent[2].quantity == Quantity::from_whole(90));
  CHECK(rejected == std::vector<engine::Rejection>{{"ref_transaction_id", "", "empty"},
                                                   {"kind", "bust", "not EXECUTION, BUST or CORRECTION"}});
}

TEST_CASE("each row of the file of twelve bad rows goes out once, the bad with line, field, value and reason",
          "[simulator]") {
  const auto source = make_replay_source({RISK_TEST_DATA "/twelve_bad_rows.csv"}, Speed::max());
  struct Expected {
    std::uint64_t line;
    engine::Rejection rejection;
  };
  const std::vector<Expected> expected = {
      {3, {"quantity", "12x", "not a decimal number"}},
      {5, {"price", "190.123456789", "more than 8 decimal places"}},
      {7, {"quantity", "-100", "must be above 0"}},
      {9, {"side", "HOLD", "not BUY or SELL"}},
      {11, {"client_id", "", "empty"}},
      {13, {"symbol", std::string(51, 'S'), "longer than 50 bytes"}},
      {15, {"executed_at", "2024-02-30T08:36:07.000Z", "no such date"}},
      {17, {"market", "", "missing: the row has 9 of 10 fields"}},
      {19, {"client_id", "\"CLIENT_001,AAPL,BUY,100,190.25,USD,BRK_1,NASDAQ", "a quote is not closed"}},
      {21, {"client_id", "CLIENT_\\xff\\xfe", "not valid UTF-8"}},
      {25, {"transaction_id", "transaction_id", "the header again"}},
  };
  std::vector<Expected> found;
  std::size_t good = 0;
  while (const Item* item = source->next()) {
    REQUIRE(item->provenance.line.has_value());
    CHECK(item->provenance.source == "twelve_bad_rows.csv");  // where it lies is nobody else's business
    if (const auto* rejected = std::get_if<wire::RejectedInput>(&item->input)) {
      CHECK_FALSE(rejected->raw.empty());
      found.push_back({*item->provenance.line, rejected->rejection});
    } else if (std::get<engine::Transaction>(item->input).currency == "XTS") {
      CHECK(item->provenance.line == 23U);  // only the engine knows the rates: it goes out with its line
    } else {
      ++good;
    }
  }
  CHECK(good == 13);
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(found[i].line == expected[i].line);
    CHECK(found[i].rejection.field == expected[i].rejection.field);
    CHECK(found[i].rejection.value == expected[i].rejection.value);
    CHECK(found[i].rejection.reason == expected[i].rejection.reason);
  }
}
