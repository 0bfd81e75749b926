// The files that risk/settings/curve.hpp describes. An error's reason names the file, and never what a secret one
// holds.
#pragma once

#include <set>
#include <string>

#include "risk/base/result.hpp"
#include "risk/base/secret.hpp"

namespace risk::settings {

std::string secret_key_path(const std::string& directory, const std::string& name);
std::string public_key_path(const std::string& directory, const std::string& name);

// The names of the public keys that are there.
Result<std::set<std::string>> public_key_names(const std::string& directory);
Result<std::string> read_public_key(const std::string& directory, const std::string& name);
Result<Secret> read_secret_key(const std::string& directory, const std::string& name);

}  // namespace risk::settings
