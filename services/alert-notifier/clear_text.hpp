// What the settings let go over a network unencrypted.
#pragma once

#include <string>
#include <vector>

#include "alert-notifier/options.hpp"

namespace risk::notifier {

// A line for each secret, or mail, that leaves this host in clear. Names settings and hosts, never the secret; what
// follows the host in a webhook's address is one.
std::vector<std::string> clear_text_warnings(const Options& options);

}  // namespace risk::notifier
