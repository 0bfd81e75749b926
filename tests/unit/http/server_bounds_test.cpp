// What clients do to a server that must not keep the others out: too much, too slowly, too often.
#include <sys/resource.h>

#include <future>

#include "server_fixture.hpp"
#include "support/catch.hpp"
#include "support/sanitizer.hpp"

using Catch::Matchers::ContainsSubstring;
using std::chrono::milliseconds;

namespace risk::http::test {
namespace {

const std::string kGet = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const std::string kPost = "POST / HTTP/1.1\r\nHost: localhost\r\n";
const std::string kChunked = kPost + "Transfer-Encoding: chunked\r\n\r\n";

bool is_answered(const Served& served, const char* from) {
  const TcpClient client(served.port(), from);
  client.send(kGet);
  return status_of(client.read_to_end()) == 200;
}

std::vector<TcpClient> half_requests(const Served& served, int count, const char* from = "127.0.0.1") {
  std::vector<TcpClient> clients;
  for (int i = 0; i < count; ++i) {
    clients.emplace_back(served.port(), from);
    clients.back().send("GET / HTTP/1.1\r\nHost");
  }
  return clients;
}

}  // namespace

TEST_CASE("Whatever part of a request is sent without end, the connection is closed after a bounded number of bytes") {
  constexpr std::size_t kSendMax = 256 << 20;
  constexpr std::size_t kAfterwards = 72 << 10;  // read and dropped behind a refusal
  const struct {
    const char* part;
    std::string begin;
    std::string again;
    int status;
  } rows[] = {{"request line", "GET /", "x", 414},
              {"header fields", "GET / HTTP/1.1\r\n", "X: y\r\n", 431},
              {"a header field", "GET / HTTP/1.1\r\nX: ", "x", 431},
              {"sized body", kPost + "Content-Length: 999999999999\r\n\r\n", "x", 413},
              {"chunks", kChunked, "1\r\nx\r\n", 413},
              {"digits of a chunk's size", kChunked, "0", 413},
              {"a chunk's extension", kChunked + "5;", "x", 413},
              {"trailers", kChunked + "0\r\n", "X: y\r\n", 431}};
  for (const auto& row : rows) {
    INFO(row.part);
    const Served served;
    const TcpClient client(served.port());
    client.send(row.begin);
    // In the kernel's buffers there may be more than the server has read.
    auto answer = std::async(std::launch::async, [&] { return client.read_to_end(); });
    CHECK(client.send_endlessly(row.again, kSendMax) < kSendMax);
    const int status = status_of(answer.get());
    CHECK((status == row.status || status == 0));  // 0: the connection was reset before the answer was read
    CHECK(wait_until([&] { return served.counters().connections == 0; }));
    CHECK(served.counters().bytes_read <= ParserLimits{}.bytes_max() + kAfterwards);
    CHECK(served.seen().empty());
  }
}

TEST_CASE("A client that stops sending after a refusal gets its answer") {
  const Served served;
  CHECK(status_of(served.ask(kPost + "Content-Length: 40000\r\n\r\n" + std::string(40'000, 'x'))) == 413);
}

TEST_CASE("Half a request, one byte now and then, and none at all are cut off in time") {
  const Served served([](ServerOptions& options) {
    options.header_max = milliseconds(200);
    options.request_max = milliseconds(200);
    options.idle_max = milliseconds(200);
  });
  const auto begin = std::chrono::steady_clock::now();
  const TcpClient silent(served.port());
  const TcpClient half(served.port());
  half.send("GET / HTTP/1.1\r\nHost");
  const TcpClient body(served.port());
  body.send(kPost + "Content-Length: 9\r\n\r\nx");
  const TcpClient idle(served.port());
  idle.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(status_of(idle.read_answer()) == 200);
  const TcpClient second(served.port());
  second.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET");
  CHECK(status_of(second.read_answer()) == 200);

  const TcpClient dripping(served.port());
  dripping.send("GET / HTTP/1.1\r\nX: ");
  int drips = 0;
  for (; drips < 500 && !dripping.hung_up_within(milliseconds(10)); ++drips) dripping.send("x");
  CHECK(drips < 100);

  for (const TcpClient* client : {&silent, &half, &body, &idle, &second}) CHECK(client->read_to_end().empty());
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
  CHECK(served.counters().timeouts == 4);
  REQUIRE(served.warnings().size() == 1);
  CHECK_THAT(served.warnings()[0], ContainsSubstring("did not come in in time|127.0.0.1|"));
}

TEST_CASE("One address cannot take the connections of the others, and is named in one line") {
  const Served served([](ServerOptions& options) {
    options.peer.connections_max = 10;
    options.connections_max = 20;
  });
  const auto held = half_requests(served, 60);
  for (std::size_t i = 10; i < held.size(); ++i) CHECK(held[i].read_to_end().empty());
  CHECK(is_answered(served, "127.0.0.2"));
  CHECK(served.counters().refused_of_address == 50);
  CHECK(served.warnings() ==
        std::vector<std::string>{"connections refused: their address has as many as one may|127.0.0.1|"});
}

TEST_CASE("All addresses together have a bound too, and what goes makes room") {
  const Served served([](ServerOptions& options) { options.connections_max = 4; });
  {
    auto first = half_requests(served, 2, "127.0.0.1");
    auto second = half_requests(served, 2, "127.0.0.2");
    REQUIRE(wait_until([&] { return served.counters().connections == 4; }));
    CHECK_FALSE(is_answered(served, "127.0.0.3"));
    CHECK(served.counters().refused_of_all == 1);
  }
  CHECK(wait_until([&] { return served.counters().connections == 0; }));
  CHECK(is_answered(served, "127.0.0.3"));
}

TEST_CASE("An upgraded connection counts for its address as long as it lives") {
  std::optional<Upgrade> held;
  std::mutex mutex;
  boost::asio::io_context io;
  const auto work = boost::asio::make_work_guard(io);
  ServerOptions options;
  options.peer.connections_max = 1;
  ServerHandlers handlers;
  handlers.on_refusal = [](const Refusal& refusal, const std::string&) { return text_response(refusal.detail); };
  handlers.refuse_upgrade = [](const Request&) { return std::nullopt; };
  handlers.on_upgrade = [&](Upgrade upgrade) {
    const std::lock_guard lock(mutex);
    held.emplace(std::move(upgrade));
  };
  const Server server(io, options, handlers);
  std::thread thread([&] { io.run(); });
  const TcpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  CHECK(wait_until([&] {
    const std::lock_guard lock(mutex);
    return held.has_value();
  }));
  CHECK(TcpClient(server.port()).read_to_end().empty());
  CHECK(server.counters()->refused_of_address == 1);
  {
    const std::lock_guard lock(mutex);
    held.reset();
  }
  const TcpClient next(server.port());
  next.send("no HTTP\r\n");
  CHECK_FALSE(next.hung_up_within(milliseconds(0)));
  io.stop();
  thread.join();
  CHECK(server.counters()->refused_of_address == 1);
}

TEST_CASE("Who asks too often waits, and the others do not") {
  const Served served([](ServerOptions& options) { options.peer.requests_per_second_max = 50; });
  std::string flood;
  for (int i = 0; i < 75; ++i) flood += "GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const auto begin = std::chrono::steady_clock::now();
  const TcpClient flooding(served.port());
  flooding.send(flood);
  CHECK(wait_until([&] { return served.counters().requests_slowed > 0; }));
  const auto asked = std::chrono::steady_clock::now();
  CHECK(is_answered(served, "127.0.0.2"));
  CHECK(std::chrono::steady_clock::now() - asked < milliseconds(200));
  for (int i = 0; i < 75; ++i) CHECK(status_of(flooding.read_answer()) == 200);
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(450));
}

TEST_CASE("One address does not have everybody who answers at work for it") {
  std::mutex mutex;
  std::vector<Respond> waiting;
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return waiting.size();
  };
  const Served served([](ServerOptions& options) { options.peer.requests_at_once_max = 2; },
                      [&](const Request& request, const Respond& respond) {
                        if (request.path != "/slow") return respond(text_response("quick"));
                        const std::lock_guard lock(mutex);
                        waiting.push_back(respond);
                      });
  const TcpClient first(served.port()), second(served.port()), third(served.port());
  first.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  second.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  REQUIRE(wait_until([&] { return count() == 2; }));
  third.send("GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(status_of(third.read_answer()) == 503);
  CHECK(is_answered(served, "127.0.0.2"));
  for (const auto& respond : std::exchange(waiting, {})) respond(text_response("slow"));
  CHECK(status_of(first.read_answer()) == 200);
  CHECK(status_of(second.read_answer()) == 200);
  third.send("GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(status_of(third.read_answer()) == 200);
}

TEST_CASE("A client that does not take its answer is cut off, and its answers do not pile up") {
  std::mutex mutex;
  std::vector<std::weak_ptr<const std::string>> bodies;
  const auto held = [&] {
    const std::lock_guard lock(mutex);
    return std::count_if(bodies.begin(), bodies.end(), [](const auto& body) { return !body.expired(); });
  };
  const Served served(
      [](ServerOptions& options) {
        options.write_max = milliseconds(100);
        options.peer.answer_bytes_max = 40 << 20;
      },
      [&](const Request&, const Respond& respond) {
        Response response = text_response(std::string(32 << 20, 'x'));
        {
          const std::lock_guard lock(mutex);
          bodies.push_back(response.body);
        }
        respond(std::move(response));
      });
  const TcpClient first(served.port());
  first.send(kGet);
  CHECK(wait_until([&] { return held() == 1; }));
  const TcpClient second(served.port());
  second.send(kGet);
  CHECK(status_of(second.read_to_end()) == 503);
  CHECK(wait_until([&] { return served.counters().connections == 0 && held() == 0; }));
}

TEST_CASE("Without descriptors the server waits for some, does not spin, and goes on") {
  if (risk::test::kSanitized) {
    WARN("skipped: the sanitizer itself needs descriptors when it looks at an object");
    return;
  }
  const Served served;
  TcpClient client;  // has its descriptor before there are none
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 0;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto begin = std::chrono::steady_clock::now();
  client.connect(served.port());
  client.send(kGet);
  const bool failed = wait_until([&] { return served.counters().accept_failures >= 4; });
  const auto took = std::chrono::steady_clock::now() - begin;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(failed);
  CHECK(took >= milliseconds(250));  // it pauses
  CHECK(status_of(client.read_to_end()) == 200);
  REQUIRE(served.warnings().size() == 1);
  CHECK_THAT(served.warnings()[0], ContainsSubstring("cannot accept connections||"));
}

}  // namespace risk::http::test
