// What a message says of executions, version by version.
#include "drop-copy/fix/execution.hpp"

#include <map>

#include "drop-copy/fix/maturity.hpp"
#include "fix_text.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::drop_copy;
using risk::drop_copy::test::fields;
using Fields = std::map<int, std::string>;

namespace {

// The fields that a fill of every version has, with others in their place; "" leaves one out.
std::string report(const Fields& others, const std::string& after = "") {
  Fields all{{1, "CLIENT_001"},
             {17, "E1"},
             {31, "150.25"},
             {32, "100"},
             {37, "O1"},
             {54, "1"},
             {55, "AAPL"},
             {60, "20260302-14:30:00.5"},
             {52, "20260302-14:30:01"}};
  std::string text = "35=8";
  for (const auto& [tag, value] : others) all[tag] = value;
  if (all.contains(35)) text.clear();
  for (const auto& [tag, value] : all) {
    if (!value.empty()) text += (text.empty() ? "" : "|") + std::to_string(tag) + "=" + value;
  }
  return fields(text + after);
}

Meaning meaning_of(const std::string& raw, FixVersion version, const FixMapping& mapping = {}) {
  static FixMessage message;
  static std::string bytes;
  bytes = raw;
  message.read(bytes);
  return read_executions(message, version, mapping);
}

// "fill", "bust", "correction", "nothing", or "TAG reason".
std::string kind_of(const std::string& raw, FixVersion version) {
  const auto meaning = meaning_of(raw, version);
  if (std::holds_alternative<NoExecution>(meaning)) return "nothing";
  if (const auto* unusable = std::get_if<Unusable>(&meaning)) {
    return std::to_string(unusable->tag) + " \"" + unusable->value + "\" " + unusable->reason;
  }
  const auto kind = std::get<std::vector<Execution>>(meaning).front().transaction.kind;
  return kind == engine::ExecutionKind::kExecution ? "fill"
         : kind == engine::ExecutionKind::kBust    ? "bust"
                                                   : "correction";
}

Execution only(const std::string& raw, FixVersion version, const FixMapping& mapping = {}) {
  const auto meaning = meaning_of(raw, version, mapping);
  if (const auto* unusable = std::get_if<Unusable>(&meaning)) FAIL(unusable->tag << " " << unusable->reason);
  const auto& all = std::get<std::vector<Execution>>(meaning);
  REQUIRE(all.size() == 1);
  return all.front();
}

Unusable problem_of(const std::string& raw, FixVersion version = FixVersion::k44, const FixMapping& mapping = {}) {
  const auto meaning = meaning_of(raw, version, mapping);
  const auto* unusable = std::get_if<Unusable>(&meaning);
  return unusable != nullptr ? *unusable : Unusable{-1, "", "none"};
}

}  // namespace

TEST_CASE("of FIX 4.2 partial fills and fills count, and statuses, cancels and corrections are told apart") {
  struct Case {
    const char *trans_type, *exec_type, *shares, *kind;
  };
  for (const auto& [trans_type, exec_type, shares, kind] : std::vector<Case>{
           {"0", "1", "100", "fill"},
           {"0", "2", "100", "fill"},
           {"0", "F", "100", "fill"},
           {"0", "1", "0", "nothing"},
           {"0", "2", "0.00", "nothing"},
           {"0", "0", "0", "nothing"},
           {"0", "4", "0", "nothing"},
           {"0", "5", "100", "nothing"},
           {"0", "8", "0", "nothing"},
           {"1", "1", "100", "bust"},
           {"1", "2", "0", "bust"},
           {"2", "2", "90", "correction"},
           {"3", "2", "100", "nothing"},
           {"4", "2", "100", "20 \"4\" is none of 0, 1, 2 and 3"},
           {"", "2", "100", "20 \"\" is missing"},
           {"0", "", "100", "150 \"\" is missing"},
           {"0", "Z", "100", "150 \"Z\" is no ExecType of FIX 4.2"},
           {"0", "2", "many", "32 \"many\" not a decimal number"},
       }) {
    INFO(trans_type << " " << exec_type << " " << shares);
    CHECK(kind_of(report({{20, trans_type}, {150, exec_type}, {32, shares}, {19, "E0"}}), FixVersion::k42) == kind);
  }
}

