// Commands of people on their way to the applying thread, and the answers back.
//
// Threads: answer() is the request server's; take() and put_back() the applying thread's; close() any.
#pragma once

#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "risk/wire/control.hpp"

namespace risk::risk_engine {

// A command that waits, and its answer.
struct Request {
  wire::Command command;
  std::promise<wire::CommandReply> reply;
};

class Commands {
 public:
  // `wake` is called when there is something to take, until close().
  explicit Commands(std::function<void()> wake) : wake_(std::move(wake)) {}

  // Blocks until the command is answered, for up to 5 s.
  std::string answer(std::string_view payload);

  std::deque<std::shared_ptr<Request>> take();
  void put_back(std::shared_ptr<Request> request);

  // From here on every command, also those that wait, is told that the engine is stopping.
  void close();

 private:
  std::function<void()> wake_;
  std::mutex mutex_;  // guards the two below
  std::deque<std::shared_ptr<Request>> requests_;
  bool closed_ = false;
};

}  // namespace risk::risk_engine
