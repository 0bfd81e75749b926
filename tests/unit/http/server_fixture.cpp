#include "server_fixture.hpp"

namespace risk::http::test {

Served::Served(const std::function<void(ServerOptions&)>& adjust, std::function<void(Request, Respond)> on_request)
    : server_(io_, options(adjust), handlers(std::move(on_request))) {
  for (std::thread& thread : threads_) thread = std::thread([this] { io_.run(); });
}

Served::~Served() {
  io_.stop();
  for (std::thread& thread : threads_) thread.join();
}

std::vector<std::string> Served::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

std::vector<std::string> Served::warnings() const {
  const std::lock_guard lock(mutex_);
  return warnings_;
}

std::string Served::ask(std::string_view bytes) const {
  const TcpClient client(port());
  client.send(bytes);
  return client.read_to_end();
}

ServerOptions Served::options(const std::function<void(ServerOptions&)>& adjust) {
  ServerOptions options;
  options.peer.requests_per_second_max = 0;
  if (adjust) adjust(options);
  return options;
}

ServerHandlers Served::handlers(std::function<void(Request, Respond)> on_request) {
  ServerHandlers handlers;
  handlers.on_request = [this, on_request = std::move(on_request)](Request request, const Respond& respond) {
    see(request.path);
    if (on_request) return on_request(std::move(request), respond);
    respond(text_response(request.method + " " + request.path + " " + request.body));
  };
  handlers.on_refusal = [](const Refusal& refusal, const std::string&) {
    Response response = text_response(refusal.detail);
    response.status = refusal.status;
    return response;
  };
  handlers.refuse_upgrade = [](const Request& request) {
    return request.path == "/stream" ? std::nullopt : std::optional(text_response("no"));
  };
  handlers.on_upgrade = [this](const Upgrade& upgrade) { see("ws:" + upgrade.address() + " " + upgrade.request()); };
  handlers.on_warning = [this](const Warning& warning) {
    const std::lock_guard lock(mutex_);
    warnings_.push_back(std::string(warning.message) + "|" + warning.address + "|" + warning.detail);
  };
  return handlers;
}

void Served::see(std::string what) {
  const std::lock_guard lock(mutex_);
  seen_.push_back(std::move(what));
}

bool wait_until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

Response text_response(std::string text) {
  Response response;
  response.content_type = "text/plain";
  response.body = std::make_shared<const std::string>(std::move(text));
  return response;
}

}  // namespace risk::http::test
