#include "risk-engine/recovery.hpp"

#include <algorithm>
#include <future>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "risk/service/log.hpp"

namespace risk::risk_engine {
namespace {

struct Stopped {};

// Whether the snapshot's state hash can be compared; else says so.
bool is_comparable(const store::SnapshotInfo& info) {
  if (engine::is_comparable_hash(info.state_hash)) return true;
  service::log_warning("a snapshot's state hash is of another version and not compared",
                       {{"apply_seq", info.apply_seq}, {"state_hash", info.state_hash}});
  return false;
}

std::string joined(const std::vector<std::string>& findings) {
  std::string text;
  for (const std::string& finding : findings) text += (text.empty() ? "" : "; ") + finding;
  return text;
}

// The core of a snapshot, or why there is none.
Result<engine::Core> load(store::Store& store, const store::SnapshotInfo& info, engine::HashKey key) {
  std::uint32_t next = 0;
  engine::SnapshotFormat format;
  auto core = engine::Core::load([&] { return store.snapshot_chunk(info.apply_seq, next++); }, key, {}, &format);
  if (format.is_newer) {
    return Error{"it is of version " + std::to_string(format.version) + ", newer than this program reads"};
  }
  if (!core) return Error{"it is damaged: " + core.error().reason};
  // Each looks at the whole state and takes about as long as the other.
  auto hashing = std::async(std::launch::async, [&] { return core->state_hash(); });
  const auto findings = core->verify();
  const auto hash = hashing.get();
  if (!findings.empty()) return Error{"it holds what cannot be: " + joined(findings)};
  if (format.is_older) {
    service::log_info("a snapshot is in an older format, which is read",
                      {{"apply_seq", info.apply_seq}, {"version", format.version}});
  }
  if (format.unknown_fields > 0) {
    service::log_warning("a snapshot has fields of a newer program, which are left out",
                         {{"apply_seq", info.apply_seq}, {"fields", format.unknown_fields}});
    return core;  // they are in its state hash
  }
  if (!is_comparable(info)) return core;
  if (engine::kept_hash(hash) != info.state_hash) {
    return Error{"it is damaged: its state hash is " + engine::kept_hash(hash) + ", not " + info.state_hash};
  }
  return core;
}

// What the recovered core and the firm's stored row do not agree about; nothing when all is well.
std::optional<std::string> contradiction(const engine::ExposureRow& core,
                                         const std::optional<engine::ExposureRow>& stored) {
  if (!stored) return std::nullopt;  // nothing was ever traded or held
  const auto differ = [](const char* what, const std::string& ours, const std::string& theirs) {
    return std::string("the firm's ") + what + " is " + ours + ", stored is " + theirs;
  };
  const auto& ours = core.exposure;
  const auto& theirs = stored->exposure;
  const std::pair<const char*, std::pair<Notional, Notional>> amounts[] = {
      {"long", {ours.long_value, theirs.long_value}},
      {"short", {ours.short_value, theirs.short_value}},
      {"turnover", {ours.turnover, theirs.turnover}},
      {"P&L", {core.pnl, stored->pnl}}};
  for (const auto& [what, values] : amounts) {
    const auto text = values.first.to_string();  // as it is stored: with 4 places
    if (text != values.second.to_string()) return differ(what, text, values.second.to_string());
  }
  if (core.transaction_count != stored->transaction_count) {
    return differ("number of transactions", std::to_string(core.transaction_count),
                  std::to_string(stored->transaction_count));
  }
  return std::nullopt;
}

void load_identities(store::Store& store, Executions& executions) {
  store.identity_pieces(0, [&](const store::IdentityPieceRow& piece) {
    if (executions.load(piece)) return;
    service::log_error("the identities of executions cannot be read, making them anew",
                       {{"first_apply_seq", piece.first_apply_seq}, {"last_apply_seq", piece.last_apply_seq}});
  });
}

}  // namespace

Recovery recover(store::Store& store, store::Reader& reader, engine::HashKey key,
                 const std::function<bool(std::uint64_t, std::uint64_t)>& go_on) {
  const auto snapshots = store.snapshots();
  Recovery recovery;
  recovery.processor = std::make_unique<Processor>(store.resume_point(), reader.quarantine_count(), key);
  auto& processor = *recovery.processor;
  for (const auto& info : snapshots) {  // the newest first
    auto core = load(store, info, key);
    if (core) {
      processor.load(std::move(core).value(), info.apply_seq);
      recovery.snapshot_seq = info.apply_seq;
      break;
    }
    service::log_error("a snapshot cannot be used, going back to the one before",
                       {{"apply_seq", info.apply_seq}, {"reason", core.error().reason}});
  }
  const auto last = processor.last_apply_seq();
  auto& executions = processor.executions();
  load_identities(store, executions);
  // The inputs before the snapshot are read where the identities of their executions are not stored, as before this was
  // done, or damaged.
  const auto after = std::min(recovery.snapshot_seq, executions.first_lacking() - 1);
  if (after < recovery.snapshot_seq) {
    service::log_info("reading earlier inputs for what executions were applied", {{"after", after}});
  }
  try {
    store.replay(after, [&](const store::AppliedInput& input) {
      if (input.apply_seq <= recovery.snapshot_seq) {
        executions.restore(input);
        if (!go_on(input.apply_seq, last)) throw Stopped{};
        return;
      }
      processor.restore(input);
      ++recovery.inputs;
      // A snapshot that was passed over still says what the state must be there.
      const auto passed = std::find_if(snapshots.begin(), snapshots.end(), [&](const store::SnapshotInfo& info) {
        return info.apply_seq == input.apply_seq;
      });
      if (passed != snapshots.end() && is_comparable(*passed)) {
        const auto hash = engine::kept_hash(processor.core().state_hash());
        if (hash != passed->state_hash) {
          throw store::StoreError("at input " + std::to_string(input.apply_seq) + " the state hash is " + hash +
                                  ", the snapshot's was " + passed->state_hash);
        }
      }
      if (!go_on(input.apply_seq, last)) throw Stopped{};
    });
  } catch (const Stopped&) {
    return {};
  }
  store::QuarantineFilter awaiting{store::QuarantineKind::kAwaiting, true};
  awaiting.limit = engine::Awaiting<store::Origin>::kMost;
  auto rows = reader.quarantine(awaiting);  // the newest first
  std::for_each(rows.rbegin(), rows.rend(), [&](auto& row) { processor.restore(std::move(row)); });
  store::QuarantineFilter held{store::QuarantineKind::kHeld, true};
  held.limit = std::numeric_limits<std::uint32_t>::max();  // at most one a symbol
  for (auto& row : reader.quarantine(held)) processor.restore(std::move(row));
  if (const auto problem = contradiction(processor.core().firm_row(), reader.firm_exposure())) {
    const auto from = recovery.snapshot_seq == 0 ? std::string("the inputs")
                                                 : "the inputs after snapshot " + std::to_string(recovery.snapshot_seq);
    throw store::StoreError(from + " do not lead to what is stored: " + *problem);
  }
  return recovery;
}

}  // namespace risk::risk_engine