TEST_CASE("of FIX 4.4 and 5.0 SP2 trades count, and trade cancels and corrections are told apart") {
  for (const auto version : {FixVersion::k44, FixVersion::k50Sp2}) {
    const auto kind = [&](const std::string& exec_type) {
      return kind_of(report({{150, exec_type}, {19, "E0"}}), version);
    };
    CHECK(kind("F") == "fill");
    CHECK(kind("H") == "bust");
    CHECK(kind("G") == "correction");
    for (const char status : std::string("03456789ABCDEIJKL")) CHECK(kind(std::string(1, status)) == "nothing");
    CHECK(kind("1").starts_with("150 \"1\" is an ExecType of FIX 4.2"));
    CHECK(kind("2").starts_with("150 \"2\" is an ExecType of FIX 4.2"));
    CHECK(kind("Z") == "150 \"Z\" is no ExecType of FIX 4.4 and 5.0 SP2");
    CHECK(kind("FF") == "150 \"FF\" is no ExecType of FIX 4.4 and 5.0 SP2");
    CHECK(kind("") == "150 \"\" is missing");
  }
}

TEST_CASE("a message of a FIXT session may say that it is of another version") {
  CHECK(kind_of(report({{20, "0"}, {150, "2"}, {1128, "4"}}), FixVersion::k50Sp2) == "fill");
  CHECK(kind_of(report({{150, "F"}, {1128, "6"}}), FixVersion::k50Sp2) == "fill");
  CHECK(kind_of(report({{150, "F"}, {1128, "4"}}), FixVersion::k44) == "fill");  // no FIXT session: not heard
}

TEST_CASE("other kinds of message say nothing of executions") {
  for (const char* type : {"9", "j", "B", "AR", "n", "8x"}) {
    CHECK(kind_of(report({{35, type}, {150, "F"}}), FixVersion::k44) == "nothing");
  }
  CHECK(kind_of(report({{35, "AE"}, {571, "T1"}}), FixVersion::k42) == "nothing");
  CHECK(problem_of(fields("34=7|150=F")) == Unusable{35, "", "is missing"});
  CHECK(problem_of(fields("35=8|34=7") + "x") == Unusable{0, "", "not TAG=VALUE after field 2"});
}

TEST_CASE("a fill has every field where FIX has it") {
  FixMapping mapping;
  mapping.broker_id = "PRIME";
  const auto fill = only(report({{150, "F"}, {15, "USD"}, {30, "XNAS"}, {11, "C1"}}), FixVersion::k44, mapping);
  const auto& t = fill.transaction;
  CHECK(t.transaction_id == "E1");
  CHECK(format_timestamp(t.executed_at) == "2026-03-02T14:30:00.500000Z");
  CHECK(t.client_id.text == "CLIENT_001");
  CHECK(t.symbol.text == "AAPL");
  CHECK(t.side == engine::Side::kBuy);
  CHECK(t.quantity.to_string() == "100");
  CHECK(t.price.to_string() == "150.25");
  CHECK(t.currency == "USD");
  CHECK(t.broker_id == "PRIME");
  CHECK(t.market == "XNAS");
  CHECK(t.order_id == "O1");
  CHECK(t.trader_id.empty());
  CHECK(fill.transaction.ref_transaction_id.empty());
}

TEST_CASE("settings say where client, trader, symbol and market come from") {
  FixMapping mapping;
  mapping.client_party_role = 24;
  mapping.trader_party_role = 12;
  mapping.symbol_is_security_id = true;
  mapping.market = "XETR";
  const std::string parties = "|453=3|448=EXEC|452=1|448=CLIENT_009|447=D|452=24|448=ANNA|452=12";
  const auto raw = report({{150, "F"}, {48, "US0378331005"}, {30, "XNAS"}, {37, ""}, {11, "C1"}}, parties);
  const auto t = only(raw, FixVersion::k44, mapping).transaction;
  CHECK(t.client_id.text == "CLIENT_009");
  CHECK(t.trader_id == "ANNA");
  CHECK(t.symbol.text == "US0378331005");
  CHECK(t.market == "XETR");
  CHECK(t.order_id == "C1");
  CHECK(problem_of(report({{150, "F"}, {48, "X"}}), FixVersion::k44, mapping) ==
        Unusable{452, "", "no party has the role 24"});
  CHECK(problem_of(report({{150, "F"}}, parties), FixVersion::k44, mapping) == Unusable{48, "", "is missing"});
}

TEST_CASE("every way of selling is a sale") {
  const std::map<std::string, engine::Side> sides{{"1", engine::Side::kBuy},  {"2", engine::Side::kSell},
                                                  {"3", engine::Side::kBuy},  {"4", engine::Side::kSell},
                                                  {"5", engine::Side::kSell}, {"6", engine::Side::kSell}};
  for (const auto& [side, known] : sides) {
    CHECK(only(report({{150, "F"}, {54, side}}), FixVersion::k44).transaction.side == known);
  }
  for (const std::string side : {"7", "8", "9", "B", "12"}) {
    CHECK(problem_of(report({{150, "F"}, {54, side}})) ==
          Unusable{54, side, "is neither a buy (1, 3) nor a sell (2, 4, 5, 6)"});
  }
}

