// Settings that parse and make no sense: text that passes for other text, lists with nothing or the same in them,
// misspelt names, files that are none.
#include <sys/stat.h>

#include "options_fixture.hpp"
#include "risk/service/run.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::service;
using Catch::Matchers::ContainsSubstring;
using Lines = std::vector<std::string>;

namespace {

struct Settings : OptionsFixture {
  std::string name;
  std::vector<std::string> peers;
  Secret password;
  std::map<std::string, std::string> limits;
  OptionSet options{"probe", "Tests options."};

  Settings() {
    options.add_text({"server.name", "--name", {"DB_NAME"}, "A name"}, name);
    options.add_list({"server.peers", "--peers", {"PEERS"}, "Its peers"}, peers);
    options.add_secret({"server.password", "", {"DB_PASSWORD"}, "A password"}, password);
    options.add_custom(
        {"", "--joint", {}, "Without a key"}, [](std::string_view) { return std::nullopt; }, "");
    options.add_map({"limits", "--limits", {"LIMITS"}, "Limits"},
                    [this](std::string_view entry, std::string_view text) -> std::optional<std::string> {
                      limits[std::string(entry)] = text;
                      return std::nullopt;
                    });
  }
  std::optional<int> parse(const std::vector<std::string>& arguments = {}) {
    return OptionsFixture::parse(options, arguments);
  }
  Lines mistakes_of_yaml(const std::string& yaml) {
    CHECK(parse_yaml(options, yaml) == 2);
    return mistakes();
  }
  Lines mistakes_of(const std::vector<std::string>& arguments) {
    CHECK(parse(arguments) == 2);
    return mistakes();
  }
  std::string warnings_of(const std::string& dotenv) {
    file(".env", dotenv);
    CHECK(parse() == std::nullopt);
    return err;
  }
};

}  // namespace

TEST_CASE(
    "a setting that could pass for another one is a mistake in every source and kind, but a secret is taken as it is") {
  Settings s;
  CHECK(s.mistakes_of({"--name", "a\u202eb"}) ==
        Lines{"--name: value \"a\\u{202e}b\": character 2 is U+202E, which does not show"});
  CHECK(s.mistakes_of({"--name= a"}) == Lines{"--name: value \" a\": character 1 is U+0020, a blank at the start"});
  CHECK(s.mistakes_of({"--name=  "}) == Lines{"--name: value \"  \": nothing but blanks (U+0020)"});
  CHECK(s.mistakes_of({"--name=\xff"}) == Lines{"--name: value \"\\xff\": character 1 is not UTF-8 (byte 0xff)"});
  CHECK(s.mistakes_of_yaml(
            "server:\n  name: \"a \"\n  peers: [x, \"y\u200b\"]\nlimits: {\"A \": 1, \"B\u00a0C\": 2}\n") ==
        Lines{"risk.yaml:2: server.name: value \"a \": character 2 is U+0020, a blank at the end",
              "risk.yaml:3: server.peers: value \"y\\u{200b}\": character 2 is U+200B, which does not show",
              "risk.yaml:4: limits.A : name \"A \": character 2 is U+0020, a blank at the end",
              "risk.yaml:4: limits.B\\u{a0}C: name \"B\\u{a0}C\": character 2 is U+00A0, which passes for a blank"});
  s.variables = {{"LIMITS", "A=1\u2066"}, {"DB_PASSWORD", " \u202e "}};
  CHECK(s.mistakes_of({}) ==
        Lines{"environment variable LIMITS: A: value \"1\\u{2066}\": character 2 is U+2066, which does not show"});
  CHECK(s.password.reveal() == " \u202e ");
}

TEST_CASE("an empty entry and the same entry twice are mistakes in a list, a comma at its end is not") {
  Settings s;
  CHECK(s.parse({"--peers", "a, b,"}) == std::nullopt);
  CHECK(s.peers == Lines{"a", "b"});
  CHECK(s.mistakes_of({"--peers", "a,,b"}) == Lines{"--peers: an empty entry"});
  CHECK(s.mistakes_of({"--peers", "a,b,a"}) == Lines{"--peers: entry \"a\" is given twice"});
  CHECK(s.mistakes_of_yaml("server: {peers: [a, \"\", a]}\n") ==
        Lines{"risk.yaml:1: server.peers: an empty entry", "risk.yaml:1: server.peers: entry \"a\" is given twice"});
  CHECK(s.mistakes_of({"--limits", "A=1,,B=2"}) == Lines{"--limits: value \"\": allowed: NAME=VALUE,NAME=VALUE"});
}

