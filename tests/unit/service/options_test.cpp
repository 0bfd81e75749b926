#include "risk/service/options.hpp"

#include "options_fixture.hpp"
#include "risk/service/run.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::service;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Lines = std::vector<std::string>;

namespace {

// One option of each kind.
struct Settings {
  std::string name = "default";
  std::vector<std::string> peers{"a", "b"};
  std::int64_t offset = -1;
  std::uint16_t port = 5432;
  double rate = 0.5;
  bool verbose = false;
  std::chrono::milliseconds timeout = 5s;
  Secret password{"default-password"};
  std::map<std::string, std::string> limits;
  OptionSet options{"probe", "Tests options."};

  Settings() {
    options.add_text({"server.name", "--name", {"NAME"}, "A name"}, name);
    options.add_list({"server.peers", "--peers", {"PEERS"}, "Its peers"}, peers);
    options.add_integer({"server.offset", "--offset", {}, "An offset"}, offset, -10, 10);
    options.add_integer({"server.port", "--port", {"PORT", "OLD_PORT"}, "A port"}, port, 1, 65535);
    options.add_number({"server.rate", "--rate", {"RATE"}, "A rate"}, rate, 0, 10);
    options.add_bool({"server.verbose", "--verbose", {"VERBOSE"}, "Says more"}, verbose);
    options.add_milliseconds({"server.timeout", "--timeout", {"TIMEOUT"}, "A timeout"}, timeout, 10ms, 1h);
    options.add_secret({"server.password", "--password", {"PASSWORD"}, "A password"}, password);
    options.add_map({"rules.limits", "--limits", {"LIMITS"}, "Limits"},
                    [this](std::string_view entry, std::string_view text) -> std::optional<std::string> {
                      if (text == "bad") return "anything but bad";
                      limits[std::string(entry)] = text;
                      return std::nullopt;
                    });
  }
};

class Options : public OptionsFixture, public Settings {
 public:
  std::optional<int> parse(std::vector<std::string> arguments = {}) {
    return OptionsFixture::parse(options, std::move(arguments));
  }
  std::optional<int> parse_yaml(const std::string& yaml) { return OptionsFixture::parse_yaml(options, yaml); }
};

}  // namespace

TEST_CASE("without any source the defaults stay") {
  Options o;
  CHECK(o.parse() == std::nullopt);
  CHECK(o.name == "default");
  CHECK(o.port == 5432);
  CHECK(o.out.empty());
  CHECK(o.err.empty());
}

TEST_CASE("every kind of option reads from YAML") {
  Options o;
  CHECK(o.parse_yaml("# comment\n"
                     "server:\n"
                     "  name: \"a: b\"\n"
                     "  peers: [x, 'y z']\n"
                     "  offset: -7\n"
                     "  port: 80\n"
                     "  rate: 2.25\n"
                     "  verbose: On\n"
                     "  timeout: 1.5s\n"
                     "  password: |\n"
                     "    two\n"
                     "    lines\n"
                     "rules: {limits: {CLIENT_001: 250000, \"a.b\": 2}}\n") == std::nullopt);
  CHECK(o.err.empty());
  CHECK(o.name == "a: b");
  CHECK(o.peers == Lines{"x", "y z"});
  CHECK(o.offset == -7);
  CHECK(o.port == 80);
  CHECK(o.rate == 2.25);
  CHECK(o.verbose);
  CHECK(o.timeout == 1500ms);
  CHECK(o.password.reveal() == "two\nlines\n");
  CHECK(o.limits == std::map<std::string, std::string>{{"CLIENT_001", "250000"}, {"a.b", "2"}});
}

TEST_CASE("every kind of option reads from the command line") {
  Options o;
  CHECK(o.parse({"--name", "n", "--peers=x, y,", "--offset", "-3", "--port=1", "--rate", "1", "--verbose", "--timeout",
                 "2m", "--limits", "A=1, B=2", "--password=p"}) == std::nullopt);
  CHECK(o.err.empty());
  CHECK(o.name == "n");
  CHECK(o.peers == Lines{"x", "y"});
  CHECK(o.offset == -3);
  CHECK(o.port == 1);
  CHECK(o.verbose);
  CHECK(o.timeout == 2min);
  CHECK(o.limits == std::map<std::string, std::string>{{"A", "1"}, {"B", "2"}});
  CHECK(o.password.reveal() == "p");
  CHECK(o.parse({"--verbose=false"}) == std::nullopt);
  CHECK_FALSE(o.verbose);
}

