#include "risk-engine/commands.hpp"

#include <utility>

namespace risk::risk_engine {
namespace {

using wire::CommandReply;
constexpr std::chrono::milliseconds kCommandTimeout{5000};

CommandReply refusal(CommandReply::Outcome outcome, std::string reason) {
  return {outcome, std::move(reason), {}, {}};
}

CommandReply stopping() {
  return refusal(CommandReply::Outcome::kUnavailable, "the engine is stopping");
}

}  // namespace

std::string Commands::answer(std::string_view payload) {
  auto command = wire::decode_command(payload);
  if (!command) return wire::encode(refusal(CommandReply::Outcome::kInvalid, command.error().reason));

  auto request = std::make_shared<Request>();
  request->command = std::move(command).value();
  auto reply = request->reply.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return wire::encode(stopping());
    requests_.push_back(std::move(request));
    wake_();
  }
  if (reply.wait_for(kCommandTimeout) != std::future_status::ready) {
    return wire::encode(refusal(CommandReply::Outcome::kUnavailable,
                                "the database has not stored it yet; look again before you repeat it"));
  }
  try {
    return wire::encode(reply.get());
  } catch (const std::future_error&) {  // the writer ended before it came to it
    return wire::encode(stopping());
  }
}

std::deque<std::shared_ptr<Request>> Commands::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(requests_, {});
}

void Commands::put_back(std::shared_ptr<Request> request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(std::move(request));
}

void Commands::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& request : requests_) request->reply.set_value(stopping());
  requests_.clear();
}

}  // namespace risk::risk_engine
