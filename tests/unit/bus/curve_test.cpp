// Encryption over real sockets: who gets in with which key, who does not, and who is told why.
#include "risk/bus/curve.hpp"

#include <atomic>
#include <mutex>
#include <sstream>
#include <thread>
#include <zmq.hpp>

#include "listener.hpp"
#include "requests/request_frame.hpp"
#include "risk/bus/request.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "transport/curve.hpp"
#include "transport/handshake.hpp"
#include "transport/replay_message.hpp"
#include "transport/stream_id.hpp"

using namespace risk;
using namespace risk::bus;
using namespace risk::bus::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

// One server, one client that it lets in, one stranger.
struct Keys {
  KeyPair server = make_key_pair();
  KeyPair client = make_key_pair();
  KeyPair stranger = make_key_pair();

  CurveServer as_server() const { return {server.secret_key, {client.public_key}, {}}; }
  CurveClient as_client() const { return {client.secret_key, server.public_key, "server.pub"}; }
  CurveClient as_stranger() const { return {stranger.secret_key, server.public_key, "server.pub"}; }
  CurveClient as_misled() const { return {client.secret_key, stranger.public_key, "server.pub"}; }
};

// A publisher that goes on publishing, and counts who it turned away.
struct Source {
  StreamId stream = make_stream_id();
  std::mutex mutex;
  std::vector<RefusedPeer> refused;
  std::unique_ptr<Publisher> publisher;

  explicit Source(std::optional<CurveServer> curve, const std::string& endpoint = "tcp://127.0.0.1:*") {
    if (curve) {
      curve->on_refused = [this](const RefusedPeer& peer) {
        const std::lock_guard lock(mutex);
        refused.push_back(peer);
      };
    }
    PublisherOptions options;
    options.endpoint = endpoint;
    options.curve = std::move(curve);
    options.heartbeat_interval = 20ms;
    publisher = std::make_unique<Publisher>(std::move(options));
    publisher->open_stream("t", stream, 1, 0);
  }
  bool has_subscriber() { return publisher->wait_for_subscriber("t", 0ms); }
  void publish_one() {
    publisher->publish("t", "x");
    publisher->flush();
    publisher->service();
  }
};

struct Listener {
  Heard heard;
  Subscriber subscriber;

  Listener(const Source& source, std::optional<CurveClient> curve)
      : subscriber(options(source, std::move(curve)), heard.handlers()) {}
  static SubscriberOptions options(const Source& source, std::optional<CurveClient> curve) {
    auto options = listening_to({source.publisher->endpoint()});
    options.curve = std::move(curve);
    return options;
  }
  bool heard_anything() const { return subscriber.counters().frames > 0; }
};

// Publishes until `listener` is told a problem. Returns it.
std::string problem_told(Source& source, Listener& listener) {
  const bool told = until([&] { return !listener.heard.bad.empty(); },
                          [&] {
                            source.publish_one();
                            listener.subscriber.poll(10ms);
                          });
  REQUIRE(told);
  CHECK_FALSE(listener.heard_anything());
  CHECK_FALSE(source.has_subscriber());
  return listener.heard.bad.front();
}

std::shared_ptr<Journal> journal_in(const risk::test::TemporaryFolder& folder) {
  JournalOptions options;
  options.directory = folder.path();
  return std::make_shared<Journal>(options);
}

std::unique_ptr<Publisher> with_journal(std::optional<CurveServer> curve, const std::shared_ptr<Journal>& journal) {
  PublisherOptions options;
  options.curve = std::move(curve);
  options.replay_endpoint = "tcp://127.0.0.1:*";
  options.heartbeat_interval = 20ms;
  auto publisher = std::make_unique<Publisher>(std::move(options));
  publisher->open_stream("t", journal);
  return publisher;
}

struct Server {
  std::atomic<int> handled = 0;
  RequestServer server;

  explicit Server(std::optional<CurveServer> curve)
      : server(options(std::move(curve)), [this](std::string_view request) {
          ++handled;
          return std::string(request);
        }) {}
  static RequestServerOptions options(std::optional<CurveServer> curve) {
    RequestServerOptions options;
    options.curve = std::move(curve);
    options.request_bytes_max = kFrameBytesMax - kRequestOverheadBytes;
    return options;
  }
};

// Of a client of one server; "" after a reply.
std::string why_unanswered(const RequestClient& client) {
  const auto all = client.unanswered();
  return all.empty() ? "" : all.front().reason;
}

}  // namespace

TEST_CASE("Keys are made at random and belong together", "[bus][curve]") {
  const auto pair = make_key_pair();
  CHECK(is_key(pair.public_key));
  CHECK(is_key(pair.secret_key.reveal()));
  CHECK(public_key_of(pair.secret_key) == pair.public_key);
  CHECK(make_key_pair().public_key != pair.public_key);
}