TEST_CASE("command line wins over environment, over .env, over YAML, over defaults") {
  Options o;
  const auto yaml =
      o.file("risk.yaml", "server: {name: yaml, port: 1, rate: 1, offset: 1}\nrules: {limits: {A: y, B: y}}");
  o.file(".env", "NAME=dotenv\nPORT=2\nRATE=2\nLIMITS=B=dotenv\n");
  o.variables = {{"NAME", "environment"}, {"PORT", "3"}};
  CHECK(o.parse({"--config", yaml, "--name", "flag"}) == std::nullopt);
  CHECK(o.name == "flag");
  CHECK(o.port == 3);
  CHECK(o.rate == 2);
  CHECK(o.offset == 1);
  CHECK(o.limits == std::map<std::string, std::string>{{"A", "y"}, {"B", "dotenv"}});
}

TEST_CASE("the first variable set wins, and one set to nothing is not set") {
  Options o;
  o.variables = {{"PORT", ""}, {"OLD_PORT", "7"}};
  CHECK(o.parse() == std::nullopt);
  CHECK(o.port == 7);
  o.variables["PORT"] = "8";
  CHECK(o.parse() == std::nullopt);
  CHECK(o.port == 8);
}

TEST_CASE("three mistakes in a YAML file are three errors with their lines") {
  Options o;
  CHECK(o.parse_yaml("server:\n"
                     "  port: 70000\n"
                     "\n"
                     "  tiemout: 5s\n"
                     "rules:\n"
                     "  limits:\n"
                     "    CLIENT_001: bad\n") == 2);
  CHECK(o.mistakes() == Lines{
                            "risk.yaml:2: server.port: value \"70000\": allowed: a whole number from 1 to 65535",
                            "risk.yaml:4: server.tiemout: unknown key; did you mean server.timeout?",
                            "risk.yaml:7: rules.limits.CLIENT_001: value \"bad\": allowed: anything but bad",
                        });
  CHECK_THAT(o.err, Catch::Matchers::StartsWith("probe: 3 mistakes in the configuration\n"));
  CHECK(o.out.empty());
}

TEST_CASE("mistakes of all sources are reported together, each with its place") {
  Options o;
  const auto yaml = o.file("risk.yaml", "server: {rate: fast}\n");
  o.file(".env", "# fine\nexport RATE=-1\nnonsense\nTIMEOUT='5 parsecs'\nNAME=\"open\n");
  o.variables = {{"PORT", "http"}, {"LIMITS", "A=1,B"}};
  o.options.add_check([] { return Lines{"two of them do not fit"}; });
  CHECK(o.parse({"--config", yaml, "--offset", "11", "--verbos", "--name"}) == 2);
  CHECK(o.mistakes() ==
        Lines{
            "--verbos: unknown flag; did you mean --verbose?",
            "--name: needs a value",
            "risk.yaml:1: server.rate: value \"fast\": allowed: a number from 0 to 10",
            ".env:3: not a setting: allowed: NAME=VALUE, a comment or an empty line",
            ".env:5: NAME: the quote is not closed",
            ".env:2: RATE: value \"-1\": allowed: a number from 0 to 10",
            ".env:4: TIMEOUT: value \"5 parsecs\": allowed: a time from 10ms to 1h, as 250ms, 5s, 2m or 1h",
            "environment variable PORT: value \"http\": allowed: a whole number from 1 to 65535",
            "environment variable LIMITS: value \"B\": allowed: NAME=VALUE,NAME=VALUE",
            "--offset: value \"11\": allowed: a whole number from -10 to 10",
            "two of them do not fit",
        });
}

TEST_CASE("values that are not quite numbers, times or truths are mistakes") {
  const auto refused = [](const std::string& flag, const std::string& value) {
    Options o;
    return o.parse({flag + "=" + value}) == 2 && o.mistakes().size() == 1;
  };
  for (const auto* port : {"", " 1", "1 ", "+1", "0x10", "1.0", "1e3", "65536", "99999999999999999999", "-1", "one"}) {
    CHECK(refused("--port", port));
  }
  for (const auto* rate : {"", "nan", "inf", "1,5", "10.01", "1e400", "0.5x"}) CHECK(refused("--rate", rate));
  for (const auto* time : {"", "5", "s", "-5s", "5d", "0.0001s", "1..5s", "9ms", "2h", "99999999999999999999h"}) {
    CHECK(refused("--timeout", time));
  }
  for (const auto* truth : {"", "2", "maybe", "truee"}) CHECK(refused("--verbose", truth));
}

