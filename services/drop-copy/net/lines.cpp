#include "drop-copy/net/lines.hpp"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "drop-copy/fix/tags.hpp"
#include "risk/base/text.hpp"
#include "risk/service/log.hpp"

namespace risk::drop_copy {
namespace {

// What is read of a peer at once; and how often, for one commit of the journal: its sync costs the same for much as for
// little.
constexpr std::size_t kReadBytes = std::size_t{256} << 10;
constexpr int kReadsMax = 4;
constexpr std::size_t kLogonBytesMax = std::size_t{8} << 10;
constexpr std::chrono::seconds kStrangerTimeMax{10};

}  // namespace

struct Lines::Line final : FixLine {
  explicit Line(Feed& of) : feed(&of) {}

  bool send(std::string_view bytes) override {
    if (!connection || is_broken) return false;
    is_broken = !connection->send(bytes);
    return !is_broken;
  }
  void hang_up() override { is_hung_up = true; }

  Feed* feed;
  std::unique_ptr<Connection> connection;
  std::optional<Dialling> dialling;
  Clock::time_point dial_at{};
  bool is_broken = false;   // sending failed
  bool is_hung_up = false;  // by the session
};

Lines::Lines(std::vector<Feed*> feeds) {
  for (auto* feed : feeds) {
    lines_.push_back(std::make_unique<Line>(*feed));
    const auto& options = feed->options();
    if (options.is_initiator) continue;
    listeners_.try_emplace({options.host, options.port}, options.host, options.port);
    feed->set_state("waits for the broker to connect");
  }
}

Lines::~Lines() {
  for (auto& line : lines_) {
    if (line->feed->is_connected()) line->feed->disconnected("stopped");
  }
}

std::uint16_t Lines::port_of(const Feed& feed) const {
  const auto found = listeners_.find({feed.options().host, feed.options().port});
  return feed.options().is_initiator || found == listeners_.end() ? 0 : found->second.port();
}

void Lines::close_doors() {
  is_closing_ = true;
  strangers_.clear();
  listeners_.clear();
  for (auto& line : lines_) line->dialling.reset();
}

bool Lines::has_connections() const {
  return std::any_of(lines_.begin(), lines_.end(), [](const auto& line) { return line->connection != nullptr; });
}

void Lines::step(std::chrono::milliseconds timeout) {
  std::vector<pollfd> items;
  for (auto& line : lines_) {
    if (!is_closing_) dial(*line);
    if (line->connection) {
      const bool has_unsent = line->connection->has_unsent();
      items.push_back({line->connection->fd(), static_cast<short>(POLLIN | (has_unsent ? POLLOUT : 0)), 0});
    } else if (line->dialling && line->dialling->fd() >= 0) {
      items.push_back({line->dialling->fd(), POLLOUT, 0});
    }
  }
  for (auto& [place, listener] : listeners_) items.push_back({listener.fd(), POLLIN, 0});
  for (auto& stranger : strangers_) items.push_back({stranger.connection.fd(), POLLIN, 0});
  (void)::poll(items.data(), items.size(), static_cast<int>(timeout.count()));

  for (auto& [place, listener] : listeners_) welcome(listener);
  strangers_.remove_if([this](Stranger& stranger) { return introduce(stranger); });
  for (auto& line : lines_) read(*line);
}

void Lines::dial(Line& line) {
  if (!line.feed->options().is_initiator || line.connection) return;
  const auto& options = line.feed->options();
  if (!line.dialling) {
    if (Clock::now() < line.dial_at) return;
    line.dialling.emplace(options.host, options.port);
  }
  auto outcome = line.dialling->step();
  if (!outcome) return;
  line.dialling.reset();
  line.dial_at = Clock::now() + options.reconnect;
  if (!*outcome) {
    return line.feed->set_state(options.host + ":" + std::to_string(options.port) + ": " + outcome->error().reason);
  }
  line.connection = std::move(*outcome).value();
  line.is_broken = line.is_hung_up = false;
  line.feed->connected(line);
}

void Lines::read(Line& line) {
  if (!line.connection) return;
  if (!line.is_hung_up) {
    if (line.connection->has_unsent()) line.is_broken = !line.connection->send_unsent() || line.is_broken;
    for (int i = 0; i < kReadsMax && !line.is_hung_up; ++i) {
      const auto bytes = line.connection->read(kReadBytes);
      if (!bytes) return end(line, "the connection is over: " + bytes.error().reason);
      if (bytes->empty()) break;
      line.feed->take(*bytes);
    }
  }
  if (line.is_broken) return end(line, "the peer does not read what it is sent");
  // What the session had to say still, its Logout, was sent when it was said.
  if (line.is_hung_up) end(line, line.feed->state());
}

void Lines::end(Line& line, const std::string& why) {
  line.connection.reset();
  line.dial_at = Clock::now() + line.feed->options().reconnect;
  // A Logout says more than the end of the connection after it.
  line.feed->disconnected(line.is_hung_up ? line.feed->state() : why);
  line.is_broken = line.is_hung_up = false;
}

// --- who connects to us

void Lines::welcome(Listener& listener) {
  while (auto connection = listener.accept()) {
    Stranger stranger{std::move(*connection), Clock::now() + kStrangerTimeMax};
    if (strangers_.size() >= kStrangersMax) {
      refuse(stranger, "too many connections that have not logged on");
    } else {
      strangers_.push_back(std::move(stranger));
    }
  }
}

bool Lines::introduce(Stranger& stranger) {
  const auto refused = [&](const std::string& why) {
    refuse(stranger, why);
    return true;
  };
  const auto bytes = stranger.connection.read(kLogonBytesMax);
  if (!bytes) return refused("it ended before a Logon: " + bytes.error().reason);
  stranger.bytes += *bytes;
  stranger.framer.append(*bytes);
  const auto raw = stranger.framer.next();
  if (raw) {
    FixMessage message;
    message.read(*raw);
    if (message.get(tag::kMsgType) != "A") return refused("its first message is no Logon");
    return give_to_session(stranger, message);
  }
  if (stranger.bytes.size() > kLogonBytesMax) return refused("no Logon in its first 8 KiB");
  return Clock::now() >= stranger.deadline && refused("no Logon in 10 s");
}

bool Lines::give_to_session(Stranger& stranger, const FixMessage& logon) {
  const auto is_of = [&](const FixIdentity& identity) {
    return !identity.is_initiator && logon.get(8) == identity.begin_string &&
           logon.get(tag::kSenderCompId) == identity.target_comp_id &&
           logon.get(tag::kTargetCompId) == identity.sender_comp_id;
  };
  const auto line = std::find_if(lines_.begin(), lines_.end(),
                                 [&](const auto& candidate) { return is_of(candidate->feed->options().identity()); });
  if (line == lines_.end()) {
    refuse(stranger, "no session is of \"" + printable(logon.get(8)) + "\" with SenderCompID \"" +
                         printable(logon.get(tag::kSenderCompId)) + "\" and TargetCompID \"" +
                         printable(logon.get(tag::kTargetCompId)) + "\"");
    return true;
  }
  Line& own = **line;
  if (own.connection) {
    refuse(stranger, "session \"" + own.feed->options().name + "\" has a connection");
    return true;
  }
  own.connection = std::make_unique<Connection>(std::move(stranger.connection));
  own.is_broken = own.is_hung_up = false;
  own.feed->connected(own);
  own.feed->take(stranger.bytes);
  return true;
}

void Lines::refuse(const Stranger& stranger, const std::string& why) {
  refused_log_.tell({{"peer", stranger.connection.peer()}, {"reason", why}});
}

}  // namespace risk::drop_copy
