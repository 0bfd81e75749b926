#include "transport/replay_server.hpp"

#include <algorithm>
#include <cerrno>
#include <zmq.hpp>

#include "risk/base/id.hpp"
#include "transport/curve.hpp"
#include "transport/endpoint.hpp"
#include "transport/frame.hpp"

namespace risk::bus {
namespace {

// About so many before the peer has to ask again, when it has read them all; until the next ones come it does nothing.
constexpr std::size_t kAnswerBytes = std::size_t{4} << 20;
// Frames that are full with this, or hold one run, so that their number bounds what waits for a peer: two in a row have
// more than it.
constexpr std::size_t kFrameBytes = std::size_t{64} << 10;
constexpr int kAnswerFramesMax = 2 * (kAnswerBytes / kFrameBytes) + 2;  // with its END
// Per peer; one that does not read loses the next. libzmq hears of what was sent when half of them were: an answer must
// fit into the other half.
constexpr int kMessagesQueuedMax = 2 * kAnswerFramesMax;
constexpr int kQuestionsQueuedMax = 100;   // of a peer, unread
constexpr char kAsker[] = "a subscriber";  // that has more of a stream than there is
constexpr std::size_t kPartOverheadBytes = 2;
constexpr PeerLimits kPeerLimits{.unread_bytes_max = std::uint64_t{256} << 10};

// Nothing: it is not there. A record of nothing stands for one that was deleted since, which says nothing either.
std::optional<std::uint64_t> hash_of(ReplaySource& source, const Extent& extent, std::uint64_t epoch,
                                     std::uint64_t sequence) {
  std::optional<std::uint64_t> hash;
  if (sequence < extent.first || sequence > extent.last) return hash;
  source.read(epoch, sequence, 1, [&](const Run& run) {
    auto records = run.records;
    for (auto at = run.first; at <= run.last(); ++at) {
      const auto payload = take_record(records);
      if (at == sequence && !payload.empty()) hash = checksum(payload);
    }
  });
  return hash;
}

}  // namespace

ReplayServer::ReplayServer(zmq::context_t& context, const PublisherOptions& options, std::uint64_t instance,
                           const Gate* gate)
    : instance_(instance),
      on_problem_(options.on_problem),
      socket_(std::make_unique<zmq::socket_t>(context, zmq::socket_type::router)) {
  set_common_options(*socket_, kReplayMessageBytesMax);
  socket_->set(zmq::sockopt::sndhwm, kMessagesQueuedMax);
  if (gate != nullptr) gate->guard(*socket_);
  socket_->set(zmq::sockopt::rcvhwm, kQuestionsQueuedMax);
  guard_ = std::make_unique<PeerGuard>(context, *socket_, "replay", kPeerLimits, options.on_problem);
  const bool may_leave_loopback = options.allow_plaintext || gate != nullptr;
  port_ = parse_connect_endpoint(bind_socket(*socket_, options.replay_endpoint, may_leave_loopback)).port;
  guard_->start(port_);
  thread_ = std::thread([this] { run(); });
}

ReplayServer::~ReplayServer() {
  stopping_ = true;
  bell_.ring();
  thread_.join();
}

void ReplayServer::add(const std::string& topic, const std::string& publisher, const StreamKey& stream,
                       std::shared_ptr<ReplaySource> source) {
  const std::lock_guard lock(mutex_);
  streams_[stream] = {topic, publisher, std::move(source)};
}

ReplayServer::Past ReplayServer::past_of(const StreamKey& stream) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(stream);
  return found == streams_.end() ? Past{} : found->second;
}

void ReplayServer::require_alive() {
  const std::lock_guard lock(mutex_);
  if (!death_.empty()) throw BusError("the replay thread has died: " + death_);
}

void ReplayServer::run() {
  try {
    serve_until_stopped();
  } catch (const std::exception& error) {
    const std::lock_guard lock(mutex_);
    death_ = error.what();
  }
}

void ReplayServer::serve_until_stopped() {
  zmq::pollitem_t items[] = {{nullptr, bell_.fd(), ZMQ_POLLIN, 0}, {socket_->handle(), 0, ZMQ_POLLIN, 0}};
  while (!stopping_) {
    try {
      zmq::poll(items, 2, std::chrono::milliseconds{-1});
      zmq::message_t peer, request;
      while (!stopping_ && socket_->recv(peer, zmq::recv_flags::dontwait)) {
        if (!peer.more() || !socket_->recv(request)) continue;
        auto bytes = request.size();
        if (!request.more()) {
          guard_->note_read(request, bytes);
          serve(peer, request.to_string_view());
          continue;
        }
        while (request.more()) {
          (void)socket_->recv(request);
          bytes += request.size() + kPartOverheadBytes;
        }
        guard_->note_read(request, bytes);
        tell("a message of several parts");
      }
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
    }
  }
}

