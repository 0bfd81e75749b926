#include "support/peer.hpp"

#include <stdexcept>

namespace risk::test {
namespace {

std::vector<std::string> command(const std::string& script, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"python3", RISK_TEST_SUPPORT "/" + script});
  return arguments;
}

}  // namespace

Peer::Peer(const std::string& script, std::vector<std::string> arguments)
    : process_(command(script, std::move(arguments))) {
  const auto line = process_.read_line();
  if (!line) throw std::runtime_error(script + " did not start");
  const auto bound = nlohmann::json::parse(*line);
  port_ = bound.at("port").get<std::uint16_t>();
  if (bound.contains("certificate") && bound["certificate"].is_string()) certificate_ = bound["certificate"];
}

void Peer::listen() {
  process_.write_line("");
  next("listening");
}

nlohmann::json Peer::next(const std::string& event, std::chrono::milliseconds timeout) {
  std::string heard;
  while (const auto line = process_.read_line(timeout)) {
    auto announced = nlohmann::json::parse(*line, nullptr, false);
    if (announced.is_object() && announced.value("event", "") == event) return announced;
    heard += *line + "\n";
  }
  throw std::runtime_error("no event '" + event + "' from the peer; it said:\n" + heard);
}

std::vector<nlohmann::json> Peer::rest(const std::string& event, std::chrono::milliseconds timeout) {
  std::vector<nlohmann::json> events;
  while (const auto line = process_.read_line(timeout)) {
    auto announced = nlohmann::json::parse(*line, nullptr, false);
    if (announced.is_object() && announced.value("event", "") == event) events.push_back(std::move(announced));
  }
  return events;
}

}  // namespace risk::test
