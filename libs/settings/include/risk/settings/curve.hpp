// Who a service is on the bus and whom it lets in: files of one directory, which the services of one machine may share.
//
//   NAME.key   the secret key of the service NAME; nobody but its owner may read it
//   NAME.pub   its public key; each one there is on the allow-list
//
// Both hold one line, a key of 40 characters (risk/bus/curve.hpp). Threads: one at a time.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "risk/base/secret.hpp"
#include "risk/bus/curve.hpp"
#include "risk/service/options.hpp"

namespace risk::settings {

struct CurveOptions {
  std::string directory;  // "": no encryption
  // Read from there by parse():
  Secret secret_key;                               // of this service
  std::map<std::string, std::string> public_keys;  // by name

  // For what binds: lets in every public key, logs whom it refuses. Nothing without encryption.
  std::optional<bus::CurveServer> server() const;
  // For what connects to the service `name`. Nothing without encryption. Precondition: it was one of `servers`.
  std::optional<bus::CurveClient> client_of(const std::string& name) const;
};

// bus.curve_directory (BUS_CURVE_DIRECTORY) of the service `service`, which connects to `servers`. Where it is set and
// `needed` says so (always, when empty), the keys are read; what is missing, is no key, or may be read or written by
// those who must not, is a mistake.
void add_curve_options(service::OptionSet& options, CurveOptions& curve, const std::string& service,
                       const std::vector<std::string>& servers, std::function<bool()> needed = {});

// Makes the directory if need be, and for each name a new key pair in NAME.key and NAME.pub. Returns the public keys in
// the order of the names. Throws std::runtime_error that names the file: a name that is none, a file that is there
// already (then nothing is made), a failure of the file system.
std::vector<std::string> make_key_files(const std::string& directory, const std::vector<std::string>& names);

}  // namespace risk::settings
