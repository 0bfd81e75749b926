#include "risk/settings/input_format.hpp"

#include "support/catch.hpp"
#include "unit/service/options_fixture.hpp"

using namespace risk;
using Lines = std::vector<std::string>;
using Settings = ingest::Format::Settings;

namespace {

struct InputFormat : service::OptionsFixture {
  settings::InputFormatOptions input;
  service::OptionSet options{"probe", "Tests the options of an input format."};

  InputFormat() {
    settings::add_input_format_options(options, {"", "--input-format", {"INPUT_FORMAT"}, "a format"},
                                       {"", "--set", {"INPUT_SET"}, "values"}, input);
  }
  auto parse(Lines arguments = {}) { return OptionsFixture::parse(options, std::move(arguments)); }
};

}  // namespace

TEST_CASE("without an input format files are the canonical CSV") {
  InputFormat f;
  CHECK(f.parse() == std::nullopt);
  CHECK(f.input.format.name() == ingest::Format::canonical().name());
  CHECK(f.input.to_string().empty());
}

TEST_CASE("a format is loaded with what the user sets, from every source and flag") {
  InputFormat f;
  f.variables = {{"INPUT_SET", "client_id=A,broker_id=B"}};
  CHECK(f.parse({"--input-format", "kraken-trades", "--set", "client_id=C", "--set", "market=M,trader_id=T"}) ==
        std::nullopt);
  CHECK(f.input.format.name() == "kraken-trades");
  CHECK(f.input.set == Settings{{"broker_id", "B"}, {"client_id", "C"}, {"market", "M"}, {"trader_id", "T"}});
  CHECK(f.input.to_string() == "format=kraken-trades broker_id=B client_id=C market=M trader_id=T");
}

TEST_CASE("a value may be a comma, and may have one") {
  InputFormat f;
  CHECK(f.parse({"--input-format", "degiro", "--set", "client_id=a,b,decimal=,,thousands=."}) == std::nullopt);
  CHECK(f.input.set == Settings{{"client_id", "a,b"}, {"decimal", ","}, {"thousands", "."}});
  InputFormat spaced;
  CHECK(spaced.parse({"--input-format", "kraken-trades", "--set", "client_id=DESK_1, market=XLON"}) == std::nullopt);
  CHECK(spaced.input.set == Settings{{"client_id", "DESK_1"}, {"market", "XLON"}});
}

TEST_CASE("every mistake in a format and in what is set stops the start") {
  InputFormat f;
  CHECK(f.parse({"--input-format", "kraken-trades", "--set", "zone=Nowhere,colour=red"}) == 2);
  CHECK_THAT(f.err, Catch::Matchers::ContainsSubstring("--set colour: no such field") &&
                        Catch::Matchers::ContainsSubstring("--set zone: value \"Nowhere\": no time zone of that name"));
  InputFormat unset;
  CHECK(unset.parse({"--set", "client_id=C"}) == 2);
  CHECK_THAT(unset.err, Catch::Matchers::ContainsSubstring("--set goes with --input-format"));
  InputFormat half;
  CHECK(half.parse({"--input-format", "kraken-trades", "--set", "client_id"}) == 2);
  CHECK_THAT(half.err, Catch::Matchers::ContainsSubstring("FIELD=VALUE"));
}
