#include "dashboard-gateway/api/commands.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "risk/bus/request.hpp"

namespace risk::gateway {
namespace {

using Clock = std::chrono::steady_clock;

wire::CommandReply unavailable(std::string reason) {
  wire::CommandReply reply;
  reply.outcome = wire::CommandReply::Outcome::kUnavailable;
  reply.reason = std::move(reason);
  return reply;
}

std::string seconds_text(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + " s" : std::to_string(time.count()) + " ms";
}

// Whether it may have been done all the same is what a person needs to know first.
std::string no_answer(const std::vector<bus::RequestClient::Unanswered>& engines, const std::string& too_late) {
  if (std::any_of(engines.begin(), engines.end(), [](const auto& engine) { return engine.was_asked; })) return too_late;
  if (engines.size() == 1) return "the engine " + engines.front().reason;
  return bus::in_words(engines, "the engine");
}

wire::CommandReply ask(bus::RequestClient& client, const wire::Command& command, std::chrono::milliseconds time,
                       const std::string& too_late) {
  if (time.count() <= 0) return unavailable(too_late);
  const std::optional<std::string> bytes = client.request(wire::encode(command), time);
  if (!bytes) return unavailable(no_answer(client.unanswered(), too_late));
  const auto reply = wire::decode_command_reply(*bytes);
  if (!reply) return unavailable("the engine's reply cannot be read: " + reply.error().reason);
  return *reply;
}

}  // namespace

Commands::Commands(CommandsOptions options)
    : options_(std::move(options)), client_(std::make_unique<bus::RequestClient>(options_.endpoints, options_.curve)) {
  thread_ = std::thread([this] { work(); });
}

Commands::~Commands() {
  stop();
}

void Commands::submit(wire::Command command, Done done) {
  {
    std::lock_guard lock(mutex_);
    if (!stopping_ && tasks_.size() < options_.queued_max) {
      tasks_.push_back({std::move(command), std::move(done), Clock::now() + options_.timeout});
      changed_.notify_one();
      return;
    }
  }
  done(unavailable("too many commands wait for the engine"));
}

void Commands::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Commands::work() {
  const std::string too_late = "the engine did not answer within " + seconds_text(options_.timeout);
  while (true) {
    Task task;
    bool stopping = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
      stopping = stopping_;
    }
    if (stopping) {
      task.done(unavailable("the gateway stops"));
      continue;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(task.deadline - Clock::now());
    wire::CommandReply reply = ask(*client_, task.command, left, too_late);
    if (reply.outcome == wire::CommandReply::Outcome::kUnavailable) {
      not_done_log_.tell({{"actor", task.command.actor}, {"reason", reply.reason}});
    }
    task.done(std::move(reply));
  }
}

}  // namespace risk::gateway