TEST_CASE("a fill that lacks a field, or has a wrong one, names tag, value and reason") {
  for (const int tag : {1, 17, 31, 32, 54, 55}) {
    CHECK(problem_of(report({{150, "F"}, {tag, ""}})) == Unusable{tag, "", "is missing"});
  }
  CHECK(problem_of(report({{150, "F"}, {31, "1.123456789"}})) ==
        Unusable{31, "1.123456789", "more than 8 decimal places"});
  CHECK(problem_of(report({{150, "F"}, {32, "1e3"}})) == Unusable{32, "1e3", "not a decimal number"});
  CHECK(problem_of(report({{150, "F"}, {60, "2026-03-02"}})) ==
        Unusable{60, "2026-03-02", "not a UTC time YYYYMMDD-HH:MM:SS"});
  CHECK(problem_of(report({{150, "F"}, {60, "20260230-00:00:00"}})) ==
        Unusable{60, "20260230-00:00:00", "no such date"});
  CHECK(problem_of(report({{150, "F"}, {231, "0"}})) == Unusable{231, "0", "must be above 0"});
  CHECK(problem_of(report({{150, "F"}, {541, "20261301"}})) == Unusable{541, "20261301", "is no date of maturity"});
}

TEST_CASE("numbers that are padded with zeros are what they are") {
  const auto t =
      only(report({{150, "F"}, {31, "150.2500000000"}, {32, "100.000000000000"}}), FixVersion::k44).transaction;
  CHECK(t.price.to_string() == "150.25");
  CHECK(t.quantity.to_string() == "100");
}

TEST_CASE("without TransactTime the first sending counts, and a PossResend cannot be told from another fill") {
  const auto instant = [](const Fields& others) {
    return format_timestamp(only(report(others), FixVersion::k44).transaction.executed_at);
  };
  CHECK(instant({{150, "F"}, {60, ""}}) == "2026-03-02T14:30:01.000000Z");
  CHECK(instant({{150, "F"}, {60, ""}, {43, "Y"}, {122, "20260302-14:29:59"}}) == "2026-03-02T14:29:59.000000Z");
  CHECK(problem_of(report({{150, "F"}, {60, ""}, {97, "Y"}})) ==
        Unusable{60, "", "is missing of a PossResend, which then cannot be told from another execution"});
}

TEST_CASE("UTC times have up to nine places of a second, and second 60 is the end of 59") {
  CHECK(format_timestamp(*parse_utc_timestamp("20260302-14:30:00")) == "2026-03-02T14:30:00.000000Z");
  CHECK(format_timestamp(*parse_utc_timestamp("20260302-14:30:00.123456789")) == "2026-03-02T14:30:00.123456789Z");
  CHECK(format_timestamp(*parse_utc_timestamp("20161231-23:59:60")) == "2016-12-31T23:59:59.999999999Z");
  CHECK(parse_utc_timestamp("20260302-14:30:00.123456789012").error().reason ==
        "more than 9 decimal places of a second");
  for (const char* text :
       {"", "20260302", "20260302 14:30:00", "2026030-214:30:00", "20260302-14:30", "20260302-25:00:00"}) {
    CHECK_FALSE(parse_utc_timestamp(text).ok());
  }
}

TEST_CASE("a bust names what it takes back, and needs no numbers") {
  const auto bust = only(report({{150, "H"}, {17, "E2"}, {19, "E1"}, {31, ""}, {32, ""}}), FixVersion::k44);
  CHECK(bust.transaction.kind == engine::ExecutionKind::kBust);
  CHECK(bust.transaction.ref_transaction_id == "E1");
  CHECK(bust.transaction.transaction_id == "E2");
  CHECK(problem_of(report({{150, "H"}})) == Unusable{19, "", "is missing"});
}

TEST_CASE("a correction has what it corrects, and what it becomes") {
  const auto correction = only(report({{20, "2"}, {17, "E2"}, {19, "E1"}, {32, "90"}}), FixVersion::k42);
  CHECK(correction.transaction.kind == engine::ExecutionKind::kCorrection);
  CHECK(correction.transaction.ref_transaction_id == "E1");
  CHECK(correction.transaction.quantity.to_string() == "90");
  CHECK(problem_of(report({{150, "G"}, {19, "E1"}, {31, ""}})) == Unusable{31, "", "is missing"});
}

