#include "risk/bus/publisher.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <zmq.hpp>

#include "risk/base/check.hpp"
#include "transport/curve.hpp"
#include "transport/endpoint.hpp"
#include "transport/frame.hpp"
#include "transport/peer_guard.hpp"
#include "transport/replay_server.hpp"

namespace risk::bus {
namespace {

using Clock = std::chrono::steady_clock;

// What a subscriber may send: a handshake, and subscriptions, each a topic and some bytes; all of them together as few
// as PeerLimits says.
constexpr std::size_t kSubscriptionBytesMax = 512;
constexpr int kSubscriptionsQueuedMax = 100;  // of a peer, unread
constexpr std::size_t kSubscriptionsMax = 10'000;
constexpr std::chrono::milliseconds kRetryInterval{5};  // while a journal has no room
// Frames wait for a sync of the journal no longer than this, and no more of them than that: a sync costs about the same
// for one record as for thousands.
constexpr std::chrono::milliseconds kSyncInterval{1};
constexpr std::size_t kUnsentBytesMax = std::size_t{4} << 20;

// Whoever publishes the same stream in another run, or elsewhere at the same time, has another one.
std::uint64_t random_instance() {
  std::random_device random;
  std::uint64_t instance = 0;
  while (instance == 0) instance = std::uint64_t{random()} << 32 | random();
  return instance;
}

}  // namespace

class Publisher::Impl {
 public:
  explicit Impl(PublisherOptions given) : options(std::move(given)) {
    RISK_CHECK(options.name.size() <= kNameBytesMax);
    RISK_CHECK(options.batch_records > 0);
    set_common_options(socket, kSubscriptionBytesMax);
    socket.set(zmq::sockopt::sndhwm, static_cast<int>(options.frames_queued_max));
    socket.set(zmq::sockopt::rcvhwm, kSubscriptionsQueuedMax);
    socket.set(zmq::sockopt::xpub_verboser, 1);  // every subscriber is seen coming and going, not the first and last
    if (options.curve) gate.emplace(context, *options.curve).guard(socket);
    guard.emplace(context, socket, "subscribers", PeerLimits{}, options.on_problem);
    endpoint = bind_socket(socket, options.endpoint, options.allow_plaintext || gate);
    guard->start(parse_connect_endpoint(endpoint).port);
    if (!options.replay_endpoint.empty()) replay.emplace(context, options, instance, gate ? &*gate : nullptr);
  }

  struct Stream {
    FrameWriter batch;
    std::uint64_t last;                // sequence given to a record
    std::shared_ptr<Journal> journal;  // may be none
    Clock::time_point due{};           // when the batch that waits has to leave
    Clock::time_point told{};          // when subscribers heard of the stream last
    std::deque<std::string> unsent{};  // frames in the journal that are not synced yet
    std::size_t unsent_bytes = 0;
    std::uint64_t unsent_records = 0;
    Clock::time_point synced{};

    std::uint64_t last_kept() const { return last - batch.count(); }
    std::uint64_t last_sent() const { return last_kept() - unsent_records; }
  };

  // `label` is what the stream is called here.
  struct Name {
    std::string_view label, topic, publisher;
  };

  void open(const Name& name, Stream stream, const StreamKey& key, std::shared_ptr<ReplaySource> past) {
    RISK_CHECK(!past || replay);
    if (past) replay->add(std::string(name.topic), std::string(name.publisher), key, std::move(past));
    const bool is_new = streams.emplace(std::string(name.label), std::move(stream)).second;
    RISK_CHECK(is_new);
  }

  std::uint16_t port_for(const std::shared_ptr<ReplaySource>& past) const {
    return past && replay ? replay->port() : 0;
  }

  Stream& stream(std::string_view label) {
    const auto found = streams.find(label);
    RISK_CHECK(found != streams.end());
    return found->second;
  }

  void queue(std::string_view frame) {
    for (;;) {
      try {
        (void)socket.send(zmq::buffer(frame), zmq::send_flags::dontwait);
        return;
      } catch (const zmq::error_t& error) {
        if (error.num() != EINTR) throw BusError("cannot send on " + endpoint + ": " + error.what());
      }
    }
  }

  void send(Stream& stream, std::string_view frame) {
    queue(frame);
    ++counters.frames;
    counters.bytes += frame.size();
    stream.told = Clock::now();
  }

