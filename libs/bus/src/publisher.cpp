#include "risk/bus/publisher.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <utility>
#include <zmq.hpp>

#include "endpoint.hpp"
#include "frame.hpp"
#include "risk/base/check.hpp"

namespace risk::bus {
namespace {

using Clock = std::chrono::steady_clock;

// What a subscriber may send: subscriptions, a topic and a byte or two.
constexpr std::size_t kSubscriptionBytesMax = 1024;
constexpr std::size_t kSubscriptionsMax = 10'000;
// How often a blocked publisher tries again. A queue that was full takes half its length once it takes anything.
constexpr std::chrono::milliseconds kRetryInterval{1};

}  // namespace

class Publisher::Impl {
 public:
  explicit Impl(PublisherOptions given) : options(std::move(given)) {
    RISK_CHECK(options.name.size() <= kNameBytesMax);
    RISK_CHECK(options.batch_records > 0);
    set_common_options(socket, kSubscriptionBytesMax);
    socket.set(zmq::sockopt::sndhwm, static_cast<int>(options.frames_queued_max));
    socket.set(zmq::sockopt::xpub_verboser, 1);  // every subscriber is seen coming and going, not the first and last
    if (options.when_full == PublisherOptions::WhenFull::kBlock) socket.set(zmq::sockopt::xpub_nodrop, true);
    endpoint = bind_socket(socket, options.endpoint, options.allow_plaintext);
  }

  struct Stream {
    FrameWriter batch;
    std::uint64_t last;      // sequence given to a record
    Clock::time_point due;   // when the batch that waits has to leave
    Clock::time_point told;  // when subscribers heard of the stream last

    std::uint64_t last_sent() const { return last - batch.count(); }
  };

  Stream& stream(std::string_view topic) {
    const auto found = streams.find(topic);
    RISK_CHECK(found != streams.end());
    return found->second;
  }

  // False: a subscriber's queue is full and nothing is to be dropped.
  bool queue(std::string_view frame) {
    for (;;) {
      try {
        return socket.send(zmq::buffer(frame), zmq::send_flags::dontwait).has_value();
      } catch (const zmq::error_t& error) {
        if (error.num() != EINTR) throw BusError("cannot send on " + endpoint + ": " + error.what());
      }
    }
  }

  // Sends the batch if there is room for it now.
  bool try_send(Stream& stream) {
    if (stream.batch.count() == 0) return true;
    const auto frame = stream.batch.finish(stream.last_sent() + 1);
    if (!queue(frame)) return false;
    ++counters.frames;
    counters.bytes += frame.size();
    stream.told = Clock::now();
    stream.batch.clear();
    return true;
  }

  // Sends the batch, waiting for room. After interrupt() what finds none is dropped: a gap for subscribers.
  void send(Stream& stream) {
    while (!try_send(stream)) {
      if (interrupted) {
        stream.batch.clear();
        return;
      }
      wait_for_subscriptions(kRetryInterval);
    }
  }

  void announce(Stream& stream) {
    const auto frame = stream.batch.heartbeat(stream.last_sent());
    if (!queue(frame)) return;  // the full queue holds frames that tell more
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
  PublisherCounters counters;
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::xpub};
  std::string endpoint;
  std::map<std::string, Stream, std::less<>> streams;  // by topic
  std::map<std::string, std::uint64_t> subscriptions;  // prefix, and how many subscribers have it
  bool newcomers = false;                              // not told the last sequences yet
  bool closed = false;
  std::atomic<bool> interrupted = false;
};

Publisher::Publisher(PublisherOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Publisher::~Publisher() = default;

void Publisher::open_stream(std::string_view topic, StreamId id, std::uint64_t epoch, std::uint64_t last_sequence) {
  const auto key = parse_stream_id(id.text);
  RISK_CHECK(key);
  Impl::Stream stream{FrameWriter(topic, *key, epoch, impl_->options.name), last_sequence, {}, {}};
  const bool is_new = impl_->streams.emplace(std::string(topic), std::move(stream)).second;
  RISK_CHECK(is_new);
}

std::uint64_t Publisher::publish(std::string_view topic, std::string_view payload) {
  RISK_CHECK(!impl_->closed);
  RISK_CHECK(payload.size() <= kRecordBytesMax);
  auto& stream = impl_->stream(topic);
  if (!stream.batch.fits(payload.size())) impl_->send(stream);

  const auto now = Clock::now();
  if (stream.batch.count() == 0) stream.due = now + impl_->options.batch_linger;
  stream.batch.append(payload);
  const auto sequence = ++stream.last;
  ++impl_->counters.records;
  if (stream.batch.count() >= impl_->options.batch_records || now >= stream.due) impl_->send(stream);
  return sequence;
}

void Publisher::flush() {
  for (auto& [topic, stream] : impl_->streams) impl_->send(stream);
}

void Publisher::service() {
  if (impl_->closed) return;
  impl_->note_subscriptions();
  const auto now = Clock::now();
  const bool greet = std::exchange(impl_->newcomers, false);
  for (auto& [topic, stream] : impl_->streams) {
    if (now >= stream.due) impl_->try_send(stream);
    if (greet || now - stream.told >= impl_->options.heartbeat_interval) impl_->announce(stream);
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
    while (!impl_->try_send(stream) && Clock::now() < deadline) impl_->wait_for_subscriptions(kRetryInterval);
    stream.batch.clear();
    impl_->announce(stream);
  }
  const auto remaining = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  impl_->socket.set(zmq::sockopt::linger, static_cast<int>(std::max<std::int64_t>(remaining.count(), 0)));
  impl_->socket.close();
  impl_->context.close();  // waits for what lingers
}

std::string Publisher::endpoint() const {
  return impl_->endpoint;
}
std::uint64_t Publisher::last_sequence(std::string_view topic) const {
  return impl_->stream(topic).last;
}
const PublisherCounters& Publisher::counters() const {
  return impl_->counters;
}

}  // namespace risk::bus