TEST_CASE("a trade report is a fill of each of its sides") {
  const auto raw = fields(
      "35=AE|571=T1|487=0|856=0|55=AAPL|32=100|31=150.25|552=2|54=1|37=O1|1=CLIENT_001|453=1|448=ANNA|452=12|"
      "54=2|37=O2|1=CLIENT_002|60=20260302-14:30:00|15=USD");
  FixMapping mapping;
  mapping.trader_party_role = 12;
  const auto meaning = meaning_of(raw, FixVersion::k44, mapping);
  const auto& all = std::get<std::vector<Execution>>(meaning);
  REQUIRE(all.size() == 2);
  CHECK(all[0].transaction.client_id.text == "CLIENT_001");
  CHECK(all[0].transaction.side == engine::Side::kBuy);
  CHECK(all[0].transaction.order_id == "O1");
  CHECK(all[0].transaction.trader_id == "ANNA");
  CHECK(all[0].transaction.currency == "USD");  // behind the sides, and of all
  CHECK(all[1].transaction.client_id.text == "CLIENT_002");
  CHECK(all[1].transaction.side == engine::Side::kSell);
  CHECK(all[1].transaction.order_id == "O2");
  CHECK(all[1].transaction.trader_id.empty());
  CHECK(all[1].transaction.transaction_id == "T1");
}

TEST_CASE("a side without a client does not take that of another side") {
  const auto raw = fields("35=AE|571=T1|55=A|32=1|31=1|60=20260302-14:30:00|552=2|54=1|37=O1|54=2|37=O2|1=CLIENT_002");
  CHECK(problem_of(raw) == Unusable{1, "", "is missing"});
}

TEST_CASE("trade reports of every kind") {
  const auto kind = [](const std::string& more) {
    return kind_of(fields("35=AE|571=T2|572=T1|55=A|32=1|31=1|60=20260302-14:30:00|552=1|54=1|1=C" + more),
                   FixVersion::k50Sp2);
  };
  CHECK(kind("") == "fill");
  CHECK(kind("|487=0|856=0") == "fill");
  CHECK(kind("|487=0|856=2|150=F") == "fill");
  CHECK(kind("|487=1") == "bust");
  CHECK(kind("|487=2") == "correction");
  CHECK(kind("|487=0|150=H") == "bust");
  CHECK(kind("|487=0|150=0") == "nothing");
  CHECK(kind("|487=0|856=1") == "nothing");
  CHECK(kind("|487=0|856=3") == "nothing");
  CHECK(kind("|487=4") == "487 \"4\" is neither a new trade (0), a cancel (1) nor a replacement (2)");
  CHECK(kind("|487=0|856=7") == "856 \"7\" is neither a submitted (0) nor an accepted (2) trade");
  const auto id = [](const std::string& more) {
    return only(fields("35=AE|55=A|32=1|31=1|60=20260302-14:30:00|552=1|54=1|1=C" + more), FixVersion::k44);
  };
  CHECK(id("|571=T1|17=E1").transaction.transaction_id == "E1");
  CHECK(id("|571=T2|572=T1|487=1").transaction.ref_transaction_id == "T1");
  CHECK(id("|571=T2|572=T1|17=E2|19=E1|487=1").transaction.ref_transaction_id == "E1");
}

TEST_CASE("multiplier and expiry come from the message") {
  const auto terms = only(report({{150, "F"}, {231, "50"}, {541, "20260320"}, {167, "FUT"}}), FixVersion::k44).terms;
  CHECK(terms.multiplier->to_string() == "50");
  CHECK(format_timestamp(*terms.expires_at) == "2026-03-21T00:00:00.000000Z");
  CHECK(terms.asset_class == "FUT");
  const auto none = only(report({{150, "F"}}), FixVersion::k44).terms;
  CHECK_FALSE(none.multiplier);
  CHECK_FALSE(none.expires_at);
}

TEST_CASE("a contract expires at the end of the day, or of the month, that is named") {
  const auto expiry = [](const MaturityFields& maturity) -> std::string {
    const auto found = read_expiry(maturity);
    if (!found) return std::to_string(found.error().tag) + " " + found.error().value;
    return *found ? format_timestamp(**found).substr(0, 10) : "never";
  };
  CHECK(expiry({"", "", ""}) == "never");
  CHECK(expiry({"20260320", "202612", "1"}) == "2026-03-21");
  CHECK(expiry({"", "20260320", ""}) == "2026-03-21");
  CHECK(expiry({"", "202603", ""}) == "2026-04-01");
  CHECK(expiry({"", "202612", ""}) == "2027-01-01");
  CHECK(expiry({"", "202609", ""}) == "2026-10-01");
  CHECK(expiry({"", "202603w2", ""}) == "2026-04-01");
  CHECK(expiry({"", "202603", "20"}) == "2026-03-21");
  CHECK(expiry({"", "202603", "5"}) == "2026-03-06");
  CHECK(expiry({"", "202613", ""}) == "200 202613");
  CHECK(expiry({"", "202603", "32"}) == "205 32");
  CHECK(expiry({"", "202603w6", ""}) == "200 202603w6");
  CHECK(expiry({"", "MAR26", ""}) == "200 MAR26");
  CHECK(expiry({"2026-03-20", "", ""}) == "541 2026-03-20");
}
