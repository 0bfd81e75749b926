#include "transport/subscriber_core.hpp"

#include <algorithm>
#include <cerrno>
#include <zmq.hpp>

#include "risk/base/check.hpp"
#include "risk/base/id.hpp"
#include "transport/curve.hpp"

namespace risk::bus {
namespace {

constexpr std::size_t kFramesPerTurn = 64;     // of one connection before the next is read
constexpr std::size_t kFramesPerDrain = 4096;  // then the clock is asked again, whatever keeps coming
constexpr std::chrono::milliseconds kInspectInterval{500};
constexpr std::chrono::milliseconds kWeighInterval{50};  // what came over the connections
constexpr std::chrono::milliseconds kUnavailablePause{
    500};  // before a publisher is asked again for what it cannot tell
// A committed cursor that moved is told so often, one that did not so often: its publisher may have started anew.
constexpr std::chrono::milliseconds kCommitInterval{50};
constexpr std::chrono::milliseconds kCommitRepeat{1000};

}  // namespace

struct SubscriberCore::Sockets {
  zmq::context_t context{1};
  std::vector<zmq::pollitem_t> poll_items;  // the doorbell, then each connection's socket that is read
  zmq::message_t message;
};

SubscriberCore::~SubscriberCore() = default;

SubscriberCore::SubscriberCore(SubscriberOptions options, SubscriberHandlers handlers, LookUp look_up)
    : options_(std::move(options)),
      table_(std::move(handlers), options_.silence_max, options_.first_met),
      sockets_(std::make_unique<Sockets>()) {
  for (const auto& topic : options_.topics) RISK_CHECK(is_topic(topic));
  if (options_.curve) require_keys(*options_.curve);
  std::vector<Endpoint> names;
  for (const auto& text : options_.endpoints) {
    auto endpoint = parse_connect_endpoint(text);
    if (endpoint.is_numeric()) {
      fixed_.insert(std::move(endpoint));
    } else {
      names.push_back(std::move(endpoint));
    }
  }

  RISK_CHECK(options_.consumer.size() <= kNameBytesMax);
  for (const auto& address : fixed_) connect(address);
  if (names.empty()) return;
  resolver_ = std::make_unique<Resolver>(std::move(names), options_.resolve_interval, std::move(look_up), [this] {
    resolved_ = true;
    bell_.ring();
  });
}

void SubscriberCore::connect(const Endpoint& address) {
  connections_.emplace_back(sockets_->context, address, options_.topics, options_.frames_queued_max, ++last_path_,
                            options_.curve);
}

void SubscriberCore::connect_as_resolved() {
  auto wanted = resolver_->take();
  if (!wanted) return;
  wanted->insert(fixed_.begin(), fixed_.end());

  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (wanted->erase(connections_[i].address()) > 0) continue;
    leave(i);
  }
  for (const auto& address : *wanted) connect(address);
}

void SubscriberCore::leave(std::size_t i) {
  table_.forget_path(connections_[i].path());
  connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
}

void SubscriberCore::cut_endless(Clock::time_point now) {
  if (now - weighed_ < kWeighInterval) return;
  weighed_ = now;
  for (auto& connection : connections_) {
    if (connection.cut_if_endless(now)) table_.bad_frame(connection.from(), "sends without end; connecting again");
  }
}

void SubscriberCore::renew_given_up(Clock::time_point now) {
  if (now - inspected_ < kInspectInterval) return;
  inspected_ = now;
  for (std::size_t i = connections_.size(); i-- > 0;) {
    auto& connection = connections_[i];
    const bool has_frames = (connection.socket().get(zmq::sockopt::events) & ZMQ_POLLIN) != 0;
    const bool given_up = connection.given_up(now);
    const auto problem = connection.handshake_problem();
    if (!problem.empty() && refusals_told_.admit(connection.from() + problem, now)) {
      table_.bad_frame(connection.from(), problem);
    }
    if (!given_up || has_frames) continue;
    if (problem.empty())
      table_.bad_frame(connection.from(), "does not speak ZeroMQ, or sent a message of more than " +
                                              std::to_string(kFrameBytesMax) + " bytes; connecting again");
    const auto address = connection.address();
    leave(i);
    connect(address);
  }
}

void SubscriberCore::resume_after(const StreamId& stream, std::uint64_t epoch, std::uint64_t sequence,
                                  std::optional<std::uint64_t> hash) {
  const auto key = parse_stream_id(stream.text);
  RISK_CHECK(key);
  table_.resume_after(*key, epoch, sequence, hash);
}

