#include "risk/settings/settings.hpp"
#include "support/catch.hpp"
#include "unit/service/options_fixture.hpp"

using namespace risk;
using Catch::Matchers::ContainsSubstring;
using Lines = std::vector<std::string>;

TEST_CASE("endpoints of the engine are read from every source") {
  service::OptionsFixture fixture;
  service::OptionSet options("probe", "");
  settings::EngineEndpoints endpoints;
  settings::add_engine_stream_option(options, endpoints);
  settings::add_engine_command_option(options, endpoints);
  fixture.variables = {{"ENGINE_ENDPOINT", "tcp://engine:5561"}};
  CHECK(fixture.parse(options, {"--engine-command-endpoint", "tcp://[::1]:1"}) == std::nullopt);
  CHECK(endpoints.publish == Lines{"tcp://engine:5561"});
  CHECK(endpoints.command == Lines{"tcp://[::1]:1"});
}

TEST_CASE("an engine and its standbys are a list, in the environment and in YAML") {
  service::OptionsFixture fixture;
  service::OptionSet options("probe", "");
  settings::EngineEndpoints endpoints;
  settings::add_engine_stream_option(options, endpoints);
  settings::add_engine_command_option(options, endpoints);
  fixture.variables = {{"ENGINE_ENDPOINT", "tcp://a:5561,tcp://b:5561"}};
  CHECK(fixture.parse_yaml(options, "bus:\n  engine_command_endpoint: [tcp://a:5563, tcp://b:5563]\n") == std::nullopt);
  CHECK(endpoints.publish == Lines{"tcp://a:5561", "tcp://b:5561"});
  CHECK(endpoints.command == Lines{"tcp://a:5563", "tcp://b:5563"});
}

TEST_CASE("what is no endpoint is a mistake") {
  for (const auto* text : {"localhost:5561", "tcp://localhost", "tcp://:5561", "tcp://localhost:", "tcp://a:0",
                           "tcp://a:65536", "tcp://a:http", "tcp://a:-1", "tcp://a b:1", "tcp://::1:5561",
                           "http://localhost:80", "tcp://a:1,tcp://b", "tcp://a/b:1", "tcp://a:123456"}) {
    service::OptionsFixture fixture;
    service::OptionSet options("probe", "");
    settings::EngineEndpoints endpoints;
    settings::add_engine_stream_option(options, endpoints);
    CHECK(fixture.parse(options, {std::string("--engine-endpoint=") + text}) == 2);
    CHECK_THAT(fixture.err, ContainsSubstring("allowed: tcp://HOST:PORT with a port from 1 to 65535"));
  }
  service::OptionsFixture fixture;
  service::OptionSet options("probe", "");
  settings::EngineEndpoints endpoints;
  settings::add_engine_command_option(options, endpoints);
  CHECK(fixture.parse_yaml(options, "bus:\n  engine_command_endpoint: []\n") == 2);
  CHECK(fixture.mistakes() == Lines{"risk.yaml:2: bus.engine_command_endpoint: at least one is needed"});
}

TEST_CASE("an executable that uses a part of the bus section accepts the rest of it, but no misspelling") {
  service::OptionsFixture fixture;
  service::OptionSet options("probe", "");
  settings::BindOptions bind;
  settings::add_bind_options(options, bind);
  CHECK(fixture.parse_yaml(options, "bus: {bind_address: 0.0.0.0, allow_plaintext: yes, engine_endpoint: any}") ==
        std::nullopt);
  CHECK(bind.address == "0.0.0.0");
  CHECK(bind.allow_plaintext);
  CHECK(fixture.parse_yaml(options, "bus:\n  bind_address: ''\n  bind_adress: x\n") == 2);
  CHECK(fixture.mistakes() == Lines{"risk.yaml:2: bus.bind_address: value \"\": allowed: a name or an address of this "
                                    "machine, without a port",
                                    "risk.yaml:3: bus.bind_adress: unknown key; did you mean bus.bind_address?"});
}

TEST_CASE("an address to bind is IPv4, a name, or IPv6 with or without brackets") {
  const auto bound = [](const std::string& text) {
    service::OptionsFixture fixture;
    service::OptionSet options("probe", "");
    settings::BindOptions bind;
    settings::add_bind_options(options, bind);
    fixture.variables = {{"BUS_BIND_ADDRESS", text}};
    return fixture.parse(options) ? "refused" : bind.address + " " + bind.endpoint(5551);
  };
  CHECK(bound("::1") == "::1 tcp://[::1]:5551");
  CHECK(bound("[::1]") == "::1 tcp://[::1]:5551");
  CHECK(bound("fe80::1%eth0") == "fe80::1%eth0 tcp://[fe80::1%eth0]:5551");
  CHECK(bound("0.0.0.0") == "0.0.0.0 tcp://0.0.0.0:5551");
  CHECK(bound("engine") == "engine tcp://engine:5551");
  CHECK(bound("*") == "* tcp://*:5551");
  CHECK(settings::BindOptions{}.endpoint(0) == "tcp://127.0.0.1:*");
  for (const auto* text : {"[127.0.0.1]", "[]", "[::1", "::1]", "::g", "127.0.0.1:5551", "[::1]:5551", "a b", "a/b"}) {
    CHECK(bound(text) == "refused");
  }
}
