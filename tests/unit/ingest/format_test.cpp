// A format's YAML: every mistake is told at once, with its place, and none is taken for something else.
#include "risk/ingest/format.hpp"

#include <fstream>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace risk::ingest;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string kFields =
    "fields:\n"
    "  transaction_id: id\n"
    "  executed_at: at\n"
    "  client_id: {constant: C1}\n"
    "  symbol: symbol\n"
    "  side: side\n"
    "  quantity: quantity\n"
    "  price: price\n";

Format::Mistakes mistakes(const std::string& yaml, const Format::Settings& settings = {}) {
  const auto format = Format::parse(yaml, "desk.yaml", settings);
  return format ? Format::Mistakes{} : format.error();
}

}  // namespace

TEST_CASE("every shipped format can be read, and says what it needs", "[ingest]") {
  REQUIRE(shipped_formats().size() >= 12);
  for (const auto& shipped : shipped_formats()) {
    CAPTURE(shipped.name);
    const auto about = describe(shipped);
    CHECK(!about.description.empty());
    Format::Settings settings;
    for (const auto& need : about.needs)
      settings[need] = need == "zone" ? "Europe/London" : need == "currency" ? "USD" : "X";
    const auto format = Format::load(std::string(shipped.name), settings);
    CHECK(format.ok());
    if (about.needs.empty()) continue;
    const auto without = Format::load(std::string(shipped.name));
    REQUIRE(!without.ok());
    CHECK(without.error().size() == about.needs.size());
    CHECK(without.error().front() == std::string(shipped.name) + ": the file does not say its " + about.needs.front() +
                                         ": --set " + about.needs.front() + "=VALUE has to");
  }
}

TEST_CASE("every mistake in a format is told at once, with its line and key", "[ingest]") {
  CHECK(mistakes("encoding: utf-7\n"
                 "separator: x\n"
                 "preamble_lines_max: -1\n"
                 "colour: red\n"
                 "numbers: {decimal: \";\", thousands: x, exponents: maybe, prefixes: [\"1\"]}\n"
                 "time: {formats: [dd-mm], zone: Mars/Olympus, repeated: never}\n"
                 "needs: [clients]\n" +
                 kFields +
                 "  currency: {column: a, constant: b}\n"
                 "  broker_id: {template: \"{a\"}\n"
                 "  market: {column: [], words: x}\n"
                 "  order_id: {column: a, sign: gives_side}\n"
                 "  trader: x\n"
                 "rows: {skip: [{column: a}], refuse: [{column: b, is: c}]}\n") ==
        Format::Mistakes{
            "desk.yaml:4: colour: unknown key: allowed: description, encoding, separator, preamble_lines_max, header, "
            "footer, "
            "numbers, time, minor_currencies, fields, rows, needs",
            "desk.yaml:1: encoding: value \"utf-7\": allowed: auto, utf-8, utf-16, utf-16le, utf-16be, latin-1, "
            "windows-1252",
            "desk.yaml:2: separator: value \"x\": allowed: \",\", \";\", \"|\", tab",
            "desk.yaml:3: preamble_lines_max: value \"-1\": allowed: a whole number from 0 to 1000",
            "desk.yaml:5: numbers.decimal: allowed: \".\", \",\"",
            "desk.yaml:5: numbers.thousands: allowed: \",\", \".\", \"'\", \" \"",
            "desk.yaml:5: numbers.exponents: value \"maybe\": allowed: true, false",
            "desk.yaml:5: numbers.prefixes: \"1\" could be part of a number",
            "desk.yaml:6: time.formats: \"dd-mm\": it needs yyyy, mm and dd",
            "desk.yaml:6: time.zone: \"Mars/Olympus\": no time zone of that name in the system's database; names are "
            "such as "
            "Europe/Amsterdam",
            "desk.yaml:6: time.repeated: value \"never\": allowed: earlier, later, refuse",
            "desk.yaml:7: needs: \"clients\": allowed: transaction_id, executed_at, client_id, symbol, side, quantity, "
            "price, "
            "currency, broker_id, market, order_id, trader_id, kind, ref_transaction_id, zone, decimal, thousands",
            "desk.yaml:16: fields.currency: needs one of column, right_of, constant, template",
            "desk.yaml:17: fields.broker_id.template: a { is not closed",
            "desk.yaml:18: fields.market.column: an empty list",
            "desk.yaml:18: fields.market.words: not a mapping of KEY: VALUE",
            "desk.yaml:19: fields.order_id.sign: unknown key: allowed: column, right_of, constant, template, optional, "
            "if_empty, "
            "words, endings, other_words, where",
            "desk.yaml:20: fields.trader: no such field: allowed: transaction_id, executed_at, client_id, symbol, "
            "side, quantity, "
            "price, currency, broker_id, market, order_id, trader_id, kind, ref_transaction_id",
            "desk.yaml:21: rows.skip: needs one of is, is_not, contains",
            "desk.yaml:21: rows.refuse: reason: missing",
        });
}