void ReplayServer::serve(const zmq::message_t& peer, std::string_view request) {
  const auto message = decode_replay(request);
  using Kind = ReplayMessage::Kind;
  if (!message || message->kind == Kind::kEnd || message->kind == Kind::kProof) {
    return tell("message of " + std::to_string(request.size()) + " bytes, " +
                (message ? std::string("an answer, which is ours to give") : message.error().reason));
  }
  if (message->kind == Kind::kAsk) return answer(peer, *message);
  if (message->kind == Kind::kProve) return prove(peer, *message);
  const auto source = past_of(message->stream).source;
  if (source) source->committed(message->text, message->epoch, message->last);
}

void ReplayServer::answer(const zmq::message_t& peer, const ReplayMessage& ask) {
  ReplayMessage end{
      ReplayMessage::Kind::kEnd, ReplayMessage::Answer::kUnknown, ask.stream, ask.epoch, 0, 0, instance_, {}};
  if (const auto [topic, publisher, source] = past_of(ask.stream); source) {
    try {
      const auto extent = source->extent(ask.epoch);
      const auto from = std::max(ask.first, extent.first);
      if (from <= extent.last) {
        FrameWriter frame(topic, ask.stream, ask.epoch, publisher, port_, instance_);
        auto first = from;
        const auto send_frame = [&] {
          send(peer, frame.finish(first));
          records_ += frame.count();
          frame.clear();
        };
        source->read(ask.epoch, from, kAnswerBytes, [&](const Run& run) {
          if (frame.count() > 0 && frame.records().size() + run.records.size() > kFrameBytes) send_frame();
          if (frame.count() == 0) first = run.first;
          frame.append(run.records, run.count);
        });
        if (frame.count() > 0) send_frame();
      }
      end.first = extent.first;
      end.last = extent.last;
      end.answer = extent.over ? ReplayMessage::Answer::kOver : ReplayMessage::Answer::kMore;
    } catch (const std::exception& error) {
      tell("records from " + std::to_string(ask.first) + " of '" + topic + "' cannot be read: " + error.what());
      end.answer = ReplayMessage::Answer::kUnavailable;
      end.text = std::string(error.what()).substr(0, kReplayTextBytesMax);
    }
  }
  send(peer, encode_replay(end));
}

void ReplayServer::prove(const zmq::message_t& peer, const ReplayMessage& question) {
  ReplayMessage proof = question;
  proof.kind = ReplayMessage::Kind::kProof;
  proof.answer = ReplayMessage::Answer::kUnknown;
  proof.instance = instance_;
  proof.first = question.last;
  proof.text.clear();
  if (const auto [topic, publisher, source] = past_of(question.stream); source) {
    try {
      const auto extent = source->extent(question.epoch);
      proof.last = extent.last;
      proof.answer = extent.over ? ReplayMessage::Answer::kOver : ReplayMessage::Answer::kMore;
      // A publisher that is asked for what it never had has lost records, or is a copy: it has to know, and to stop.
      if (!extent.over && question.last > extent.last) source->committed(kAsker, question.epoch, question.last);
      if (const auto hash = known_hash(*source, extent, question, topic)) proof.text = hash_text(*hash);
    } catch (const std::exception& error) {
      tell("record " + std::to_string(question.last) + " of '" + topic + "' cannot be read: " + error.what());
      proof.answer = ReplayMessage::Answer::kUnavailable;
      proof.text = std::string(error.what()).substr(0, kReplayTextBytesMax);
    }
  }
  send(peer, encode_replay(proof));
}

// No value also for a record that cannot be read any more: nothing can be said of it then, and nobody needs it.
std::optional<std::uint64_t> ReplayServer::known_hash(ReplaySource& source, const Extent& extent,
                                                      const ReplayMessage& question, const std::string& topic) {
  try {
    return hash_of(source, extent, question.epoch, question.last);
  } catch (const JournalError& error) {
    tell("record " + std::to_string(question.last) + " of '" + topic + "' cannot be read: " + error.what());
    return std::nullopt;
  }
}

// What a peer has no room for is dropped: it asks again.
void ReplayServer::send(const zmq::message_t& peer, std::string_view bytes) {
  if (!socket_->send(zmq::buffer(peer.data(), peer.size()), zmq::send_flags::sndmore | zmq::send_flags::dontwait))
    return;
  (void)socket_->send(zmq::buffer(bytes), zmq::send_flags::dontwait);
}

void ReplayServer::tell(const std::string& problem) {
  if (on_problem_) on_problem_("replay: " + problem);
}

}  // namespace risk::bus
