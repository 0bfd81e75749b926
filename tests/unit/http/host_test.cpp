#include "risk/http/host.hpp"

#include "support/catch.hpp"

using namespace risk::http;

TEST_CASE("A server answers to loopback, to the address it was reached at and to what is configured") {
  const HostPolicy policy({"192.0.2.10", {"Risk.Example", "*.desk.example", "198.51.100.7", "2001:db8::7"}, false});
  const auto allows = [&](const char* host) { return policy.allows(host, "10.0.0.5"); };
  for (const char* host : {"localhost",        "localhost:8501",    "LOCALHOST",          "localhost.",
                           "risk.localhost",   "127.0.0.1:8501",    "127.9.9.9",          "[::1]",
                           "[::1]:8501",       "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "10.0.0.5:80",
                           "192.0.2.10",       "risk.example",      "RISK.EXAMPLE:443",   "risk.example.",
                           "a.desk.example",   "b.a.desk.example",  "198.51.100.7",       "[2001:db8::7]",
                           "[2001:DB8:0::7]:1"}) {
    INFO(host);
    CHECK(allows(host));
  }
  for (const char* host : {"evil.example",
                           "127.0.0.1%2eevil.example",
                           "192.0.2.10%25eth0",
                           "localhost.evil.example",
                           "evillocalhost",
                           "notlocalhost:8501",
                           "127.0.0.1.evil.example",
                           "10.0.0.6",
                           "192.0.2.1",
                           "127.1",
                           "2130706433",
                           "0x7f000001",
                           "017700000001",
                           "[::2]",
                           "[2001:db8::8]",
                           "risk.example.evil.example",
                           "xrisk.example",
                           "desk.example",
                           "xdesk.example",
                           "risk-engine",
                           ":80",
                           "",
                           "0.0.0.0",
                           "localhost%00.evil.example",
                           "local%68ost",
                           "a b",
                           "localhost:x"}) {
    INFO(host);
    CHECK_FALSE(allows(host));
  }
}

TEST_CASE("An address is the same however it is written") {
  const HostPolicy policy({"::", {}, false});
  CHECK(policy.allows("10.0.0.5", "::ffff:10.0.0.5"));
  CHECK(policy.allows("[fe80::1]", "fe80::1%eth0"));
  CHECK(policy.allows("[::ffff:10.0.0.5]", "10.0.0.5"));
  CHECK_FALSE(policy.allows("10.0.0.5", ""));
}

TEST_CASE("Names without a dot are those of a network of containers, where that is allowed") {
  const HostPolicy policy({"0.0.0.0", {}, true});
  CHECK(policy.allows("risk-engine:9102", "172.18.0.4"));
  CHECK(policy.allows("172.18.0.4:9102", "172.18.0.4"));
  CHECK_FALSE(policy.allows("risk-engine.evil.example", "172.18.0.4"));
  CHECK_FALSE(policy.allows("172.18.0.5", "172.18.0.4"));
}

TEST_CASE("What cannot be an allowed host is told what can") {
  for (const char* entry :
       {"risk.example", "*.risk.example", "risk-engine", "a_b", "192.0.2.1", "::1", "2001:db8::1"}) {
    INFO(entry);
    CHECK_FALSE(host_entry_problem(entry));
  }
  for (const char* entry :
       {"", "*", "*.", "a*.example", "http://a", "a:80", "[::1]", "a b", ".a", "a.", "a/b", "1.2.3.4:5"}) {
    INFO(entry);
    CHECK(host_entry_problem(entry));
  }
}