TEST_CASE("what a case of a field lacks, and what only the whole field can say, are mistakes", "[ingest]") {
  const auto with_quantity = [](const std::string& rule) {
    std::string yaml = "time: {zone: UTC}\n" + kFields;
    return mistakes(yaml.replace(yaml.find("quantity: quantity"), 18, "quantity: " + rule));
  };
  CHECK(with_quantity("{column: q, where: [{column: kind, is: lot, use: {column: q, times: 1000000}}]}").empty());
  CHECK(with_quantity("{column: q, where: [{column: kind, is: lot}]}") ==
        Format::Mistakes{"desk.yaml:8: fields.quantity.where: use: missing"});
  CHECK(with_quantity("{column: q, where: [{use: lots, is: lot}]}") ==
        Format::Mistakes{"desk.yaml:8: fields.quantity.where: column: missing"});
  CHECK(with_quantity("{column: q, where: [{column: kind, use: lots}]}") ==
        Format::Mistakes{"desk.yaml:8: fields.quantity.where: needs one of is, is_not, contains"});
  CHECK(with_quantity("{column: q, where: {column: kind, is: lot, use: lots}}") ==
        Format::Mistakes{"desk.yaml:8: fields.quantity.where: not a list"});
  CHECK(with_quantity("{column: q, where: [{column: kind, is: lot, use: {column: q, sign: gives_side}}]}") ==
        Format::Mistakes{"desk.yaml:8: fields.quantity.where.use.sign: unknown key: allowed: column, right_of, "
                         "constant, template, optional, if_empty, unit, implied_places, times"});
  CHECK(with_quantity("{column: q, where: [{column: kind, is: lot, use: {column: q, where: []}}]}").size() == 1);
  CHECK(with_quantity("{column: q, where: [{column: kind, is: lot, use: {constant: \"1,5\"}}]}") ==
        Format::Mistakes{"desk.yaml: a constant of quantity, \"1,5\": not a decimal number"});
  for (const std::string times : {"0", "1", "-100", "1.5", "1000001"}) {
    CHECK(with_quantity("{column: q, times: \"" + times + "\"}") ==
          Format::Mistakes{"desk.yaml:8: fields.quantity.times: value \"" + times +
                           "\": allowed: a whole number from 2 to 1000000"});
  }
  CHECK(mistakes("time: {formats: [yyyy-mm-dd]}\n" +
                 std::string(kFields).replace(
                     kFields.find("executed_at: at"), 15,
                     "executed_at: {constant: 2024-01-01T00:00:00Z, where: [{column: at, is_not: \"\", use: at}]}")) ==
        Format::Mistakes{"desk.yaml: time.zone: a time without an offset needs it; --set zone=NAME gives it too"});
  CHECK(with_quantity("{constant: \"1\", times: 100}") ==
        Format::Mistakes{"desk.yaml:8: fields.quantity.times: does not go with a constant"});
}

TEST_CASE("what is given twice, or is no mapping at all, is a mistake", "[ingest]") {
  CHECK(mistakes("separator: \",\"\nseparator: \";\"\n" + kFields) ==
        Format::Mistakes{"desk.yaml:2: separator: given twice"});
  CHECK(mistakes("") == Format::Mistakes{"desk.yaml: not a mapping of KEY: VALUE"});
  CHECK(mistakes("- a\n") == Format::Mistakes{"desk.yaml: not a mapping of KEY: VALUE"});
  CHECK(mistakes("a: [").size() == 1);
  CHECK(mistakes(kFields + "---\na: b\n") ==
        Format::Mistakes{"desk.yaml: something stands behind the end of the first document"});
  CHECK(mistakes("a ]").size() == 1);
  CHECK(mistakes(kFields + "]").size() == 1);
  CHECK(mistakes("description: x\n") == Format::Mistakes{"desk.yaml: fields: missing"});
}

TEST_CASE("a format that leaves a required field out says which, and --set can give it", "[ingest]") {
  const std::string yaml = "time: {zone: UTC}\nfields: {executed_at: at, symbol: s, side: x, quantity: q, price: p}\n";
  CHECK(mistakes(yaml) ==
        Format::Mistakes{"desk.yaml: fields.transaction_id: neither the format nor --set transaction_id=VALUE gives it",
                         "desk.yaml: fields.client_id: neither the format nor --set client_id=VALUE gives it"});
  CHECK(mistakes(yaml, {{"transaction_id", "T"}, {"client_id", "C"}}).empty());
}

