// Entities by index (in order of appearance) and by id; their addresses are stable.
#pragma once

#include <tsl/robin_map.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace risk::engine {

template <class T>  // has a std::string id
class EntityTable {
 public:
  using Index = std::uint32_t;

  std::optional<Index> find(std::string_view id) const {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return std::nullopt;
    return found->second;
  }

  Index find_or_add(std::string_view id) {
    if (const auto found = find(id)) return *found;
    const auto index = static_cast<Index>(entities_.size());
    entities_.emplace_back().id = std::string(id);
    by_id_.emplace(entities_.back().id, index);
    return index;
  }

  T& operator[](Index index) { return entities_[index]; }
  const T& operator[](Index index) const { return entities_[index]; }
  std::size_t size() const { return entities_.size(); }

  // Every index, in byte order of id.
  const std::vector<Index>& in_order() const {
    if (order_.size() != entities_.size()) {
      const auto sorted = static_cast<std::ptrdiff_t>(order_.size());
      for (auto index = static_cast<Index>(sorted); index < entities_.size(); ++index) order_.push_back(index);
      const auto before = [this](Index a, Index b) { return entities_[a].id < entities_[b].id; };
      std::sort(order_.begin() + sorted, order_.end(), before);
      std::inplace_merge(order_.begin(), order_.begin() + sorted, order_.end(), before);
    }
    return order_;
  }

 private:
  std::deque<T> entities_;
  tsl::robin_map<std::string_view, Index> by_id_;
  mutable std::vector<Index> order_;  // sorted but for the entities that came after the last call
};

}  // namespace risk::engine