TEST_CASE("a duplicate YAML key is a mistake, in sections, options and maps") {
  Options o;
  CHECK(o.parse_yaml("server:\n  port: 1\n  name: a\n  port: 2\nrules:\n  limits: {A: 1, A: 2}\nserver: {}\n") == 2);
  CHECK(o.mistakes() == Lines{
                            "risk.yaml:4: server.port: given twice; first in line 2",
                            "risk.yaml:6: rules.limits.A: given twice; first in line 6",
                            "risk.yaml:7: server: given twice; first in line 1",
                        });
}

TEST_CASE("unknown YAML keys name the nearest known one, or what is allowed there") {
  Options o;
  CHECK(o.parse_yaml("sever: {port: 1}\nserver:\n  colour: red\n  prot: 5\nruels.limits: 1\nzebra: 1\n") == 2);
  CHECK(o.mistakes() ==
        Lines{
            "risk.yaml:1: sever: unknown key; did you mean server?",
            "risk.yaml:3: server.colour: unknown key: allowed: server.name, server.peers, server.offset, server.port, "
            "server.rate, server.verbose, server.timeout, server.password",
            "risk.yaml:4: server.prot: unknown key; did you mean server.port?",
            "risk.yaml:5: ruels.limits: unknown key; did you mean rules.limits?",
            "risk.yaml:6: zebra: unknown key: allowed: server, rules",
        });
}

TEST_CASE("sections of other services are left alone, but not their misspellings") {
  Options o;
  o.options.ignore_sections({"gateway", "rules"});
  CHECK(o.parse_yaml("gateway: {anything: [goes]}\n") == std::nullopt);
  CHECK(o.parse_yaml("gatewya: {}\nrules: {no: 1}\n") == 2);
  CHECK(o.mistakes() == Lines{"risk.yaml:1: gatewya: unknown key; did you mean gateway?",
                              "risk.yaml:2: rules.no: unknown key: allowed: rules.limits"});
}

TEST_CASE("keys of others in a shared section are left alone, the rest of it is not") {
  Options o;
  o.options.ignore_sections({"server"});
  o.options.ignore_sections({"rules.session"});
  CHECK(o.parse_yaml("rules: {session: 1, limits: {A: 1}}\n") == std::nullopt);
  CHECK(o.limits.count("A") == 1);
  CHECK(o.parse_yaml("rules: {sesion: 1}\nserver: {prot: 1}\n") == 2);
  CHECK(o.mistakes() == Lines{"risk.yaml:1: rules.sesion: unknown key; did you mean rules.session?",
                              "risk.yaml:2: server.prot: unknown key; did you mean server.port?"});
}

TEST_CASE("the rest of a shared section is left alone where it is ignored as a whole") {
  Options o;
  o.options.ignore_sections({"rules.*"});
  CHECK(o.parse_yaml("rules: {limits: {A: 1}, session: {begin: 1}, other: 2}\n") == std::nullopt);
  CHECK(o.limits.count("A") == 1);
  CHECK(o.parse_yaml("rules: {limits: [A]}\nrulesets: 1\nserver: {prot: 1}\n") == 2);
  CHECK(o.mistakes().size() == 3);
}

TEST_CASE("YAML of the wrong shape is a mistake with its line") {
  const auto mistake_in = [](const std::string& yaml) {
    Options o;
    CHECK(o.parse_yaml(yaml) == 2);
    const auto mistakes = o.mistakes();
    REQUIRE(mistakes.size() == 1);
    return mistakes.front();
  };
  CHECK(mistake_in("- a\n- b\n") == "risk.yaml:1: not a mapping: allowed: sections of KEY: VALUE");
  CHECK(mistake_in("just words\n") == "risk.yaml:1: not a mapping: allowed: sections of KEY: VALUE");
  CHECK_THAT(mistake_in("server: {}\n---\nserver: {}\n"), ContainsSubstring("a second document"));
  CHECK_THAT(mistake_in("server:\n  name: [unclosed\n"), ContainsSubstring("not valid YAML"));
  CHECK_THAT(mistake_in("a: b: c\n"), ContainsSubstring("risk.yaml:1: not valid YAML"));
  CHECK(mistake_in("server: 5\nrules:\n") ==
        "risk.yaml:1: server: not a section: allowed: server.name, server.peers, server.offset, server.port, "
        "server.rate, server.verbose, server.timeout, server.password");
  CHECK(mistake_in("server:\n  port:\n") == "risk.yaml:2: server.port: no value; leave the line out for the default");
  CHECK(mistake_in("server:\n  port: [1]\n") == "risk.yaml:2: server.port: not a plain value: allowed: one value");
  CHECK(mistake_in("server:\n  peers:\n    - a\n    - {b: c}\n") ==
        "risk.yaml:4: server.peers: an item that is not a plain value");
  CHECK_THAT(mistake_in("rules:\n  limits:\n    A: [1]\n"),
             ContainsSubstring("risk.yaml:3: rules.limits.A: not a plain value"));
  CHECK_THAT(mistake_in("server:\n  ? [a]\n  : 1\n"), ContainsSubstring("a key that is not a plain name"));
  CHECK_THAT(mistake_in("server: &again\n  name: {again: *again}\n"), ContainsSubstring("not a plain value"));
}