  // Takes the batch out of the hands of the caller: into the journal, or out at once. False: there is no room for it.
  bool keep(Stream& stream) {
    const auto count = stream.batch.count();
    if (count == 0) return true;
    const auto first = stream.last_kept() + 1;
    if (stream.journal && !stream.journal->append({first, count, stream.batch.records()})) return false;
    const auto frame = stream.batch.finish(first);
    if (stream.journal) {
      stream.unsent.emplace_back(frame);
      stream.unsent_bytes += frame.size();
      stream.unsent_records += count;
    } else {
      send(stream, frame);
    }
    stream.batch.clear();
    return true;
  }

  // What is kept may be sent once it is synced.
  void send_kept(Stream& stream) {
    if (stream.unsent.empty()) return;
    stream.journal->sync();
    for (const auto& frame : stream.unsent) send(stream, frame);
    stream.unsent.clear();
    stream.unsent_bytes = 0;
    stream.unsent_records = 0;
    stream.synced = Clock::now();
  }

  void send_kept_if_due(Stream& stream, Clock::time_point now) {
    if (now - stream.synced >= kSyncInterval || stream.unsent_bytes >= kUnsentBytesMax) send_kept(stream);
  }

  // Keeps the batch, waiting for room. After interrupt() what finds none is given back: its sequences were never used.
  void keep_waiting(Stream& stream) {
    bool told = false;
    while (!keep(stream)) {
      send_kept(stream);
      if (interrupted) {
        stream.last = stream.last_kept();
        stream.batch.clear();
        return;
      }
      if (!std::exchange(told, true) && options.on_blocked) options.on_blocked(stream.journal->blocked());
      if (replay) replay->require_alive();  // or nobody hears what is committed
      wait_for_subscriptions(kRetryInterval);
      heartbeat(stream, Clock::now());
    }
    if (told && options.on_blocked) options.on_blocked(std::nullopt);
  }

  void heartbeat(Stream& stream, Clock::time_point now) {
    if (now - stream.told >= options.heartbeat_interval) announce(stream);
  }

  void announce(Stream& stream) {
    const auto frame = stream.batch.heartbeat(stream.last_sent());
    queue(frame);
    ++counters.heartbeats;
    counters.bytes += frame.size();
    stream.told = Clock::now();
  }

  void wait_for_subscriptions(std::chrono::milliseconds time) {
    zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
    try {
      zmq::poll(&item, 1, time);
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw BusError("cannot wait on " + endpoint + ": " + error.what());
    }
    note_subscriptions();
  }

  void note_subscriptions() {
    zmq::message_t message;
    while (socket.recv(message, zmq::recv_flags::dontwait)) {
      const auto bytes = message.to_string_view();
      if (bytes.empty()) continue;
      const std::string prefix(bytes.substr(1));
      if (bytes[0] == 1 && (subscriptions.size() < kSubscriptionsMax || subscriptions.count(prefix) > 0)) {
        ++subscriptions[prefix];
        newcomers = true;
      } else if (bytes[0] == 0) {
        const auto found = subscriptions.find(prefix);
        if (found != subscriptions.end() && --found->second == 0) subscriptions.erase(found);
      }
    }
  }

  bool has_subscriber(std::string_view topic) const {
    const auto full = topic_prefix(topic);
    for (const auto& [prefix, count] : subscriptions) {
      if (full.compare(0, prefix.size(), prefix) == 0) return true;
    }
    return false;
  }

