#include "risk-engine/snapshotter.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "risk/base/os.hpp"
#include "risk/service/log.hpp"

namespace risk::risk_engine {
namespace {

constexpr std::size_t kSnapshotsKept = 2;
constexpr int kPipeBytes = 1 << 20;
constexpr int kWaitMs = 20;  // for the child, while commits wait
constexpr int kChildNiceness = 10;
constexpr std::int64_t kNanosPerDay = kSecondsPerDay * kNanosPerSecond;

// In the pipe: each chunk behind its length, then a length of zero and the state hash.
using Length = std::uint32_t;
constexpr std::size_t kHashBytes = 32;

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) ::_exit(1);  // the parent has given up
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

// What the child does: nothing but this. It has the parent's sockets and connections as long as it lives, which must
// not outlive the parent nor hold its ports.
[[noreturn]] void save_into(int fd, const engine::Core& core, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  if (fd > 0) ::close_range(0, static_cast<unsigned>(fd) - 1, 0);
  ::close_range(static_cast<unsigned>(fd) + 1, ~0U, 0);
  [[maybe_unused]] const int niceness = ::nice(kChildNiceness);
  const auto write_length = [fd](std::size_t size) {
    const auto length = static_cast<Length>(size);
    char bytes[sizeof length];
    std::memcpy(bytes, &length, sizeof length);
    write_all(fd, {bytes, sizeof bytes});
  };
  core.save([&](std::string_view chunk) {
    write_length(chunk.size());
    write_all(fd, chunk);
  });
  write_length(0);
  write_all(fd, core.state_hash());
  ::_exit(0);
}

}  // namespace

Snapshotter::Snapshotter(const SnapshotterOptions& options, std::uint64_t stored_seq, service::Metrics& metrics)
    : options_(options),
      stall_seconds_(metrics.histogram("risk_snapshot_stall_seconds", "How long a snapshot held up applying",
                                       {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25})),
      stored_(metrics.counter("risk_snapshots_total", "Snapshots of the core stored")),
      bytes_(metrics.gauge("risk_snapshot_bytes", "Size of the newest snapshot")),
      begun_seq_(stored_seq) {}

Snapshotter::~Snapshotter() {
  end();
}

bool Snapshotter::is_due(std::uint64_t apply_seq) const {
  if (running_ || apply_seq == begun_seq_) return false;
  const auto since = Clock::now() - begun_at_;
  return since >= options_.interval || (apply_seq - begun_seq_ >= options_.inputs_max && since >= options_.pause);
}

void Snapshotter::begin(const engine::Core& core, std::uint64_t apply_seq, Timestamp wall) {
  const auto started = Clock::now();
  begun_at_ = started;
  begun_seq_ = apply_seq;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return service::log_warning("no snapshot", {{"reason", errno_text(errno)}});
  ::fcntl(ends[1], F_SETPIPE_SZ, kPipeBytes);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) save_into(ends[1], core, parent);
  ::close(ends[1]);
  if (child < 0) {
    service::log_warning("no snapshot", {{"reason", errno_text(errno)}});
    ::close(ends[0]);
    return;
  }
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  child_ = child;
  pipe_ = ends[0];
  received_.clear();
  info_ = {apply_seq, "", 0, 0, wall};
  running_ = true;
  stall_seconds_.observe(std::chrono::duration<double>(Clock::now() - started).count());
}

std::optional<store::DroppedDays> Snapshotter::write_next(store::Store& store) {
  try {
    return write(store);
  } catch (const store::StoreUnavailable&) {
    throw;
  } catch (const store::StoreConflict&) {
    throw;
  } catch (const store::StoreLost&) {
    throw;
  } catch (const store::StoreError& error) {
    give_up(error.what());
    return std::nullopt;
  }
}

std::optional<store::DroppedDays> Snapshotter::write(store::Store& store) {
  if (!running_ || !fill(sizeof(Length))) return std::nullopt;
  Length length;
  std::memcpy(&length, received_.data(), sizeof length);
  if (length == 0) {
    if (!fill(sizeof length + kHashBytes)) return std::nullopt;
    info_.state_hash = engine::kept_hash(std::string_view(received_).substr(sizeof length, kHashBytes));
    return finish(store);
  }
  if (!fill(sizeof length + length)) return std::nullopt;
  store.write_snapshot_chunk(info_.apply_seq, info_.chunk_count, std::string_view(received_).substr(sizeof length));
  ++info_.chunk_count;
  info_.bytes += length;
  received_.clear();
  return std::nullopt;
}

bool Snapshotter::fill(std::size_t bytes) {
  while (received_.size() < bytes) {
    char block[1 << 16];
    const auto got = ::read(pipe_, block, std::min(sizeof block, bytes - received_.size()));
    if (got > 0) {
      received_.append(block, static_cast<std::size_t>(got));
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) {
      pollfd wait{pipe_, POLLIN, 0};
      if (::poll(&wait, 1, kWaitMs) > 0) continue;
      return false;
    }
    give_up("the process that saves it died");
    return false;
  }
  return true;
}

std::optional<store::DroppedDays> Snapshotter::finish(store::Store& store) {
  const auto stored = store.snapshots();
  // It may be, when the connection broke just after.
  const bool is_stored = std::any_of(
      stored.begin(), stored.end(), [&](const store::SnapshotInfo& info) { return info.apply_seq == info_.apply_seq; });
  if (!is_stored) store.finish_snapshot(info_, kSnapshotsKept);
  stored_.add();
  bytes_.set(static_cast<double>(info_.bytes));
  service::log_info("snapshot stored",
                    {{"apply_seq", info_.apply_seq}, {"bytes", info_.bytes}, {"state_hash", info_.state_hash}});
  const Timestamp taken_at = info_.taken_at;
  end();
  if (options_.retention_days == 0) return std::nullopt;
  // A damaged newest snapshot must find the inputs after the one before.
  const auto kept = store.snapshots();
  if (kept.size() < kSnapshotsKept) return std::nullopt;
  const auto dropped =
      store.drop_days({taken_at.nanos - options_.retention_days * kNanosPerDay}, kept.back().apply_seq);
  if (dropped.days > 0) service::log_info("dropped old inputs", {{"days", dropped.days}, {"rows", dropped.rows}});
  return dropped;
}

// Without a snapshot the next start takes longer, no more.
void Snapshotter::give_up(const std::string& why) {
  service::log_warning("no snapshot", {{"apply_seq", info_.apply_seq}, {"reason", why}});
  end();
}

void Snapshotter::end() {
  if (child_ > 0) {
    ::kill(child_, SIGKILL);
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
    ::close(pipe_);
    child_ = -1;
    pipe_ = -1;
  }
  running_ = false;
}

}  // namespace risk::risk_engine
