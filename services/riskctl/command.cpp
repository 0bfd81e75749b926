#include "riskctl/command.hpp"

#include <chrono>
#include <utility>

#include "risk/bus/request.hpp"

namespace risk::riskctl {
namespace {

constexpr std::chrono::milliseconds kReplyTimeout{10'000};

}  // namespace

void expect_words(const std::vector<std::string>& words, std::size_t min, std::size_t max) {
  if (words.size() < min) throw UsageError{words.front() + " needs more words"};
  if (words.size() > max) throw UsageError{words.front() + " does not take \"" + printable(words[max]) + "\""};
}

wire::CommandReply ask(const Options& options, const wire::Command& command) {
  if (const auto problem = wire::command_problem(command)) throw UsageError{*problem};
  bus::RequestClient client(options.engine.command, options.curve.client_of("risk-engine"));
  const auto answer = client.request(wire::encode(command), kReplyTimeout);
  if (!answer) throw Refusal{bus::in_words(client.unanswered(), "the risk engine")};
  auto reply = wire::decode_command_reply(*answer);
  if (!reply) throw Refusal{"the risk engine's answer cannot be read: " + reply.error().reason};
  if (reply->outcome != wire::CommandReply::Outcome::kDone) throw Refusal{reply->reason};
  return std::move(reply).value();
}

}  // namespace risk::riskctl
