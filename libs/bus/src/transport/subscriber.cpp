#include "risk/bus/subscriber.hpp"

#include "transport/subscriber_core.hpp"

namespace risk::bus {

std::string conflicts(const std::vector<StreamStatus>& streams) {
  std::string all;
  for (const auto& stream : streams) {
    if (!stream.conflict.empty()) all += (all.empty() ? "" : "; ") + stream.conflict;
  }
  return all;
}

class Subscriber::Impl {
 public:
  Impl(SubscriberOptions options, SubscriberHandlers handlers)
      : core(std::move(options), std::move(handlers), &look_up) {}
  SubscriberCore core;
};

Subscriber::Subscriber(SubscriberOptions options, SubscriberHandlers handlers)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handlers))) {}
Subscriber::~Subscriber() = default;

void Subscriber::resume_after(const StreamId& stream, std::uint64_t epoch, std::uint64_t sequence,
                              std::optional<std::uint64_t> hash) {
  impl_->core.resume_after(stream, epoch, sequence, hash);
}
void Subscriber::commit(const StreamId& stream, std::uint64_t epoch, std::uint64_t sequence) {
  impl_->core.commit(stream, epoch, sequence);
}
std::size_t Subscriber::poll(std::chrono::milliseconds timeout, std::size_t records_max) {
  return impl_->core.poll(timeout, records_max);
}
void Subscriber::wake() {
  impl_->core.wake();
}
std::vector<StreamStatus> Subscriber::streams() const {
  return impl_->core.streams();
}
const SubscriberCounters& Subscriber::counters() const {
  return impl_->core.counters();
}

}  // namespace risk::bus