TEST_CASE("what the user sets is judged as a constant", "[ingest]") {
  CHECK(mistakes(kFields, {{"client_id", ""},
                           {"side", "buy"},
                           {"price", "1,5"},
                           {"executed_at", "today"},
                           {"client", "C"},
                           {"zone", "CEST"},
                           {"decimal", ";"}})
            .size() == 7);
  CHECK(mistakes(kFields, {{"price", "1,5"}}) ==
        Format::Mistakes{"desk.yaml: a constant of price, \"1,5\": not a decimal number"});
  CHECK(mistakes(kFields, {{"client", "C"}}) ==
        Format::Mistakes{
            "--set client: no such field: allowed: transaction_id, executed_at, client_id, symbol, side, quantity, "
            "price, currency, broker_id, market, order_id, trader_id, kind, ref_transaction_id, zone, decimal, "
            "thousands"});
}

TEST_CASE("a kind that is always the same is one of the three words", "[ingest]") {
  for (const std::string kind : {"EXECUTION", "BUST", "CORRECTION"}) {
    CHECK(mistakes(kFields + "  kind: {constant: " + kind + "}\n").empty());
    CHECK(mistakes(kFields, {{"kind", kind}}).empty());
  }
  for (const std::string kind : {"bust", "TRADE", ""}) {
    const Format::Mistakes expected{"desk.yaml: a constant of kind, \"" + kind +
                                    "\": not EXECUTION, BUST or CORRECTION"};
    CHECK(mistakes(kFields + "  kind: {constant: \"" + kind + "\"}\n") == expected);
    CHECK(mistakes(kFields, {{"kind", kind}}) == expected);
    CHECK(mistakes(kFields + "  kind: {column: k, where: [{column: k, is: b, use: {constant: \"" + kind + "\"}}]}\n") ==
          expected);
  }
  CHECK(mistakes(kFields + "  kind: {column: k, buy: B}\n") ==
        Format::Mistakes{"desk.yaml:9: fields.kind.buy: unknown key: allowed: column, right_of, constant, template, "
                         "optional, if_empty, words, endings, other_words, where"});
  CHECK(mistakes(kFields + "  ref_transaction_id: {constant: " + std::string(51, 'x') + "}\n").size() == 1);
}

TEST_CASE("parts of a format that contradict each other are mistakes", "[ingest]") {
  CHECK(mistakes("numbers: {thousands: \",\"}\n" + kFields) ==
        Format::Mistakes{"desk.yaml: numbers.thousands: needs numbers.decimal beside it"});
  CHECK(mistakes("numbers: {decimal: \",\", thousands: \",\"}\n" + kFields) ==
        Format::Mistakes{"desk.yaml: numbers.thousands: is the decimal mark too"});
  CHECK(mistakes("time: {formats: [yyyy-mm-dd]}\n" + kFields) ==
        Format::Mistakes{"desk.yaml: time.zone: a time without an offset needs it; --set zone=NAME gives it too"});
  std::string signed_too = kFields;
  signed_too.replace(signed_too.find("quantity: quantity"), 18, "quantity: {column: quantity, sign: gives_side}");
  CHECK(mistakes(signed_too) ==
        Format::Mistakes{
            "desk.yaml: fields.side: the sign of the quantity gives it (fields.quantity.sign), nothing else can"});
  CHECK(mistakes("header: [a, b, a]\n" + kFields) == Format::Mistakes{"desk.yaml:1: header: \"a\" comes twice"});
}

TEST_CASE("a name leads to a shipped format, a path to a file, and anything else nowhere", "[ingest]") {
  const auto unknown = Format::load("krakens");
  REQUIRE(!unknown.ok());
  CHECK_THAT(unknown.error().front(),
             ContainsSubstring("no format has the name \"krakens\": allowed: binance-trades, ") &&
                 ContainsSubstring(", or the path of a FILE.yaml"));
  CHECK(Format::load("nowhere/desk.yaml").error() ==
        Format::Mistakes{"--input-format: nowhere/desk.yaml: No such file or directory"});
  const risk::test::TemporaryFolder folder;
  const std::string path = folder / "desk.yaml";
  std::ofstream(path) << kFields;
  const auto format = Format::load(path);
  REQUIRE(format.ok());
  CHECK(format->name() == path);
  CHECK(Format::load(folder.path() + "/").error() ==
        Format::Mistakes{"--input-format: " + folder.path() + "/: is no regular file"});
  CHECK(Format::load("/dev/zero").error() == Format::Mistakes{"--input-format: /dev/zero: is no regular file"});
  std::ofstream(path) << std::string(1024 * 1024 + 1, '#');
  CHECK(Format::load(path).error() == Format::Mistakes{"--input-format: " + path + ": is longer than 1 MiB"});
}
