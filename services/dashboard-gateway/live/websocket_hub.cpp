#include "dashboard-gateway/live/websocket_hub.hpp"

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <condition_variable>
#include <mutex>
#include <unordered_map>

#include "dashboard-gateway/live/websocket_client.hpp"
#include "risk/http/peers.hpp"

namespace risk::gateway {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

}  // namespace

// Everything happens on the strand, but for what says otherwise.
class WebSocketHub::Impl : public std::enable_shared_from_this<WebSocketHub::Impl> {
 public:
  Impl(asio::io_context& io, const WebSocketHubOptions& options, LiveModel& model, SystemStatus& status,
       service::Metrics& metrics)
      : io_(io),
        options_(options),
        model_(model),
        status_(status),
        strand_(asio::make_strand(io)),
        timer_(strand_),
        clients_gauge_(metrics.gauge("gateway_websocket_clients", "Clients of the live stream.")),
        frames_sent_(metrics.counter("gateway_frames_sent_total", "Snapshots and deltas given to clients.")),
        slow_clients_(
            metrics.counter("gateway_slow_clients_total", "Clients closed for taking their frames too slowly.")),
        flooding_clients_(metrics.counter("gateway_flooding_clients_total",
                                          "Clients of the live stream closed for sending too much.")),
        frame_seconds_(metrics.histogram("gateway_frame_seconds", "Time to write a delta for all clients.",
                                         {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1})) {}

  void start() {
    asio::dispatch(strand_, [self = shared_from_this()] { self->schedule(Clock::now()); });
  }

  void set_on_flood(OnFlood on_flood) { on_flood_ = std::move(on_flood); }

  // Any thread.
  void add(http::Upgrade upgrade) {
    ++count_;
    WebSocketClient::Handlers handlers;
    // The count follows the client's life, also when it never came to be open.
    auto counted = std::shared_ptr<void>(nullptr, [self = shared_from_this()](void*) { self->one_less(); });
    handlers.on_open = [self = shared_from_this(), counted,
                        peer = http::peer_of(upgrade.address())](std::shared_ptr<WebSocketClient> client) {
      asio::post(self->strand_, [self, peer, client = std::move(client)] { self->join(client, peer); });
    };
    handlers.on_gone = [self = shared_from_this()](WebSocketClient* client) {
      asio::post(self->strand_, [self, client] { self->leave(client); });
    };
    handlers.on_slow = [self = shared_from_this()] { self->slow_clients_.add(); };
    handlers.on_flood = [self = shared_from_this(), address = upgrade.address()] {
      self->flooding_clients_.add();
      if (self->on_flood_) self->on_flood_(address);
    };
    const WebSocketClientOptions client_options{options_.pong_max, options_.close_max, options_.client_bytes_max,
                                                options_.client_input_bytes_max,
                                                options_.client_input_bytes_per_second_max};
    open_websocket(io_, std::move(upgrade), client_options, std::move(handlers));
  }

  std::size_t clients() const { return count_; }
  bool full() const { return stopping_ || count_ >= options_.clients_max; }

  void stop(std::chrono::milliseconds time) {
    if (!stopping_.exchange(true)) {
      asio::post(strand_, [self = shared_from_this()] {
        self->timer_.cancel();
        for (const auto& [key, client] : self->clients_) client->close(kCloseGoingAway);
      });
    }
    std::unique_lock lock(gone_mutex_);
    gone_.wait_for(lock, time, [this] { return count_ == 0; });
  }

 private:
  void one_less() {
    std::lock_guard lock(gone_mutex_);
    --count_;
    clients_gauge_.set(static_cast<double>(count_));
    gone_.notify_all();
  }

  void join(const std::shared_ptr<WebSocketClient>& client, const std::string& peer) {
    if (stopping_) return client->close(kCloseGoingAway);
    const Frame snapshot = snapshot_for(peer);
    if (!snapshot) {
      slow_clients_.add();
      return client->close(kCloseTooSlow);
    }
    clients_.emplace(client.get(), client);
    clients_gauge_.set(static_cast<double>(count_));
    client->send_snapshot(snapshot);
    frames_sent_.add();
  }