  PublisherOptions options;
  const std::uint64_t instance = random_instance();
  PublisherCounters counters;
  zmq::context_t context{1};
  std::optional<Gate> gate;
  zmq::socket_t socket{context, zmq::socket_type::xpub};
  std::optional<PeerGuard> guard;  // of the socket
  std::string endpoint;
  std::map<std::string, Stream, std::less<>> streams;  // by label, which is the topic where a topic has one stream
  std::map<std::string, std::uint64_t> subscriptions;  // prefix, and how many subscribers have it
  bool newcomers = false;                              // not told the last sequences yet
  bool closed = false;
  std::atomic<bool> interrupted = false;
  std::optional<ReplayServer> replay;  // last: its thread uses the context
};

Publisher::Publisher(PublisherOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Publisher::~Publisher() = default;

void Publisher::open_stream(std::string_view topic, StreamId id, std::uint64_t epoch, std::uint64_t last_sequence,
                            std::shared_ptr<ReplaySource> past) {
  const auto key = parse_stream_id(id.text);
  RISK_CHECK(key);
  Impl::Stream stream{
      FrameWriter(topic, *key, epoch, impl_->options.name, impl_->port_for(past), impl_->instance), last_sequence, {}};
  impl_->open({topic, topic, impl_->options.name}, std::move(stream), *key, std::move(past));
}

void Publisher::open_stream(std::string_view topic, std::shared_ptr<Journal> journal) {
  open_stream(topic, topic, impl_->options.name, std::move(journal));
}

void Publisher::open_stream(std::string_view label, std::string_view topic, std::string_view publisher,
                            std::shared_ptr<Journal> journal) {
  const auto key = parse_stream_id(journal->stream().text);
  RISK_CHECK(key);
  RISK_CHECK(publisher.size() <= kNameBytesMax);
  FrameWriter batch(topic, *key, journal->epoch(), publisher, impl_->port_for(journal), impl_->instance);
  impl_->open({label, topic, publisher}, {std::move(batch), journal->last_sequence(), journal}, *key, journal);
}

std::uint64_t Publisher::publish(std::string_view topic, std::string_view payload) {
  RISK_CHECK(!impl_->closed);
  RISK_CHECK(payload.size() <= kRecordBytesMax);
  auto& stream = impl_->stream(topic);
  if (!stream.batch.fits(payload.size())) impl_->keep_waiting(stream);

  const auto now = Clock::now();
  if (stream.batch.count() == 0) stream.due = now + impl_->options.batch_linger;
  stream.batch.append(payload);
  const auto sequence = ++stream.last;
  ++impl_->counters.records;
  if (stream.batch.count() >= impl_->options.batch_records || now >= stream.due) {
    impl_->keep_waiting(stream);
    impl_->send_kept_if_due(stream, now);
  }
  return sequence;
}

void Publisher::flush() {
  for (auto& [topic, stream] : impl_->streams) {
    impl_->keep_waiting(stream);
    impl_->send_kept(stream);
  }
}

void Publisher::service() {
  if (impl_->closed) return;
  if (impl_->replay) impl_->replay->require_alive();
  impl_->note_subscriptions();
  const auto now = Clock::now();
  const bool greet = std::exchange(impl_->newcomers, false);
  for (auto& [topic, stream] : impl_->streams) {
    if (now >= stream.due) impl_->keep(stream);
    impl_->send_kept_if_due(stream, now);
    if (stream.journal) stream.journal->trim();
    if (greet) impl_->announce(stream);
    impl_->heartbeat(stream, now);
  }
}

bool Publisher::wait_for_subscriber(std::string_view topic, std::chrono::milliseconds timeout) {
  RISK_CHECK(!impl_->closed);
  const auto deadline = Clock::now() + timeout;
  impl_->note_subscriptions();
  while (!impl_->has_subscriber(topic)) {
    const auto remaining = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (remaining.count() <= 0) return false;
    impl_->wait_for_subscriptions(remaining);
  }
  return true;
}

void Publisher::interrupt() {
  impl_->interrupted = true;
}

void Publisher::close(std::chrono::milliseconds timeout) {
  if (std::exchange(impl_->closed, true)) return;
  const auto deadline = Clock::now() + timeout;
  for (auto& [topic, stream] : impl_->streams) {
    while (!impl_->keep(stream) && Clock::now() < deadline) impl_->wait_for_subscriptions(kRetryInterval);
    stream.last = stream.last_kept();
    stream.batch.clear();
    impl_->send_kept(stream);
    impl_->announce(stream);
  }
  const auto remaining = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  impl_->guard.reset();
  impl_->socket.set(zmq::sockopt::linger, static_cast<int>(std::max<std::int64_t>(remaining.count(), 0)));
  impl_->socket.close();
}

std::string Publisher::endpoint() const {
  return impl_->endpoint;
}
std::uint64_t Publisher::last_sequence(std::string_view topic) const {
  return impl_->stream(topic).last;
}
std::uint16_t Publisher::replay_port() const {
  return impl_->replay ? impl_->replay->port() : 0;
}
std::uint64_t Publisher::dropped_peers() const {
  return (impl_->guard ? impl_->guard->dropped() : 0) + (impl_->replay ? impl_->replay->dropped_peers() : 0);
}
PublisherCounters Publisher::counters() const {
  auto counters = impl_->counters;
  if (impl_->replay) counters.replayed_records = impl_->replay->records();
  return counters;
}

}  // namespace risk::bus
