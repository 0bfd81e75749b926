// How an engine that starts comes to the state of the last commit: the newest snapshot that is whole, and the inputs
// after it, applied again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "risk-engine/processor.hpp"
#include "risk/store/reader.hpp"
#include "risk/store/store.hpp"

namespace risk::risk_engine {

struct Recovery {
  std::unique_ptr<Processor> processor;  // none: told to stop
  std::uint64_t snapshot_seq = 0;        // of the snapshot it began with; 0: with nothing
  std::uint64_t inputs = 0;              // applied again
};

// `go_on` is told after each input, with how many there are to be; false stops. `key` is the core's. A snapshot that is
// damaged, of a newer version, or holds what cannot be is passed over for the one before, and in the end for the inputs
// from the first. Throws StoreError when the inputs do not lead to the state of a snapshot that was passed over, or to
// what is stored.
Recovery recover(store::Store& store, store::Reader& reader, engine::HashKey key,
                 const std::function<bool(std::uint64_t apply_seq, std::uint64_t last)>& go_on);

}  // namespace risk::risk_engine