  // Clients that come between two deltas share one snapshot: the next delta brings all of them up to date. A client
  // that does not take its snapshot keeps it, so each address has a bound of those; nothing when it is reached.
  Frame snapshot_for(const std::string& peer) {
    if (!snapshot_) {
      snapshot_ =
          std::make_shared<const std::string>(model_.snapshot(number_, status_.json(Clock::now()), Clock::now()));
      snapshot_leases_.clear();
    }
    std::shared_ptr<void> lease = snapshot_leases_[peer].lock();
    if (!lease) lease = unsent_.hold_answer(peer, snapshot_->size());
    if (!lease) return nullptr;
    snapshot_leases_[peer] = lease;
    struct Held {
      Frame frame;
      std::shared_ptr<void> lease;
    };
    const auto held = std::make_shared<const Held>(Held{snapshot_, std::move(lease)});
    return {held, held->frame.get()};
  }

  // The pointer may be of a client that is no more: it is only a key.
  void leave(WebSocketClient* client) { clients_.erase(client); }

  void schedule(Clock::time_point from) {
    timer_.expires_at(from + options_.frame_interval);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code stopped) {
      if (!stopped && !self->stopping_) self->tick();
    });
  }

  void tick() {
    const auto now = Clock::now();
    if (model_.take_discontinuity()) ++number_;  // left out: clients come back for a snapshot
    if (clients_.empty()) {
      model_.forget_changes();
      snapshot_.reset();
      last_frame_ = now;
    } else {
      send_delta(now);
    }
    schedule(now);
  }

  void send_delta(Clock::time_point now) {
    const bool system_due = now - last_system_ >= options_.system_interval;
    auto text = model_.delta(number_ + 1, system_due ? status_.json(now) : "", now);
    if (!text && now - last_frame_ < options_.silence_max) return;
    ++number_;
    if (!text) text = R"({"type":"delta","number":)" + std::to_string(number_) + "}";
    if (system_due) last_system_ = now;
    last_frame_ = now;
    snapshot_.reset();
    const Frame frame = std::make_shared<const std::string>(std::move(*text));
    for (const auto& [key, client] : clients_) client->send(frame);
    frames_sent_.add(static_cast<double>(clients_.size()));
    frame_seconds_.observe(std::chrono::duration<double>(Clock::now() - now).count());
  }

  asio::io_context& io_;
  const WebSocketHubOptions options_;
  LiveModel& model_;
  SystemStatus& status_;
  asio::strand<asio::io_context::executor_type> strand_;
  asio::steady_timer timer_;
  service::Gauge& clients_gauge_;
  service::Counter& frames_sent_;
  service::Counter& slow_clients_;
  service::Counter& flooding_clients_;
  service::Histogram& frame_seconds_;
  OnFlood on_flood_;

  std::unordered_map<WebSocketClient*, std::shared_ptr<WebSocketClient>> clients_;
  std::uint64_t number_ = 0;
  Frame snapshot_;  // of number_, while it is the latest
  http::Peers unsent_{{0, 0, options_.address_snapshot_bytes_max}};
  std::unordered_map<std::string, std::weak_ptr<void>> snapshot_leases_;  // of snapshot_, by peer
  Clock::time_point last_frame_ = Clock::now();
  Clock::time_point last_system_;

  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> count_{0};
  std::mutex gone_mutex_;
  std::condition_variable gone_;
};

WebSocketHub::WebSocketHub(asio::io_context& io, const WebSocketHubOptions& options, LiveModel& model,
                           SystemStatus& status, service::Metrics& metrics)
    : impl_(std::make_shared<Impl>(io, options, model, status, metrics)) {
  impl_->start();
}

WebSocketHub::~WebSocketHub() {
  stop(std::chrono::milliseconds(0));
}

void WebSocketHub::set_on_flood(OnFlood on_flood) {
  impl_->set_on_flood(std::move(on_flood));
}

void WebSocketHub::add(http::Upgrade upgrade) {
  impl_->add(std::move(upgrade));
}

bool WebSocketHub::full() const {
  return impl_->full();
}

std::size_t WebSocketHub::clients() const {
  return impl_->clients();
}

void WebSocketHub::stop(std::chrono::milliseconds time) {
  impl_->stop(time);
}

}  // namespace risk::gateway