TEST_CASE("What is no key is not taken for one", "[bus][curve]") {
  const auto key = make_key_pair().public_key;
  for (const auto& text : {std::string(), key.substr(1), key + "0", key + "\n", key.substr(1) + "~",
                           key.substr(1) + " ", key.substr(1) + std::string(1, '\0'), std::string(40, '#')}) {
    INFO(text);
    CHECK_FALSE(is_key(text));
    CHECK_THROWS_AS(public_key_of(Secret(text)), BusError);
    const Keys keys;
    auto server = keys.as_server();
    server.allowed_clients.push_back(text);
    CHECK_THROWS_AS(Server(server), BusError);
    CHECK_THROWS_AS(Source(CurveServer{Secret(text), {}, {}}), BusError);
    CHECK_THROWS_AS(RequestClient("tcp://127.0.0.1:1", CurveClient{keys.client.secret_key, text, ""}), BusError);
    SubscriberOptions options = listening_to({"tcp://localhost:1"});
    options.curve = CurveClient{Secret(text), keys.server.public_key, ""};
    CHECK_THROWS_AS(Subscriber(options, Heard{}.handlers()), BusError);
  }
}

TEST_CASE("A secret key is in no error and in no message", "[bus][curve]") {
  const Keys keys;
  const auto secret = keys.stranger.secret_key.reveal();
  std::ostringstream out;
  out << keys.stranger.secret_key;
  try {
    Source(CurveServer{Secret(secret + "x"), {}, {}});
  } catch (const BusError& error) {
    out << error.what();
  }
  Handshake handshake(keys.as_stranger());
  handshake.note({ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 400});
  out << handshake.problem();
  CHECK_THAT(out.str(), ContainsSubstring("must be 40 characters of Z85"));
  CHECK_THAT(out.str(), ContainsSubstring(keys.stranger.public_key));
  CHECK_THAT(out.str(), !ContainsSubstring(secret));
}

TEST_CASE("With the right keys records arrive, beyond loopback too", "[bus][curve]") {
  const Keys keys;
  for (const std::string endpoint : {"tcp://127.0.0.1:*", "tcp://0.0.0.0:*"}) {
    Source source(keys.as_server(), endpoint);
    const auto bound = source.publisher->endpoint();
    Heard heard;
    auto options = listening_to({"tcp://127.0.0.1" + bound.substr(bound.rfind(':'))});
    options.curve = keys.as_client();
    Subscriber subscriber(options, heard.handlers());
    REQUIRE(source.publisher->wait_for_subscriber("t", kPatience));
    // The largest there is: encryption adds to a message, and its limit must allow for it.
    const std::string largest(kRecordBytesMax, 'x');
    for (int i = 0; i < 8; ++i) source.publisher->publish("t", largest);
    source.publisher->flush();
    CHECK(until([&] { return heard.records.size() == 8; }, [&] { subscriber.poll(100ms); }));
    CHECK(heard.exactly(source.stream, 1, 8));
    CHECK(heard.bad.empty());
    CHECK(source.refused.empty());
  }
}

TEST_CASE("A subscriber whose key is not on the allow-list receives nothing, and both sides are told", "[bus][curve]") {
  const Keys keys;
  Source source(keys.as_server());
  Listener listener(source, keys.as_stranger());
  CHECK(problem_told(source, listener) == source.publisher->endpoint() + ": refuses our key " +
                                              keys.stranger.public_key + ": it is not on its allow-list");
  const std::lock_guard lock(source.mutex);
  REQUIRE(source.refused.size() == 1);
  CHECK(source.refused[0].public_key == keys.stranger.public_key);
  CHECK(source.refused[0].address == "127.0.0.1");
  CHECK(source.refused[0].so_far == 1);
}

TEST_CASE("A subscriber without a key receives nothing from a publisher that encrypts", "[bus][curve]") {
  const Keys keys;
  Source source(keys.as_server());
  Listener listener(source, std::nullopt);
  CHECK_THAT(problem_told(source, listener), ContainsSubstring("wants encryption"));
}

TEST_CASE("A subscriber that expects another publisher's key receives nothing", "[bus][curve]") {
  const Keys keys;
  Source source(keys.as_server());
  Listener listener(source, keys.as_misled());
  CHECK(problem_told(source, listener) == source.publisher->endpoint() +
                                              ": hangs up on us: it has another key than server.pub, " +
                                              keys.stranger.public_key);
}

TEST_CASE("A subscriber that encrypts receives nothing from a publisher that does not", "[bus][curve]") {
  const Keys keys;
  Source source(std::nullopt);
  Listener listener(source, keys.as_client());
  CHECK_THAT(problem_told(source, listener), StartsWith(source.publisher->endpoint() + ": "));
}

