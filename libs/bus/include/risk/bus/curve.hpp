// Encryption and identity of the bus: CURVE (libs/bus/README.md, "Encryption"). Each process has a key pair; a server
// lets in the public keys that it lists and no other, a client talks to the server whose public key it knows and to no
// other.
//
// Keys are Z85 texts of 40 characters that stand for 32 bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "risk/base/secret.hpp"

namespace risk::bus {

struct KeyPair {
  std::string public_key;
  Secret secret_key;
};
KeyPair make_key_pair();  // random

bool is_key(std::string_view text);

// Throws BusError on what is no key.
std::string public_key_of(const Secret& secret_key);

// A peer that was turned away: it proved to have a key, which is not on the allow-list.
struct RefusedPeer {
  std::string public_key;
  std::string address;   // "10.0.0.7"
  std::uint64_t so_far;  // refusals since the server began, told or not
};

// What a socket that binds needs. A peer without encryption, or that expects another server key, is turned away before
// it shows who it is: nobody is told.
struct CurveServer {
  Secret secret_key;
  std::vector<std::string> allowed_clients;  // public keys; empty lets nobody in
  // Called on a thread of the bus, at most once a minute for the same key and address. Must not throw. May be empty.
  std::function<void(const RefusedPeer&)> on_refused;
};

// What a socket that connects needs.
struct CurveClient {
  Secret secret_key;
  std::string server_key;   // public; of every endpoint that the socket connects to
  std::string server_name;  // whose key it is, for people: "risk-engine.pub"
};

}  // namespace risk::bus
