// What comes over an HTTP connection, as any bytes in any pieces. Nothing crashes, nothing is taken beyond the bounds,
// and what the bytes are taken for does not depend on how they were split.
#include <vector>

#include "input.hpp"
#include "risk/base/check.hpp"
#include "risk/http/host.hpp"
#include "risk/http/peers.hpp"
#include "risk/http/request_parser.hpp"

namespace {

using namespace risk::http;

constexpr ParserLimits kLimits{200, 300, 8, 100, 100};

std::string shown(const Request& request) {
  return request.method + "\n" + request.path + "\n" + request.query + "\n" + request.host + "\n" + request.origin +
         "\n" + request.content_type + "\n" + request.body + (request.keep_alive ? "\nk" : "\nc") +
         (request.upgrade ? "u" : "");
}

// Every request in turn, then why there is no next one.
std::vector<std::string> outcomes(std::string_view bytes, risk::fuzz::Input* pieces) {
  std::vector<std::string> all;
  RequestParser parser(kLimits);
  std::size_t taken_of_one = 0;
  while (!bytes.empty() && !parser.refusal()) {
    const auto size = pieces == nullptr ? bytes.size() : std::min<std::size_t>(bytes.size(), pieces->below(9) + 1);
    const auto taken = parser.feed(bytes.substr(0, size));
    bytes.remove_prefix(taken);
    taken_of_one += taken;
    if (!parser.refusal()) RISK_CHECK(taken_of_one <= kLimits.bytes_max());
    if (!parser.complete()) continue;
    all.push_back(shown(parser.take()));
    taken_of_one = 0;
  }
  if (parser.refusal()) all.push_back(std::to_string(parser.refusal()->status) + parser.refusal()->detail);
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  risk::fuzz::Input pieces(data, size);
  RISK_CHECK(outcomes(bytes, nullptr) == outcomes(bytes, &pieces));
  const HostPolicy policy({"::1", {"*.a", "b"}, true});
  (void)policy.allows(bytes, "127.0.0.1");
  (void)host_entry_problem(bytes);
  (void)peer_of(bytes);
  return 0;
}
