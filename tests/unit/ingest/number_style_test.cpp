// A number is what the file's author meant, or it is refused.
#include "number_style.hpp"

#include "support/catch.hpp"

using namespace risk::ingest;

namespace {

// The number, or "refused: why".
std::string read(const std::string& text, const NumberStyle& style, const NumberForm& form = {}, int shift = 0) {
  std::string plain;
  const auto problem = read_number(text, style, form, shift, plain);
  return problem ? "refused: " + *problem : plain;
}

bool is_refused(const std::string& text, const NumberStyle& style, const NumberForm& form = {}) {
  return read(text, style, form).starts_with("refused");
}

const NumberStyle kPoint{.decimal = '.'};
const NumberStyle kPointCommas{.decimal = '.', .thousands = ','};
const NumberStyle kCommaPoints{.decimal = ',', .thousands = '.'};
const NumberStyle kUnstated{.decimal = '\0'};

}  // namespace

TEST_CASE("a number with the marks of its format is read exactly", "[ingest]") {
  CHECK(read("0", kPoint) == "0");
  CHECK(read("-12.50", kPoint) == "-12.50");
  CHECK(read("+12.5", kPoint) == "12.5");
  CHECK(read(".5", kPoint) == "0.5");
  CHECK(read("0007", kPoint) == "0007");
  CHECK(read("1,234,567.89", kPointCommas) == "1234567.89");
  CHECK(read("1.234.567,89", kCommaPoints) == "1234567.89");
  CHECK(read("1.234", kCommaPoints) == "1234");
  CHECK(read("1,234", kCommaPoints) == "1.234");
  CHECK(read("1'234.5", {.decimal = '.', .thousands = '\''}) == "1234.5");
  CHECK(read("1\xe2\x80\x99"
             "234.5",
             {.decimal = '.', .thousands = '\''}) == "1234.5");
  CHECK(read("1 234,5", {.decimal = ',', .thousands = ' '}) == "1234.5");
  CHECK(read("1\xc2\xa0"
             "234\xe2\x80\xaf"
             "567,5",
             {.decimal = ',', .thousands = ' '}) == "1234567.5");
}

TEST_CASE("a thousands mark that does not group by three refuses the number", "[ingest]") {
  for (const char* text : {"1,23", "1,2345", "12,34,567", "1,,234", ",234", "1,234,", "0,234", "01,234", "1234,567",
                           "1,234.5,6", "1.234,5", "1,23.4"}) {
    CAPTURE(text);
    CHECK(is_refused(text, kPointCommas));
  }
  CHECK(read("1,23", kPointCommas) == "refused: its thousands marks do not stand between groups of three digits");
  CHECK(is_refused("1,234", kPoint));
  CHECK(is_refused("1.234", {.decimal = ','}));
}

TEST_CASE("without stated marks what could be two numbers is refused, and what can only be one is read", "[ingest]") {
  for (const char* text : {"1.234", "1,234", "12.345", "123,456", "-1.234", "+999,999"}) {
    CAPTURE(text);
    CHECK(read(text, kUnstated) ==
          "refused: could have decimals or a thousands mark, and the format does not say which (decimal)");
  }
  CHECK(read("1.23", kUnstated) == "1.23");
  CHECK(read("1,23", kUnstated) == "1.23");
  CHECK(read("1.2345", kUnstated) == "1.2345");
  CHECK(read("0.234", kUnstated) == "0.234");
  CHECK(read("0,234", kUnstated) == "0.234");
  CHECK(read("1234.567", kUnstated) == "1234.567");
  CHECK(read("1,234.567", kUnstated) == "1234.567");
  CHECK(read("1.234,567", kUnstated) == "1234.567");
  CHECK(read("1.234.567", kUnstated) == "1234567");
  CHECK(read("1,234,567", kUnstated) == "1234567");
  CHECK(read("1234", kUnstated) == "1234");
  for (const char* text : {"1.234.56", "1,234.56,7", "1.2.3", "1,23,456", "1,2.3", "1.", ","}) {
    CAPTURE(text);
    CHECK(is_refused(text, kUnstated));
  }
}

TEST_CASE("what is no number is refused", "[ingest]") {
  for (const char* text : {"", "-", "+", "--1", "+-1", "1-", "1e5", "abc", "1a", "1 2", "1.2.3", ".", "1.", "NaN",
                           "0x10", "(1)", "$1", "\xef\xbc\x91"}) {
    CAPTURE(text);
    CHECK(is_refused(text, kPoint));
    CHECK(is_refused(text, kPointCommas));
    CHECK(is_refused(text, kUnstated));
  }
}

TEST_CASE("exponents, parentheses and prefixes are read where the format has them", "[ingest]") {
  const NumberStyle exponents{.decimal = '.', .has_exponents = true};
  CHECK(read("1e-7", exponents) == "0.0000001");
  CHECK(read("1.5E7", exponents) == "15000000");
  CHECK(read("1.25e1", exponents) == "12.5");
  CHECK(read("-2.5e+2", exponents) == "-250");
  for (const char* text : {"1e", "e5", "1e1.5", "1e41", "1e99999999999", "1e--5", "1e5e5"}) {
    CAPTURE(text);
    CHECK(is_refused(text, exponents));
  }
  const NumberStyle schwab{.decimal = '.', .thousands = ',', .has_parentheses = true, .prefixes = {"$"}};
  CHECK(read("$1,234.50", schwab) == "1234.50");
  CHECK(read("-$5", schwab) == "-5");
  CHECK(read("$-5", schwab) == "-5");
  CHECK(read("($5.25)", schwab) == "-5.25");
  for (const char* text : {"$$5", "(-5)", "((5))", "$", "()", "(5", "5$"}) {
    CAPTURE(text);
    CHECK(is_refused(text, schwab));
  }
}

TEST_CASE("a count of small units becomes the number that it counts, and never without being told", "[ingest]") {
  const NumberForm nano{.implied_places = 9};
  CHECK(read("31560000000", kPoint, nano) == "31.560000000");
  CHECK(read("1", kPoint, nano) == "0.000000001");
  CHECK(read("-5", kPoint, nano) == "-0.000000005");
  CHECK(read("31.545000000", kPoint, nano) == "31.545000000");
  CHECK(read("31.545", kPoint, nano) == "refused: a number with a decimal mark has to have 9 decimals here");
  CHECK(read("7698", kPoint, {}, -2) == "76.98");
  CHECK(read("76.98", kPoint, {}, -2) == "0.7698");
  CHECK(read("5", kPoint, {}, -2) == "0.05");
}