TEST_CASE("no suggestion has nothing behind it") {
  Settings s;
  CHECK(s.mistakes_of_yaml("xy: 1\n") == Lines{"risk.yaml:1: xy: unknown key: allowed: server, limits"});
  CHECK_THAT(s.mistakes_of({"-x"}).front(), !ContainsSubstring("did you mean ?"));
  OptionSet none("probe", "");
  CHECK(OptionsFixture().parse(none, {"--config", s.file("other.yaml", "a: 1\n")}) == 2);
  s.parse_yaml(none, "a: 1\n");
  CHECK(s.mistakes() == Lines{"risk.yaml:1: a: unknown key"});
}

TEST_CASE("a misspelt name in .env is warned of with the nearest one, a foreign one is not") {
  Settings s;
  CHECK(s.warnings_of("DB_NAM=x\n").empty());  // nobody has said whose else the file is
  s.options.know_variables({"DB_TYPE", "SIMULATOR_RATE", "SIMULATOR_SEED"});
  const auto place = "probe: warning: " + s.path(".env") + ":";
  CHECK(s.warnings_of("# settings\nDB_TYP=sqlite\n") == place + "2: DB_TYP: unknown setting, did you mean DB_TYPE?\n");
  CHECK(s.warnings_of("DB_PASWORD=hunter2\n") == place + "1: DB_PASWORD: unknown setting, did you mean DB_PASSWORD?\n");
  CHECK(s.warnings_of("LIMIT=A=1\n") == place + "1: LIMIT: unknown setting, did you mean LIMITS?\n");
  CHECK(s.warnings_of("SIMULATOR_SOMETHING_ELSE=1\n") ==
        place + "1: SIMULATOR_SOMETHING_ELSE: unknown setting, it sets nothing\n");
  CHECK(s.warnings_of(
             "DB_TYPE=sqlite\nSIMULATOR_RATE=1\nDB_PASSWORD_FILE=\nTZ=UTC\nPGPASSWORD=x\nCOMPOSE_PROJECT_NAME=a\n"
             "AWS_REGION=b\n")
            .empty());
}

TEST_CASE("warnings hinder nothing and follow the mistakes") {
  Settings s;
  s.options.add_warning([] { return Lines{"a password goes over the network in clear"}; });
  CHECK(s.parse({"--check-config"}) == 0);
  CHECK(s.out == "configuration is valid\n");
  CHECK(s.err == "probe: warning: a password goes over the network in clear\n");
  CHECK(s.parse({"--name", " "}) == 2);
  CHECK_THAT(s.err, Catch::Matchers::EndsWith("\nprobe: warning: a password goes over the network in clear\n"));
}

TEST_CASE("a pipe, a device or a socket where a file of settings should be is a mistake and holds nothing up") {
  Settings s;
  const auto pipe = s.path("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(s.mistakes_of({"--config", pipe}) == Lines{"--config: cannot read \"" + pipe + "\": is a pipe, not a file"});
  CHECK(s.mistakes_of({"--config", "/dev/zero"}) ==
        Lines{"--config: cannot read \"/dev/zero\": is a device, not a file"});
  s.variables = {{"DB_PASSWORD_FILE", pipe}};
  CHECK(s.mistakes_of({}) ==
        Lines{"environment variable DB_PASSWORD_FILE: cannot read \"" + pipe + "\": is a pipe, not a file"});
  s.variables = {{"DB_PASSWORD_FILE", "/dev/zero"}};
  CHECK_THAT(s.mistakes_of({}).front(), ContainsSubstring("is a device"));
  s.variables.clear();
  REQUIRE(mkfifo(s.path(".env").c_str(), 0600) == 0);
  CHECK(s.mistakes_of({}) == Lines{".env: cannot read: is a pipe, not a file"});
  std::filesystem::remove(s.path(".env"));
  std::filesystem::create_directory(s.path(".env"));
  CHECK(s.mistakes_of({}) == Lines{".env: cannot read: is a directory"});
}

TEST_CASE("an address that servers bind is an IP address") {
  OptionsFixture fixture;
  CommonOptions common;
  OptionSet options("probe", "");
  add_common_options(options, common);
  for (const char* good : {"127.0.0.1", "::1", "::", "0.0.0.0"}) {
    CHECK(fixture.parse(options, {"--health-address", good}) == std::nullopt);
    CHECK(common.health_address == good);
  }
  CHECK(fixture.parse(options, {"--health-address", "[::1]"}) == std::nullopt);  // as it stands in an endpoint
  CHECK(common.health_address == "::1");
  for (const char* bad : {"localhost", "127.0.0", "127.0.0.1:80", "", "[::1", "[]", "[127.0.0.1]"}) {
    CHECK(fixture.parse(options, {"--health-address", bad}) == 2);
    CHECK(fixture.mistakes() == Lines{"--health-address: value \"" + std::string(bad) +
                                      "\": allowed: an IP address, such as 127.0.0.1 or ::1"});
  }
}