TEST_CASE("What a latecomer missed comes from the journal over encrypted sockets too", "[bus][curve]") {
  const Keys keys;
  const risk::test::TemporaryFolder folder;
  const auto journal = journal_in(folder);
  auto publisher = with_journal(keys.as_server(), journal);
  for (int i = 0; i < 300; ++i) publisher->publish("t", std::string(10'000, 'x'));
  publisher->flush();
  Heard heard;
  auto options = listening_to({publisher->endpoint()});
  options.curve = keys.as_client();
  Subscriber subscriber(options, heard.handlers());
  CHECK(until([&] { return heard.records.size() == 300; },
              [&] {
                publisher->service();
                subscriber.poll(1ms);
              }));
  CHECK(heard.exactly(journal->stream(), 1, 300));
  CHECK(heard.gaps.empty());
  CHECK(heard.bad.empty());
  CHECK(subscriber.counters().replayed_records == 300);
}

TEST_CASE("A journal's records are not given to a stranger who knows where to ask", "[bus][curve]") {
  const Keys keys;
  const risk::test::TemporaryFolder folder;
  const auto journal = journal_in(folder);
  auto publisher = with_journal(keys.as_server(), journal);
  publisher->publish("t", "x");
  publisher->flush();
  ReplayMessage question;
  question.kind = ReplayMessage::Kind::kAsk;
  question.stream = *parse_stream_id(journal->stream().text);
  question.epoch = journal->epoch();
  question.first = 1;
  // Who is let in is answered, which shows that the question is a right one.
  for (const bool allowed : {true, false}) {
    for (const auto& curve :
         {std::optional(allowed ? keys.as_client() : keys.as_stranger()), std::optional<CurveClient>()}) {
      if (allowed && !curve) continue;
      zmq::context_t context;
      zmq::socket_t dealer(context, zmq::socket_type::dealer);
      dealer.set(zmq::sockopt::linger, 0);
      dealer.set(zmq::sockopt::reconnect_ivl, 1);
      if (curve) secure_client(dealer, *curve);
      auto events = watch(context, dealer, "dealer");
      dealer.connect("tcp://127.0.0.1:" + std::to_string(publisher->replay_port()));
      dealer.send(zmq::buffer(encode_replay(question)), zmq::send_flags::none);
      Handshake handshake(curve);
      const auto answered = [&] { return (dealer.get(zmq::sockopt::events) & ZMQ_POLLIN) != 0; };
      CHECK(until([&] { return answered() || !handshake.problem().empty(); },
                  [&] {
                    while (const auto event = next_event(events)) handshake.note(*event);
                  }));
      CHECK(answered() == allowed);
    }
  }
}

TEST_CASE("The refused do not disturb those who are let in", "[bus][curve]") {
  const Keys keys;
  Source source(keys.as_server());
  Listener stranger(source, keys.as_stranger()), plain(source, std::nullopt), misled(source, keys.as_misled());
  Listener friendly(source, keys.as_client());
  REQUIRE(source.publisher->wait_for_subscriber("t", kPatience));
  std::uint64_t published = 0;
  CHECK(until([&] { return published > 100 && !stranger.heard.bad.empty() && !plain.heard.bad.empty(); },
              [&] {
                source.publish_one();
                ++published;
                for (auto* listener : {&stranger, &plain, &misled, &friendly}) listener->subscriber.poll(1ms);
              }));
  CHECK(until([&] { return friendly.heard.records.size() == published; }, [&] { friendly.subscriber.poll(100ms); }));
  CHECK(friendly.heard.exactly(source.stream, 1, published));
  for (const auto* listener : {&stranger, &plain, &misled}) CHECK_FALSE(listener->heard_anything());
}

TEST_CASE("A subscriber that is refused again and again says so once", "[bus][curve]") {
  const Keys keys;
  Source source(keys.as_server());
  Listener listener(source, keys.as_stranger());
  problem_told(source, listener);
  // It comes back when libzmq gave its connection up. The publisher tells of the same key once a minute as well, but of
  // others at once, with the number of all refusals.
  const auto came_back = [&] {
    const std::lock_guard lock(source.mutex);
    return source.refused.back().so_far > source.refused.size();
  };
  CHECK(until(came_back, [&] {
    Listener other(source, CurveClient{make_key_pair().secret_key, keys.server.public_key, "server.pub"});
    problem_told(source, other);
    listener.subscriber.poll(10ms);
  }));
  CHECK(listener.heard.bad.size() == 1);
}

TEST_CASE("With the right keys a request is answered, of any size", "[bus][curve]") {
  const Keys keys;
  Server server(keys.as_server());
  RequestClient client(server.server.endpoint(), keys.as_client());
  CHECK(client.request("one", kPatience) == "one");
  const std::string largest(kFrameBytesMax - kRequestOverheadBytes, 'x');
  CHECK(client.request(largest, kPatience) == largest);
  CHECK(why_unanswered(client).empty());
}

TEST_CASE("A request of a key that is not on the allow-list is not carried out, and the client knows why at once",
          "[bus][curve]") {
  const Keys keys;
  Server server(keys.as_server());
  RequestClient client(server.server.endpoint(), keys.as_stranger());
  CHECK_FALSE(client.request("x", 10min));
  CHECK(why_unanswered(client) == "refuses our key " + keys.stranger.public_key + ": it is not on its allow-list");
  CHECK(server.handled == 0);
}

TEST_CASE("A request without a key is not carried out by a server that encrypts", "[bus][curve]") {
  const Keys keys;
  Server server(keys.as_server());
  RequestClient client(server.server.endpoint());
  CHECK(
      until([&] { return why_unanswered(client) == "wants encryption: set bus.curve_directory (BUS_CURVE_DIRECTORY)"; },
            [&] { CHECK_FALSE(client.request("x", 2s)); }));
  CHECK(server.handled == 0);
}

TEST_CASE("A request with a key is not carried out by a server that does not encrypt", "[bus][curve]") {
  const Keys keys;
  Server server(std::nullopt);
  RequestClient client(server.server.endpoint(), keys.as_client());
  CHECK(until([&] { return why_unanswered(client).find("does not encrypt, and we do") == 0; },
              [&] { CHECK_FALSE(client.request("x", 2s)); }));
  CHECK(server.handled == 0);
}

TEST_CASE("A request to a server that has another key than expected is not carried out", "[bus][curve]") {
  const Keys keys;
  Server server(keys.as_server());
  RequestClient client(server.server.endpoint(), keys.as_misled());
  const auto why = "hangs up on us: it has another key than server.pub, " + keys.stranger.public_key;
  CHECK(until([&] { return why_unanswered(client) == why; }, [&] { CHECK_FALSE(client.request("x", 2s)); }));
  CHECK(server.handled == 0);
}

TEST_CASE("A client that nobody answers blames no key", "[bus][curve]") {
  const Keys keys;
  std::string endpoint;
  {
    const Server reserves(std::nullopt);
    endpoint = reserves.server.endpoint();
  }
  RequestClient client(endpoint, keys.as_client());
  CHECK_FALSE(client.request("x", 300ms));
  CHECK(why_unanswered(client) == "cannot be reached");
}

TEST_CASE("A client that was let in at last forgets what was wrong", "[bus][curve]") {
  const Keys keys;
  auto server = std::make_unique<Server>(keys.as_server());
  const auto endpoint = server->server.endpoint();
  RequestClient client(endpoint, keys.as_stranger());
  CHECK_FALSE(client.request("x", kPatience));
  REQUIRE_FALSE(why_unanswered(client).empty());
  server.reset();
  auto options = Server::options(keys.as_server());
  options.endpoint = endpoint;
  options.curve->allowed_clients.push_back(keys.stranger.public_key);
  const RequestServer again(options, [](std::string_view request) { return std::string(request); });
  CHECK(client.request("x", kPatience) == "x");
  CHECK(why_unanswered(client).empty());
}

TEST_CASE("An empty allow-list lets nobody in", "[bus][curve]") {
  const Keys keys;
  Server server(CurveServer{keys.server.secret_key, {}, {}});
  RequestClient client(server.server.endpoint(), keys.as_client());
  CHECK_FALSE(client.request("x", kPatience));
  CHECK_THAT(why_unanswered(client), StartsWith("refuses our key"));
  CHECK(server.handled == 0);
}

TEST_CASE("A server that hangs up once is not accused of having another key", "[bus][curve]") {
  const Keys keys;
  Handshake handshake(keys.as_client());
  const SocketEvent hung_up{ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, 32};
  for (int i = 0; i < 3; ++i) handshake.note(hung_up);
  CHECK(handshake.problem().empty());
  handshake.note({ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 0});
  handshake.note(hung_up);
  CHECK(handshake.problem().empty());
  for (int i = 0; i < 3; ++i) handshake.note(hung_up);
  CHECK_THAT(handshake.problem(), ContainsSubstring("another key"));
  CHECK_FALSE(handshake.refused());
  handshake.note({ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH});
  CHECK_THAT(handshake.problem(), ContainsSubstring("does not encrypt"));
  CHECK(handshake.refused());
}

TEST_CASE("A publisher that encrypts closes while peers come and go", "[bus][curve]") {
  const Keys keys;
  for (int i = 0; i < 20; ++i) {
    Source source(keys.as_server());
    Listener friendly(source, keys.as_client()), stranger(source, keys.as_stranger());
    if (i % 2 == 0) REQUIRE(source.publisher->wait_for_subscriber("t", kPatience));
    source.publish_one();
    if (i % 4 < 2) source.publisher->close(1s);
  }
}
