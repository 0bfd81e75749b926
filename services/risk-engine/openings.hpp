// Which opening position was applied last for each client and symbol, exactly, over all that is stored: one that comes
// again must not set a position back that trades have moved since. Those that are not committed yet are kept here, all
// others are looked up in the store: they come a few at a time, unlike executions.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "risk/engine/types.hpp"
#include "risk/store/reader.hpp"

namespace risk::risk_engine {

class Openings {
 public:
  // Asks the store: Reader::latest_openings. What it throws goes through expect(), which has then changed nothing that
  // lasts.
  using Find = std::function<std::vector<engine::OpeningPosition>(std::span<const store::OpeningKey>)>;

  void set_find(Find find) { find_ = std::move(find); }

  // What comes next; asks the store about it, at once. They must outlive their judgement.
  void expect(std::span<const engine::OpeningPosition* const> next);
  // Of one of those that are expected: whether the latest of its client and symbol that was applied, here or before, is
  // the same in every field.
  bool is_duplicate(const engine::OpeningPosition& position) const;
  // It was applied as this input. Precondition: apply_seq rises.
  void note(const engine::OpeningPosition& position, std::uint64_t apply_seq);
  // Inputs up to this one can be found in the store.
  void note_committed(std::uint64_t apply_seq);

 private:
  struct Applied {
    std::uint64_t apply_seq = 0;
    engine::OpeningPosition position;
  };
  using Key = std::pair<std::string, std::string>;  // client, symbol

  Find find_;
  std::map<Key, Applied> uncommitted_;
  std::map<Key, engine::OpeningPosition> stored_;  // of those that are expected
};

}  // namespace risk::risk_engine
