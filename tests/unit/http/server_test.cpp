#include "risk/http/server.hpp"

#include "server_fixture.hpp"
#include "support/catch.hpp"

using Catch::Matchers::ContainsSubstring;

namespace risk::http::test {
namespace {

std::string get(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}

constexpr char kClose[] = "Connection: close\r\n";

bool listens(std::uint16_t port) {
  try {
    const TcpClient client(port);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace

TEST_CASE("A connection carries one request after the other, in order, also when they come at once") {
  const Served served;
  const TcpClient client(served.port());
  client.send(get("/1"));
  CHECK_THAT(client.read_answer(), ContainsSubstring("GET /1 "));
  client.send(get("/2") + "POST /3 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi" + get("/4", kClose));
  CHECK_THAT(client.read_answer(), ContainsSubstring("GET /2 "));
  CHECK_THAT(client.read_answer(), ContainsSubstring("POST /3 hi"));
  const std::string last = client.read_to_end();
  CHECK_THAT(last, ContainsSubstring("GET /4 "));
  CHECK_THAT(last, ContainsSubstring("Connection: close\r\n"));
  CHECK(served.counters().requests == 4);
}

TEST_CASE("HEAD has the header of GET and no body; HTTP/1.0 closes unless it is asked not to") {
  const Served served;
  const std::string head = served.ask("HEAD /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  CHECK_THAT(head, ContainsSubstring("Content-Length: 7\r\n"));
  CHECK(head.ends_with("\r\n\r\n"));
  CHECK(status_of(served.ask("GET / HTTP/1.0\r\n\r\n")) == 200);
  const TcpClient after(served.port());
  after.send("HEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(wait_until([&] { return served.seen().size() == 2; }));
  after.send("GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  const std::string refused = after.read_to_end();
  CHECK_THAT(refused, ContainsSubstring("HTTP/1.1 421"));
  CHECK_FALSE(refused.ends_with("\r\n\r\n"));  // a refusal after a HEAD has its text
  const TcpClient client(served.port());
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK_THAT(client.read_answer(), ContainsSubstring("Connection: keep-alive\r\n"));
  client.send("GET / HTTP/1.0\r\n\r\n");
  CHECK(status_of(client.read_to_end()) == 200);
}

TEST_CASE("What follows a refused request is never answered, nor taken for a request") {
  const std::string smuggled = get("/smuggled", kClose);
  const std::string begin = "POST /x HTTP/1.1\r\nHost: localhost\r\n";
  const struct {
    const char* what;
    std::string bytes;
    int status;
  } rows[] = {
      {"two lengths", begin + "Content-Length: 5\r\nContent-Length: 0\r\n\r\n" + smuggled, 400},
      {"length and coding", begin + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, 400},
      {"coding in HTTP/1.0", "POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, 400},
      {"another coding", begin + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + smuggled, 501},
      {"a coding with a blank before its colon", begin + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + smuggled,
       400},
      {"a chunk size that wraps", begin + "Transfer-Encoding: chunked\r\n\r\n100000000000000000\r\n\r\n" + smuggled,
       413},
      {"a chunk that ends in LF", begin + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\n0\r\n\r\n" + smuggled, 400},
      {"a body too large", begin + "Content-Length: 999999\r\n\r\n" + smuggled, 413},
      {"an expectation", begin + "Expect: x\r\nContent-Length: 0\r\n\r\n" + smuggled, 417},
      {"a foreign host", "POST /x HTTP/1.1\r\nHost: evil.example\r\n\r\n" + smuggled, 421},
      {"a foreign host in the target", "POST http://evil.example/x HTTP/1.1\r\nHost: localhost\r\n\r\n" + smuggled,
       421},
      {"no host", "GET /x HTTP/1.1\r\n\r\n" + smuggled, 400},
      {"another version", "GET /x HTTP/2.0\r\nHost: localhost\r\n\r\n" + smuggled, 505},
      {"a long target", "GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: localhost\r\n\r\n" + smuggled, 414},
      {"a large header", get("/x", "X: " + std::string(20'000, 'x') + "\r\n") + smuggled, 431}};
  for (const auto& row : rows) {
    INFO(row.what);
    const Served served;
    const std::string answer = served.ask(row.bytes);
    CHECK(status_of(answer) == row.status);
    CHECK_THAT(answer, ContainsSubstring("Connection: close\r\n"));
    CHECK(answer.find("HTTP/1.1 200") == std::string::npos);
    CHECK(served.seen().empty());
  }
}

TEST_CASE("Only names of this server are answered to, and who is refused is told") {
  const Served served([](ServerOptions& options) { options.hosts.allowed = {"risk.example"}; });
  const auto status = [&](const std::string& host) {
    return status_of(served.ask("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"));
  };
  CHECK(status("localhost:1") == 200);
  CHECK(status("127.0.0.1") == 200);
  CHECK(status("[::1]") == 200);
  CHECK(status("risk.example:443") == 200);
  CHECK(served.warnings().empty());
  CHECK(status("evil.example") == 421);
  CHECK(status("risk-engine") == 421);
  CHECK(status("10.1.2.3") == 421);
  REQUIRE(served.warnings().size() == 1);
  CHECK_THAT(served.warnings()[0], ContainsSubstring("|127.0.0.1|evil.example"));
}

TEST_CASE("A client that waits for a 100 before its body gets one") {
  const Served served;
  const TcpClient client(served.port());
  client.send(
      "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
  CHECK(client.read_answer() == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  CHECK_THAT(client.read_to_end(), ContainsSubstring("POST /x hi"));
}

TEST_CASE("An upgrade is handed over with its header as it came, or refused") {
  const Served served;
  const std::string fields = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  served.ask(get("/stream", fields));
  REQUIRE(served.seen().size() == 1);
  CHECK(served.seen()[0] == "ws:127.0.0.1 " + get("/stream", fields));

  const TcpClient elsewhere(served.port());
  elsewhere.send(get("/elsewhere", fields));
  CHECK_THAT(elsewhere.read_answer(), ContainsSubstring("no"));
  CHECK(status_of(served.ask(get("/stream", fields) + "early")) == 400);
  CHECK(status_of(served.ask("GET /stream HTTP/1.1\r\nHost: evil.example\r\n" + fields + "\r\n")) == 421);
  CHECK(served.seen().size() == 1);
}

TEST_CASE("A server that stops lets the request on its way be answered, and closes") {
  Respond waiting;
  std::mutex mutex;
  Served served({}, [&](const Request&, const Respond& respond) {
    const std::lock_guard lock(mutex);
    waiting = respond;
  });
  const TcpClient client(served.port());
  client.send(get("/x"));
  REQUIRE(wait_until([&] {
    const std::lock_guard lock(mutex);
    return static_cast<bool>(waiting);
  }));
  std::thread stop([&] { served.server().stop(std::chrono::seconds(10)); });
  waiting(text_response("late"));
  CHECK_THAT(client.read_answer(), ContainsSubstring("late"));
  stop.join();
  waiting = {};  // it holds the connection, which may not outlive the io_context
  CHECK(wait_until([&] { return !listens(served.port()); }));
}

TEST_CASE("Where a server cannot listen is named") {
  const Served served;
  boost::asio::io_context io;
  ServerOptions options;
  options.port = served.port();
  const std::string port = std::to_string(options.port);
  CHECK_THROWS_WITH(Server(io, options, {}),
                    "cannot serve HTTP on 127.0.0.1:" + port + ": port " + port + " is in use");
  options.address = "no such host.invalid";
  CHECK_THROWS_WITH(Server(io, options, {}), ContainsSubstring(options.address));
}

}  // namespace risk::http::test
