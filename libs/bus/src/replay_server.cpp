#include "replay_server.hpp"

#include <algorithm>
#include <cerrno>
#include <zmq.hpp>

#include "curve.hpp"
#include "endpoint.hpp"
#include "frame.hpp"
#include "risk/base/id.hpp"

namespace risk::bus {
namespace {

// About so many before the peer has to ask again, when it has read them all; until the next ones come it does nothing.
constexpr std::size_t kAnswerBytes = std::size_t{4} << 20;
constexpr std::uint32_t kFrameRecords = 256;  // runs of fewer share a frame
constexpr int kMessagesQueuedMax = 10'000;    // per peer; one that does not read loses its answer

}  // namespace

ReplayServer::ReplayServer(zmq::context_t& context, const PublisherOptions& options, const Gate* gate)
    : name_(options.name),
      on_problem_(options.on_problem),
      socket_(std::make_unique<zmq::socket_t>(context, zmq::socket_type::router)) {
  set_common_options(*socket_, kReplayMessageBytesMax);
  socket_->set(zmq::sockopt::sndhwm, kMessagesQueuedMax);
  if (gate != nullptr) gate->guard(*socket_);
  const bool may_leave_loopback = options.allow_plaintext || gate != nullptr;
  port_ = parse_connect_endpoint(bind_socket(*socket_, options.replay_endpoint, may_leave_loopback)).port;
  thread_ = std::thread([this] { run(); });
}

ReplayServer::~ReplayServer() {
  stopping_ = true;
  bell_.ring();
  thread_.join();
}

void ReplayServer::add(const std::string& topic, const StreamKey& stream, std::shared_ptr<ReplaySource> source) {
  const std::lock_guard lock(mutex_);
  streams_[stream] = {topic, std::move(source)};
}

std::shared_ptr<ReplaySource> ReplayServer::source_of(const StreamKey& stream, std::string& topic) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return nullptr;
  topic = found->second.topic;
  return found->second.source;
}

void ReplayServer::run() {
  zmq::pollitem_t items[] = {{nullptr, bell_.fd(), ZMQ_POLLIN, 0}, {socket_->handle(), 0, ZMQ_POLLIN, 0}};
  while (!stopping_) {
    try {
      zmq::poll(items, 2, std::chrono::milliseconds{-1});
      zmq::message_t peer, request;
      while (!stopping_ && socket_->recv(peer, zmq::recv_flags::dontwait)) {
        if (!peer.more() || !socket_->recv(request)) continue;
        if (!request.more()) {
          serve(peer, request.to_string_view());
          continue;
        }
        while (request.more()) (void)socket_->recv(request);
        tell("a message of several parts");
      }
    } catch (const zmq::error_t& error) {
      if (error.num() == EINTR) continue;
      return tell(std::string("cannot go on: ") + error.what());
    }
  }
}

void ReplayServer::serve(const zmq::message_t& peer, std::string_view request) {
  const auto message = decode_replay(request);
  if (!message || message->kind == ReplayMessage::Kind::kEnd) {
    return tell("message of " + std::to_string(request.size()) + " bytes, " +
                (message ? std::string("an END, which is ours to say") : message.error().reason));
  }
  if (message->kind == ReplayMessage::Kind::kAsk) return answer(peer, *message);
  std::string topic;
  const auto source = source_of(message->stream, topic);
  if (source) source->committed(message->text, message->epoch, message->last);
}

void ReplayServer::answer(const zmq::message_t& peer, const ReplayMessage& ask) {
  ReplayMessage end{ReplayMessage::Kind::kEnd, ReplayMessage::Answer::kUnknown, ask.stream, ask.epoch, 0, 0, {}};
  std::string topic;
  if (const auto source = source_of(ask.stream, topic)) {
    try {
      const auto extent = source->extent(ask.epoch);
      const auto from = std::max(ask.first, extent.first);
      if (from <= extent.last) {
        FrameWriter frame(topic, ask.stream, ask.epoch, name_, port_);
        auto first = from;
        const auto send_frame = [&] {
          send(peer, frame.finish(first));
          records_ += frame.count();
          frame.clear();
        };
        source->read(ask.epoch, from, kAnswerBytes, [&](const Run& run) {
          if (frame.count() >= kFrameRecords || !frame.fits(run.records.size())) send_frame();
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