void SubscriberCore::commit(const StreamId& stream, std::uint64_t epoch, std::uint64_t sequence) {
  RISK_CHECK(!options_.consumer.empty());
  const auto key = parse_stream_id(stream.text);
  RISK_CHECK(key);
  auto& committed = committed_[*key];
  if (committed.epoch != epoch) committed.told = 0;
  committed.epoch = epoch;
  committed.sequence = sequence;
}

std::size_t SubscriberCore::poll(std::chrono::milliseconds timeout, std::size_t records_max) {
  const auto deadline = Clock::now() + timeout;
  for (;;) {
    const auto now = Clock::now();
    if (resolved_.exchange(false)) connect_as_resolved();
    cut_endless(now);
    renew_given_up(now);
    tell_committed(now);
    const bool woken = woken_.exchange(false);
    const auto delivered = drain(records_max);
    if (delivered > 0 || woken) return delivered;
    const auto remaining = deadline - Clock::now();
    if (remaining <= Clock::duration::zero()) return 0;
    wait(std::min<Clock::duration>(remaining, kInspectInterval));
  }
}

std::size_t SubscriberCore::drain(std::size_t records_max) {
  std::size_t delivered = 0;
  std::size_t frames = 0;
  std::size_t silent = 0;  // connections in a row with nothing to read
  while (silent < connections_.size() && delivered < records_max && frames < kFramesPerDrain) {
    auto& connection = connections_[turn_++ % connections_.size()];
    const auto now = Clock::now();
    std::size_t read = 0;
    const auto wanted = records_max - delivered;
    if (connection.held()) {
      delivered += read_answer(connection, wanted, now, read);
      look_after(connection, now);
    } else {
      delivered += read_frames(connection, wanted, now, read);
    }
    frames += read;
    silent = read == 0 ? silent + 1 : 0;
  }
  return delivered;
}

std::size_t SubscriberCore::read_frames(Connection& connection, std::size_t records_max, Clock::time_point now,
                                        std::size_t& frames) {
  auto& message = sockets_->message;
  std::size_t delivered = 0;
  while (!connection.held() && frames < kFramesPerTurn && delivered < records_max &&
         connection.socket().recv(message, zmq::recv_flags::dontwait)) {
    ++frames;
    connection.note_read(message.size());
    if (message.more()) {
      table_.bad_frame(connection.from(), "a message of several parts");
      while (message.more()) {
        (void)connection.socket().recv(message, zmq::recv_flags::none);
        connection.note_read(message.size());
      }
      continue;
    }
    delivered += take(connection, message.to_string_view(), now);
  }
  return delivered;
}

std::size_t SubscriberCore::take(Connection& connection, std::string_view frame, Clock::time_point now) {
  const auto taken = table_.take(frame, connection.path(), connection.from(), now);
  if (!taken.missing) return taken.delivered;
  connection.held() = Connection::Held{*taken.missing, std::string(frame), now};
  ask(connection, now);
  return 0;
}

void SubscriberCore::ask(Connection& connection, Clock::time_point now) {
  auto& held = *connection.held();
  held.heard = now;
  held.ask_at.reset();
  const auto& missing = held.missing;
  if (missing.unproven != 0) {
    return connection.replay().ask_proof(missing.replay_port, missing.stream, missing.epoch, missing.last);
  }
  held.asked = table_.next(missing.stream);
  connection.replay().ask(missing.replay_port, missing.stream, missing.epoch, held.asked);
}

std::size_t SubscriberCore::read_answer(Connection& connection, std::size_t records_max, Clock::time_point now,
                                        std::size_t& frames) {
  auto& message = sockets_->message;
  std::size_t delivered = 0;
  while (connection.held() && frames < kFramesPerTurn && delivered < records_max &&
         connection.replay().socket().recv(message, zmq::recv_flags::dontwait)) {
    ++frames;
    connection.replay().note_read(message.size());
    connection.held()->heard = now;
    const auto bytes = message.to_string_view();
    if (is_replay_message(bytes)) {
      take_answer(connection, bytes, now);
      continue;
    }
    const auto taken = table_.take_replayed(bytes, connection.from(), now);
    delivered += taken.delivered;
    // The publisher has started again: its next frame says where it stands.
    if (taken.is_others) connection.held().reset();
  }
  return delivered;
}