TEST_CASE("an empty file, section, list or map changes nothing") {
  Options o;
  for (const auto* yaml : {"", "# only a comment\n", "server:\nrules:\n", "server:\n  peers:\nrules:\n  limits:\n"}) {
    CHECK(o.parse_yaml(yaml) == std::nullopt);
  }
  CHECK(o.peers == Lines{"a", "b"});
}

TEST_CASE("a file that cannot be read is a mistake") {
  Options o;
  CHECK(o.parse({"--config", o.path("missing.yaml")}) == 2);
  CHECK(o.mistakes() == Lines{"--config: cannot read \"" + o.path("missing.yaml") + "\": No such file or directory"});
  CHECK(o.parse({"--config", o.path("")}) == 2);
  CHECK_THAT(o.err, ContainsSubstring("is a directory"));

  o.variables = {{"PASSWORD_FILE", o.path("missing")}};
  CHECK(o.parse() == 2);
  CHECK(o.mistakes() == Lines{"environment variable PASSWORD_FILE: cannot read \"" + o.path("missing") +
                              "\": No such file or directory"});
  o.variables = {{"PASSWORD_FILE", o.file("empty", "\n")}};
  CHECK(o.parse() == 2);
  CHECK_THAT(o.err, ContainsSubstring("is empty"));
}

TEST_CASE("a secret comes from NAME_FILE, without its last line end") {
  Options o;
  o.variables = {{"PASSWORD_FILE", o.file("password", " a secret \r\n")}};
  CHECK(o.parse() == std::nullopt);
  CHECK(o.password.reveal() == " a secret ");
  o.variables["PASSWORD"] = "other";
  CHECK(o.parse() == 2);
  CHECK(o.mistakes() == Lines{"environment variable PASSWORD_FILE: set together with PASSWORD: allowed: one of them"});
  // A NAME_FILE of something that is no secret is nobody's business.
  Options plain;
  plain.variables = {{"NAME_FILE", "/missing"}};
  CHECK(plain.parse() == std::nullopt);
}

TEST_CASE(".env knows quotes, comments and export, expands nothing and ignores what it does not know") {
  Options o;
  o.file(".env",
         "\xEF\xBB\xBF# settings\r\n"
         "\r\n"
         "  export NAME = plain $HOME value # comment\r\n"
         "PASSWORD='single # \"$x\\n' # comment\n"
         "OTHER_TOOL=whatever\n"
         "PEERS=\"a,\\\"b\\\",c\\\\d\"\n"
         "PORT=1\n"
         "PORT=2");
  CHECK(o.parse() == std::nullopt);
  CHECK(o.err == "probe: warning: " + o.path(".env") + ":8: PORT: given twice; the one of line 7 does not count\n");
  CHECK(o.name == "plain $HOME value");
  CHECK(o.password.reveal() == "single # \"$x\\n");
  CHECK(o.peers == Lines{"a", "\"b\"", "c\\d"});
  CHECK(o.port == 2);
  o.file(".env", "NAME=a#b\nPASSWORD=\"a\\nb\\qc\" \n");
  CHECK(o.parse() == std::nullopt);
  CHECK(o.name == "a#b");
  CHECK(o.password.reveal() == "a\nb\\qc");
}

