// The reader of snapshots: any chunks, and any body in chunks whose checksums are right, are refused with a reason or
// give a core that can be gone on from and saved again. A loader looks at one thing at a time, so what it accepts may
// still be what cannot be; verify() tells, and a recovery does not use it.
#include <cstdio>
#include <string>
#include <vector>

#include "input.hpp"
#include "risk/base/check.hpp"
#include "risk/engine/core.hpp"
#include "snapshot_stream.hpp"
#include "support/snapshots.hpp"

namespace {

using namespace risk;
using namespace risk::engine;

// What verify() finds nothing in stays so.
void check_sound(const Core& core) {
  for (const std::string& finding : core.verify()) std::fprintf(stderr, "%s\n", finding.c_str());
  RISK_CHECK(core.verify().empty());
}

void go_on(Core core) {
  const bool is_sound = core.verify().empty();
  std::vector<AlertEvent> events;
  const std::int64_t now = core.now() ? core.now()->nanos : 0;
  Transaction t;
  t.transaction_id = "T";
  t.executed_at = {std::min(now + kNanosPerSecond, kTimestampMax.nanos)};
  t.client_id.text = core.client_rows().empty() ? "C" : core.client_rows().front().id;
  t.symbol.text = core.symbol_rows().empty() ? "S" : core.symbol_rows().back().id;
  t.side = Side::kSell;
  t.quantity = Quantity::from_whole(7);
  t.price = Price::from_whole(9);
  (void)core.apply(t, events);
  t.client_id.text = "new";
  (void)core.apply(t, events);
  core.tick({std::min(now + 400 * kNanosPerSecond, kTimestampMax.nanos)}, events);
  core.set_rules(RuleSet{});
  core.tick({std::min(now + 90'000 * kNanosPerSecond, kTimestampMax.nanos)}, events);
  if (is_sound) check_sound(core);
  const auto again = load(save(core));
  RISK_CHECK(again.ok());
  if (is_sound) check_sound(*again);
  RISK_CHECK(again->state_hash() == core.state_hash());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (auto loaded = load(Chunks{std::string(bytes)})) go_on(std::move(loaded).value());

  // The body of an empty core in front brings a fuzzer past the rules; a whole body is tried as it is.
  static const std::string kEmpty = save(Core(RuleSet{})).front().substr(kChunkHeadBytes);
  for (const std::string& body : {std::string(bytes), kEmpty.substr(0, kEmpty.size() - 13) + std::string(bytes)}) {
    if (body.empty()) continue;
    auto loaded = load(Chunks{make_chunk(0, std::string_view(body).substr(0, kPayloadBytesMax))});
    if (loaded) {
      go_on(std::move(loaded).value());
    } else {
      RISK_CHECK(!loaded.error().reason.empty());
    }
  }
  return 0;
}
