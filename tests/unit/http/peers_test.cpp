#include "risk/http/peers.hpp"

#include <vector>

#include "support/catch.hpp"

using namespace risk::http;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {
const Peers::Instant kNow{std::chrono::hours{1}};
}

TEST_CASE("An address has its share of connections and no more, and leaves that of others alone") {
  Peers peers({3, 0, 0});
  std::vector<Peers::Lease> leases;
  for (int i = 0; i < 3; ++i) leases.push_back(peers.admit("192.0.2.1", kNow));
  for (const auto& lease : leases) CHECK(lease);
  CHECK_FALSE(peers.admit("192.0.2.1", kNow));
  CHECK(peers.admit("192.0.2.2", kNow));
  const auto copy = leases.back();
  leases.pop_back();
  CHECK_FALSE(peers.admit("192.0.2.1", kNow));
  leases.pop_back();
  CHECK(peers.admit("192.0.2.1", kNow));
}

TEST_CASE("A network of IPv6 counts as one address, and a mapped IPv4 address as itself") {
  CHECK(peer_of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  CHECK(peer_of("2001:db8:1:2::9") == "2001:db8:1:2::/64");
  CHECK(peer_of("2001:db8:1:3::9") == "2001:db8:1:3::/64");
  CHECK(peer_of("::ffff:192.0.2.1") == "192.0.2.1");
  CHECK(peer_of("192.0.2.1") == "192.0.2.1");
  CHECK(peer_of("fe80::1%eth0") == "fe80::/64");
}

TEST_CASE("An address that asks faster than one may waits, and another does not") {
  Peers peers({0, 10, 0});
  for (int i = 0; i < 10; ++i) CHECK(peers.pace("a", kNow).count() == 0);
  CHECK(peers.pace("a", kNow) == milliseconds(100));
  CHECK(peers.pace("a", kNow) == milliseconds(200));
  CHECK(peers.pace("b", kNow).count() == 0);
  CHECK(peers.pace("a", kNow + seconds(2)).count() == 0);
  Peers unbounded({});
  for (int i = 0; i < 100; ++i) CHECK(unbounded.pace("a", kNow).count() == 0);
}

TEST_CASE("An address has so many requests answered at once, and who holds nothing is forgotten") {
  PeerLimits limits;
  limits.requests_at_once_max = 2;
  Peers peers(limits);
  auto first = peers.begin_request("a");
  const auto second = peers.begin_request("a");
  CHECK(first);
  CHECK(second);
  CHECK_FALSE(peers.begin_request("a"));
  CHECK(peers.begin_request("b"));
  CHECK(peers.known() == 1);  // b is done
  first.reset();
  CHECK(peers.begin_request("a"));
  auto nothing = peers.hold_answer("c", 0);
  CHECK(peers.hold_answer("c", 1));  // gone at once, and c with it
  nothing.reset();
  CHECK(peers.known() == 1);
}

TEST_CASE("Answers that an address does not take are bounded, but for one") {
  Peers peers({0, 0, 100});
  auto large = peers.hold_answer("a", 1000);
  CHECK(large);
  CHECK_FALSE(peers.hold_answer("a", 1));
  CHECK(peers.hold_answer("b", 90));
  large.reset();
  const auto small = peers.hold_answer("a", 60);
  CHECK(small);
  CHECK(peers.hold_answer("a", 40));
  CHECK_FALSE(peers.hold_answer("a", 41));
}

TEST_CASE("Addresses that have gone are forgotten, so that many of them cost nothing") {
  Peers peers({5, 10, 0});
  const auto held = peers.admit("held", kNow);
  for (int i = 0; i < 100'000; ++i) {
    const auto now = kNow + seconds(i);
    const std::string peer = "p" + std::to_string(i);
    const auto lease = peers.admit(peer, now);
    peers.pace(peer, now);
  }
  CHECK(peers.known() <= 1025);
  for (int i = 0; i < 4; ++i) CHECK(peers.admit("held", kNow));
}

TEST_CASE("A lease outlives the table that gave it") {
  Peers::Lease lease;
  {
    Peers peers({1, 0, 0});
    lease = peers.admit("a", kNow);
  }
  lease.reset();
}