TEST_CASE("words after the options are a mistake unless asked for") {
  Options o;
  CHECK(o.parse({"start", "--port", "1", "--", "--port"}) == 2);
  CHECK(o.mistakes() == Lines{"argument \"start\": unexpected: allowed: options only",
                              "argument \"--port\": unexpected: allowed: options only"});
  Options command;
  Lines words;
  command.options.add_positionals("COMMAND…", "What to do", words);
  CHECK(command.parse({"ack", "--port", "1", "12", "--", "--anna"}) == std::nullopt);
  CHECK(words == Lines{"ack", "12", "--anna"});
}

TEST_CASE("an option for several settings comes before those for one, wherever it stands") {
  OptionsFixture fixture;
  std::string client, symbol;
  OptionSet options("probe", "");
  options.add_custom(
      {"", "--both", {"BOTH"}, ""},
      [&](std::string_view text) {
        client = symbol = text;
        return std::optional<std::string>();
      },
      "");
  options.add_text({"client", "--client", {}, ""}, client);
  CHECK(fixture.parse(options, {"--client", "1", "--both", "2"}) == std::nullopt);
  CHECK(client == "1");
  CHECK(symbol == "2");
}

TEST_CASE("a check that names a key is shown with the place that set it") {
  Options o;
  o.options.add_check([&] { return Lines{"server.port 80: taken", "server.name: odd"}; });
  o.variables = {{"NAME", "x"}};
  CHECK(o.parse_yaml("server:\n  port: 80\n") == 2);
  CHECK(o.mistakes() == Lines{"risk.yaml:2: server.port 80: taken", "environment variable NAME: server.name: odd"});
}

TEST_CASE("The flag --check-config says that all is well, or what is not") {
  Options o;
  CHECK(o.parse({"--check-config"}) == 0);
  CHECK(o.out == "configuration is valid\n");
  CHECK(o.parse({"--check-config", "--port", "x"}) == 2);
  CHECK(o.out.empty());
  CHECK(o.mistakes().size() == 1);
}

TEST_CASE("The flag --help shows flags, variables, defaults and YAML keys, aligned") {
  Options o;
  CHECK(o.parse({"--port", "x", "--help"}) == 0);
  CHECK(o.err.empty());
  CHECK_THAT(o.out, ContainsSubstring("  --port NUMBER            A port (default: 5432)\n"
                                      "                           env: PORT, OLD_PORT; yaml: server.port\n"));
  CHECK_THAT(o.out, ContainsSubstring("  --verbose                Says more (default: false)\n"));
  CHECK_THAT(o.out, ContainsSubstring("  --timeout TIME           A timeout (default: 5s)\n"));
  CHECK_THAT(o.out, ContainsSubstring("  --limits NAME=VALUE,...  Limits\n"));
  CHECK_THAT(o.out,
             ContainsSubstring("  --password SECRET        A password\n"
                               "                           env: PASSWORD, PASSWORD_FILE; yaml: server.password\n"));
  CHECK_THAT(o.out, ContainsSubstring("--check-config"));
  CHECK(o.parse({"-h"}) == 0);
}

TEST_CASE("The flag --version shows the program and the version") {
  Options o;
  CHECK(o.parse({"--version"}) == 0);
  CHECK(o.out == "probe " + std::string(version()) + "\n");
}