void SubscriberCore::take_answer(Connection& connection, std::string_view message, Clock::time_point now) {
  const auto answer = decode_replay(message);
  auto& held = *connection.held();
  using Kind = ReplayMessage::Kind;
  if (!answer || (answer->kind != Kind::kEnd && answer->kind != Kind::kProof)) {
    return table_.bad_frame(connection.from(), "answer that cannot be read: " +
                                                   (answer ? std::string("not an END") : answer.error().reason));
  }
  if (answer->stream != held.missing.stream || answer->epoch != held.missing.epoch) return;  // to an earlier question
  if ((answer->kind == Kind::kProof) != (held.missing.unproven != 0)) return;
  if (answer->answer == ReplayMessage::Answer::kUnavailable) {
    table_.bad_frame(connection.from(), "cannot send records again now: " + printable(answer->text));
    held.ask_at = now + kUnavailablePause;
    return;
  }
  if (answer->kind == Kind::kProof) return take_proof(connection, *answer, now);
  // An answer of another instance: the publisher has started again, and its next frame says where it stands.
  if (!table_.is_from_source(held.missing.stream, answer->instance)) return connection.held().reset();
  take_end(connection, *answer, now);
}

void SubscriberCore::take_proof(Connection& connection, const ReplayMessage& proof, Clock::time_point now) {
  auto& held = *connection.held();
  if (proof.first != held.missing.last) return;  // to an earlier question
  const bool is_of_frame = proof.instance == held.missing.unproven;
  if (is_of_frame) table_.take_proof(held.missing, proof, connection.path(), connection.from(), now);
  const auto frame = std::move(held.frame);
  connection.held().reset();
  if (is_of_frame) take(connection, frame, now);
}

void SubscriberCore::take_end(Connection& connection, const ReplayMessage& end, Clock::time_point now) {
  auto& held = *connection.held();
  if (!is_complete(held, end)) {
    if (table_.next(held.missing.stream) > held.asked) return ask(connection, now);
    held.ask_at = now + kUnavailablePause;  // it does not have yet what its frames announced
    return;
  }
  const auto frame = std::move(held.frame);
  connection.held().reset();
  take(connection, frame, now);
}

bool SubscriberCore::is_complete(Connection::Held& held, const ReplayMessage& end) {
  using Answer = ReplayMessage::Answer;
  const auto& stream = held.missing.stream;
  const auto last = held.missing.last;
  const bool whole_epoch = last == 0;
  if (end.answer == Answer::kUnknown) {
    if (whole_epoch) {
      table_.end_epoch(stream);
    } else {
      table_.lose_before(stream, last + 1);
    }
    return true;
  }
  table_.lose_before(stream, whole_epoch ? end.first : std::min(end.first, last + 1), end.last);
  if (!whole_epoch) return table_.next(stream) > last;
  if (end.answer != Answer::kOver || table_.next(stream) <= end.last) return false;
  table_.end_epoch(stream);
  return true;
}

void SubscriberCore::look_after(Connection& connection, Clock::time_point now) {
  if (!connection.held()) return;
  auto& held = *connection.held();
  if (held.ask_at) {
    if (now >= *held.ask_at) ask(connection, now);
    return;
  }
  if (now - held.heard < options_.replay_timeout) return;
  const auto& missing = held.missing;
  const auto what = missing.unproven != 0 ? " about record " + std::to_string(missing.last)
                                          : " about records from " + std::to_string(table_.next(missing.stream));
  table_.bad_frame(connection.from(), "no answer on port " + std::to_string(missing.replay_port) + what);
  // The publisher may be another by now, with its past on another port: its next frame says so, and it is asked again.
  connection.held().reset();
}

void SubscriberCore::tell_committed(Clock::time_point now) {
  for (auto& [stream, committed] : committed_) {
    const auto since = now - committed.told_at;
    if (since < (committed.told == committed.sequence ? kCommitRepeat : kCommitInterval)) continue;
    const auto source = table_.source_of(stream);
    if (source.replay_port == 0) continue;
    const auto connection = std::find_if(connections_.begin(), connections_.end(),
                                         [&](const Connection& c) { return c.path() == source.path; });
    if (connection == connections_.end()) continue;
    connection->replay().tell_committed(source.replay_port, options_.consumer, stream, committed.epoch,
                                        committed.sequence);
    committed.told = committed.sequence;
    committed.told_at = now;
  }
}

void SubscriberCore::wait(Clock::duration time) {
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(time);
  auto& items = sockets_->poll_items;
  items.assign({{nullptr, bell_.fd(), ZMQ_POLLIN, 0}});
  for (auto& connection : connections_) {
    auto& socket = connection.held() ? connection.replay().socket() : connection.socket();
    items.push_back({socket.handle(), 0, ZMQ_POLLIN, 0});
  }
  try {
    zmq::poll(items, rounded);
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw BusError(std::string("cannot wait for frames: ") + error.what());
  }
  if ((items.front().revents & ZMQ_POLLIN) != 0) bell_.silence();
}

void SubscriberCore::wake() {
  woken_ = true;
  bell_.ring();
}

}  // namespace risk::bus
