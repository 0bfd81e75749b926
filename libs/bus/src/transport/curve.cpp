#include "transport/curve.hpp"

#include <array>
#include <cstddef>
#include <utility>
#include <zmq.hpp>

#include "risk/base/check.hpp"
#include "risk/bus/message.hpp"
#include "transport/zap.hpp"

namespace risk::bus {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKeyCharacters = 40;
// What encryption adds to a message: command name, nonce, authenticator, flags.
constexpr std::int64_t kCurveOverheadBytes = 33;
// Says that the ZAP handler is to be asked; its text does not matter.
constexpr char kZapDomain[] = "risk";

using KeyText = std::array<char, kKeyCharacters + 1>;  // with a final zero

void require_key(std::string_view key, const char* what) {
  if (!is_key(key)) throw BusError(std::string(what) + ": must be 40 characters of Z85");
}

void make_room(zmq::socket_t& socket) {
  const auto limit = socket.get(zmq::sockopt::maxmsgsize);
  if (limit >= 0) socket.set(zmq::sockopt::maxmsgsize, limit + kCurveOverheadBytes);  // below: no limit
}

}  // namespace

KeyPair make_key_pair() {
  KeyText public_key, secret_key;
  const int failed = zmq_curve_keypair(public_key.data(), secret_key.data());
  RISK_CHECK(failed == 0);  // only a libzmq built without CURVE fails
  return {public_key.data(), Secret(secret_key.data())};
}

bool is_key(std::string_view text) {
  if (text.size() != kKeyCharacters) return false;
  std::array<std::uint8_t, kKeyBytes> bytes;
  if (zmq_z85_decode(bytes.data(), std::string(text).c_str()) == nullptr) return false;
  KeyText again;  // five characters can stand for more than four bytes hold
  return zmq_z85_encode(again.data(), bytes.data(), bytes.size()) != nullptr && text == again.data();
}

std::string public_key_of(const Secret& secret_key) {
  require_key(secret_key.reveal(), "secret key");
  KeyText public_key;
  const int failed = zmq_curve_public(public_key.data(), secret_key.reveal().c_str());
  RISK_CHECK(failed == 0);
  return public_key.data();
}

Gate::Gate(zmq::context_t& context, const CurveServer& curve) : secret_key_(curve.secret_key) {
  require_key(secret_key_.reveal(), "the server's secret key");
  for (const auto& key : curve.allowed_clients) require_key(key, "an allowed client's public key");
  zap_ = std::make_unique<ZapHandler>(context, curve.allowed_clients, curve.on_refused);
}

Gate::~Gate() = default;

void Gate::guard(zmq::socket_t& socket) const {
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::curve_secretkey, secret_key_.reveal());
  socket.set(zmq::sockopt::zap_domain, kZapDomain);
  make_room(socket);
}

void require_keys(const CurveClient& curve) {
  require_key(curve.secret_key.reveal(), "the client's secret key");
  require_key(curve.server_key, "the server's public key");
}

void secure_client(zmq::socket_t& socket, const CurveClient& curve) {
  require_keys(curve);
  socket.set(zmq::sockopt::curve_publickey, public_key_of(curve.secret_key));
  socket.set(zmq::sockopt::curve_secretkey, curve.secret_key.reveal());
  socket.set(zmq::sockopt::curve_serverkey, curve.server_key);
  make_room(socket);
}

}  // namespace risk::bus