TEST_CASE("no output of parse() ever holds a secret") {
  const std::string secret = "hunter2-hunter2";
  const auto leaks = [&](std::map<std::string, std::string> variables, const std::string& yaml,
                         const std::string& dotenv, std::vector<std::string> arguments) {
    for (const auto* last : {"--help", "--check-config", "--port=x"}) {
      Options o;
      o.password = Secret(secret);
      o.variables = variables;
      o.file(".env", dotenv);
      auto all = arguments;
      all.insert(all.end(), {"--config", o.file("risk.yaml", yaml), last});
      o.parse(all);
      if ((o.out + o.err).find("hunter2") != std::string::npos) return true;
    }
    return false;
  };
  CHECK_FALSE(leaks({}, "", "", {}));
  CHECK_FALSE(leaks({{"PASSWORD", secret}}, "", "", {}));
  CHECK_FALSE(leaks({{"PASSWORD", secret}, {"PASSWORD_FILE", "/missing"}}, "", "", {}));
  CHECK_FALSE(leaks({{"PASSWORD", secret}, {"PORT", secret}}, "", "", {}));
  CHECK_FALSE(leaks({{"PASSWORD", secret}, {"LIMITS", "x:" + secret}}, "", "", {}));
  CHECK_FALSE(leaks({{"PORT", secret}}, "server: {password: " + secret + "}", "", {}));
  CHECK_FALSE(leaks({{"PASSWORD_FILE", secret}, {"PASSWORD", secret}}, "", "", {}));
  // Typing mistakes around a secret.
  CHECK_FALSE(leaks({}, "", "", {"--pasword", secret}));
  CHECK_FALSE(leaks({}, "", "", {"--pasword=" + secret}));
  CHECK_FALSE(leaks({}, "", "", {"--password", secret, secret}));
  CHECK_FALSE(leaks({}, "", "PASSWORD=\"" + secret, {}));
  CHECK_FALSE(leaks({}, "", "PASSWORD='x' " + secret, {}));
  CHECK_FALSE(leaks({}, "", "PASSWORD " + secret, {}));
  CHECK_FALSE(leaks({}, "", "PASS WORD=" + secret, {}));
  CHECK_FALSE(leaks({}, "server: {pasword: " + secret + "}", "", {}));
  CHECK_FALSE(leaks({}, "server: " + secret, "", {}));
  CHECK_FALSE(leaks({}, "server:\n  password: *" + secret, "", {}));
  CHECK_FALSE(leaks({}, "server:\n  password: [" + secret + "]", "", {}));
  CHECK_FALSE(leaks({}, "server:\n  password: {" + secret + ": 1}", "", {}));
  CHECK_FALSE(leaks({}, "server:\n  password: \"" + secret, "", {}));
  CHECK_FALSE(leaks({}, "server:\n  port: 80\n  password " + secret, "", {}));
  CHECK_FALSE(leaks({}, "server:\n  port: 80\n    password " + secret, "", {}));
  CHECK_FALSE(leaks({}, "server:\n  port: \"80\n  password: " + secret + "\"", "", {}));
  CHECK_FALSE(leaks({}, "server:\n  peers:\n  - a\n    password " + secret, "", {}));
  CHECK_FALSE(leaks({}, secret, "", {}));
}

TEST_CASE("a YAML line without its colon is a mistake, not a part of the value above") {
  Options o;
  CHECK(o.parse_yaml("server:\n  name: a\n    offset 5\n  port: 80\n") == 2);
  CHECK(o.mistakes() ==
        Lines{"risk.yaml:2: server.name: runs over several lines: allowed: one line, and a colon after each key"});
  CHECK(o.parse_yaml("server:\n  name: a\n  offset 5\n") == 2);
  CHECK(o.mistakes() == Lines{"risk.yaml:3: server.offset: not KEY: VALUE; a colon may be missing"});
  Options anchored;
  CHECK(anchored.parse_yaml("server: {name: &n 'it''s', peers: [*n], port: !!int 80, offset: \"5\"}\n") ==
        std::nullopt);
  CHECK(anchored.name == "it's");
  CHECK(anchored.peers == Lines{"it's"});
}

TEST_CASE("control characters and broken UTF-8 in a mistake are escaped") {
  Options o;
  o.variables = {{"PORT", "\x1b[2J\n\xFF"}};
  CHECK(o.parse() == 2);
  CHECK(o.mistakes().size() == 1);
  CHECK(o.err.find('\x1b') == std::string::npos);
}

TEST_CASE("the common options reach logging and health") {
  OptionsFixture fixture;
  CommonOptions common;
  OptionSet options("probe", "");
  add_common_options(options, common);
  fixture.variables = {{"LOG_FORMAT", "json"}, {"LOG_LEVEL", "WARNING"}};
  CHECK(fixture.parse_yaml(options, "health: {address: 0.0.0.0, port: 9102, allowed_hosts: [a.b, 1.2.3.4]}") ==
        std::nullopt);
  CHECK(common.log.json);
  CHECK(common.log.level == LogLevel::kWarning);
  CHECK(common.health_address == "0.0.0.0");
  CHECK(common.health_port == 9102);
  CHECK(common.health_allowed_hosts == std::vector<std::string>{"a.b", "1.2.3.4"});
  CHECK(fixture.parse(options, {"--log-level", "loud", "--log-format", "xml"}) == 2);
  CHECK(fixture.mistakes() == Lines{"--log-level: value \"loud\": allowed: debug, info, warning, error",
                                    "--log-format: value \"xml\": allowed: text, json"});
  CHECK(fixture.parse(options, {"--health-allowed-hosts", "a.b, http://c:80"}) == 2);
  CHECK(fixture.mistakes() == Lines{"--health-allowed-hosts: health.allowed_hosts \"http://c:80\": "
                                    "allowed: host names, *.domain or IP addresses, without ports"});
}
