#include "risk/settings/curve.hpp"

#include "key_files.hpp"
#include "risk/base/check.hpp"
#include "risk/service/log.hpp"

namespace risk::settings {
namespace {

void log_refused(const bus::RefusedPeer& peer) {
  service::log_warning("a peer was refused: its key is not on the allow-list",
                       {{"public_key", peer.public_key}, {"address", peer.address}, {"refused_so_far", peer.so_far}});
}

std::vector<std::string> read_keys(CurveOptions& curve, const std::string& service,
                                   const std::vector<std::string>& servers) {
  std::vector<std::string> mistakes;
  const auto mistake = [&mistakes](const std::string& what) { mistakes.push_back("bus.curve_directory: " + what); };
  const auto names = public_key_names(curve.directory);
  if (!names) {
    mistake(names.error().reason);
    return mistakes;
  }
  curve.public_keys.clear();
  for (const auto& name : *names) {
    if (auto key = read_public_key(curve.directory, name)) {
      curve.public_keys[name] = std::move(key).value();
    } else {
      mistake(key.error().reason);
    }
  }
  for (const auto& server : servers) {
    if (names->contains(server)) continue;
    mistake(public_key_path(curve.directory, server) + ": missing; " + service + " connects to " + server);
  }

  auto secret = read_secret_key(curve.directory, service);
  if (!secret) {
    mistake(secret.error().reason);
    return mistakes;
  }
  curve.secret_key = std::move(secret).value();
  const auto own = curve.public_keys.find(service);
  if (own != curve.public_keys.end() && own->second != bus::public_key_of(curve.secret_key)) {
    mistake(public_key_path(curve.directory, service) + ": must be the public key of " +
            secret_key_path(curve.directory, service));
  }
  return mistakes;
}

}  // namespace

std::optional<bus::CurveServer> CurveOptions::server() const {
  if (directory.empty()) return std::nullopt;
  bus::CurveServer server{secret_key, {}, log_refused};
  for (const auto& [name, key] : public_keys) server.allowed_clients.push_back(key);
  return server;
}

std::optional<bus::CurveClient> CurveOptions::client_of(const std::string& name) const {
  if (directory.empty()) return std::nullopt;
  const auto key = public_keys.find(name);
  RISK_CHECK(key != public_keys.end());
  return bus::CurveClient{secret_key, key->second, public_key_path(directory, name)};
}

void add_curve_options(service::OptionSet& options, CurveOptions& curve, const std::string& service,
                       const std::vector<std::string>& servers, std::function<bool()> needed) {
  options.add_text({"bus.curve_directory",
                    "--bus-curve-directory",
                    {"BUS_CURVE_DIRECTORY"},
                    "Folder of the keys that encrypt the bus (riskctl keys); empty: no encryption"},
                   curve.directory);
  options.add_check([&curve, service, servers, needed = std::move(needed)] {
    const bool wanted = !curve.directory.empty() && (!needed || needed());
    return wanted ? read_keys(curve, service, servers) : std::vector<std::string>{};
  });
}

}  // namespace risk::settings
