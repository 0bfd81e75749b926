#include "transport/endpoint.hpp"

#include <functional>

#include "risk/bus/publisher.hpp"
#include "risk/bus/subscriber.hpp"
#include "support/catch.hpp"

using namespace risk::bus;

namespace {

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const BusError& error) {
    return error.what();
  }
  return "no refusal";
}

std::string binding(const std::string& endpoint, bool allow_plaintext = false) {
  return refusal([&] {
    PublisherOptions options;
    options.endpoint = endpoint;
    options.allow_plaintext = allow_plaintext;
    Publisher publisher(std::move(options));
  });
}

std::string connecting(const std::string& endpoint) {
  return refusal([&] { parse_connect_endpoint(endpoint); });
}

}  // namespace

TEST_CASE("An endpoint to connect to is a host and a port", "[bus][endpoint]") {
  CHECK(parse_connect_endpoint("tcp://simulator:5551") == Endpoint{"simulator", 5551});
  CHECK(parse_connect_endpoint("tcp://[::1]:5551") == Endpoint{"::1", 5551});
  CHECK(parse_connect_endpoint("tcp://[::1]:5551").text() == "tcp://[::1]:5551");
  CHECK(parse_connect_endpoint("tcp://10.0.0.1:1").is_numeric());
  CHECK_FALSE(parse_connect_endpoint("tcp://simulator:1").is_numeric());
}

TEST_CASE("What is no endpoint is refused by name", "[bus][endpoint]") {
  CHECK(connecting("") == "endpoint '': must be tcp://HOST:PORT");
  CHECK(connecting("localhost:5551") == "endpoint 'localhost:5551': must be tcp://HOST:PORT");
  CHECK(connecting("tcp://localhost") == "endpoint 'tcp://localhost': must be tcp://HOST:PORT");
  CHECK(connecting("tcp://:5551") == "endpoint 'tcp://:5551': must be tcp://HOST:PORT");
  CHECK(connecting("tcp://::1:5551") ==
        "endpoint 'tcp://::1:5551': must be tcp://HOST:PORT, an IPv6 address in brackets");
  CHECK(connecting("tcp://[x]:5551") == "endpoint 'tcp://[x]:5551': no IPv6 address in the brackets");
  CHECK(connecting("tcp://h:70000") == "endpoint 'tcp://h:70000': port must be 0 to 65535");
  CHECK(connecting("tcp://h:12x") == "endpoint 'tcp://h:12x': port must be 0 to 65535");
  CHECK(connecting("tcp://h:*") == "endpoint 'tcp://h:*': needs a port to connect to");
  CHECK(connecting("tcp://*:5551") == "endpoint 'tcp://*:5551': needs a host to connect to");
  CHECK(refusal([] {
          SubscriberOptions options;
          options.endpoints = {"nonsense"};
          Subscriber subscriber(std::move(options), {[](const Record&) {}, {}, {}});
        }) == "endpoint 'nonsense': must be tcp://HOST:PORT");
}

TEST_CASE("Plaintext beyond loopback is refused with the name of what allows it", "[bus][endpoint]") {
  for (const std::string endpoint : {"tcp://*:0", "tcp://0.0.0.0:0", "tcp://[::]:0", "tcp://eth0:0"}) {
    CHECK(binding(endpoint) == "cannot bind " + endpoint +
                                   ": beyond loopback everyone on the network could read it; encrypt it with "
                                   "BUS_CURVE_DIRECTORY (curve_directory), or allow it with "
                                   "BUS_ALLOW_PLAINTEXT=true (allow_plaintext)");
  }
  CHECK(binding("tcp://*:0", true) == "no refusal");
  CHECK(binding("tcp://127.0.0.1:0") == "no refusal");
  CHECK(binding("tcp://127.0.0.2:*") == "no refusal");
  CHECK(binding("tcp://localhost:0") == "no refusal");
}

TEST_CASE("Every spelling of an IPv6 loopback address is loopback", "[bus][endpoint]") {
  for (const std::string host : {"::1", "0:0:0:0:0:0:0:1", "0::1", "::ffff:127.0.0.1"}) {
    CHECK(Endpoint{host, 1}.is_loopback());
  }
  for (const std::string host : {"::", "::2", "::ffff:10.0.0.1", "fe80::1"})
    CHECK_FALSE(Endpoint{host, 1}.is_loopback());
}

TEST_CASE("A port in use is named", "[bus][endpoint]") {
  const Publisher first{PublisherOptions{}};
  const auto endpoint = first.endpoint();
  const auto port = endpoint.substr(endpoint.rfind(':') + 1);
  CHECK(binding(endpoint) == "cannot bind " + endpoint + ": port " + port + " is in use");
}

TEST_CASE("An address of another machine is named", "[bus][endpoint]") {
  CHECK(binding("tcp://192.0.2.1:0", true) ==
        "cannot bind tcp://192.0.2.1:0: 192.0.2.1 is not an address of this machine");
}
