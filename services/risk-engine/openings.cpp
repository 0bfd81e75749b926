#include "risk-engine/openings.hpp"

#include <set>

#include "risk/base/check.hpp"

namespace risk::risk_engine {
namespace {

std::pair<std::string, std::string> key_of(const engine::OpeningPosition& position) {
  return {position.client_id.text, position.symbol.text};
}

}  // namespace

void Openings::expect(std::span<const engine::OpeningPosition* const> next) {
  stored_.clear();
  std::set<store::OpeningKey> keys;
  for (const auto* position : next) {
    if (!uncommitted_.contains(key_of(*position))) keys.insert({position->client_id.text, position->symbol.text});
  }
  if (keys.empty()) return;
  RISK_CHECK(find_);
  const std::vector<store::OpeningKey> asked(keys.begin(), keys.end());
  for (auto& position : find_(asked)) {
    auto key = key_of(position);
    stored_.emplace(std::move(key), std::move(position));
  }
}

bool Openings::is_duplicate(const engine::OpeningPosition& position) const {
  const auto key = key_of(position);
  const auto applied = uncommitted_.find(key);
  if (applied != uncommitted_.end()) return applied->second.position == position;
  const auto stored = stored_.find(key);
  return stored != stored_.end() && stored->second == position;
}

void Openings::note(const engine::OpeningPosition& position, std::uint64_t apply_seq) {
  uncommitted_.insert_or_assign(key_of(position), Applied{apply_seq, position});
}

void Openings::note_committed(std::uint64_t apply_seq) {
  std::erase_if(uncommitted_, [apply_seq](const auto& applied) { return applied.second.apply_seq <= apply_seq; });
}

}  // namespace risk::risk_engine
