// The inputs of a commit as bytes, about a third of what they take as values: a database in memory keeps them all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "risk/store/rows.hpp"

namespace risk::store {

class PackedInputs {
 public:
  // Precondition: at least one, rising apply_seq.
  explicit PackedInputs(const AppliedInputs& inputs);

  std::vector<AppliedInput> unpack() const;
  std::size_t size() const { return size_; }
  std::uint64_t first_apply_seq() const { return first_apply_seq_; }
  std::uint64_t last_apply_seq() const { return last_apply_seq_; }

 private:
  std::string bytes_;
  std::size_t size_;
  std::uint64_t first_apply_seq_;
  std::uint64_t last_apply_seq_;
};

}  // namespace risk::store
