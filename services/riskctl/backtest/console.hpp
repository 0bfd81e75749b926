// What a run tells on stderr while it goes on: the inputs that cannot be applied, and on a terminal how far it has
// come.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

#include "risk/engine/types.hpp"

namespace risk::riskctl {

class Console {
 public:
  static constexpr std::uint64_t kNamedMax = 20;

  // `err` must outlive it.
  Console(std::ostream& err, bool shows_progress);
  ~Console() { erase(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // Names the input at `place` ("fills.csv:12"); after kNamedMax of them it only counts.
  void reject(const std::string& place, const engine::Rejection& rejection);

  // How many rows of the file its format knows to be no executions; nothing for 0.
  void note_filtered(const std::string& path, std::uint64_t rows);

  // `done` of `total` is read; 0 when the total is not known. Draws at most ten times a second.
  void progress(std::uint64_t done, std::uint64_t total, std::uint64_t transactions);

  // Erases the progress and says how many inputs were not named.
  void finish();

 private:
  void erase();

  std::ostream& err_;
  bool shows_progress_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_draw_{};
  std::uint64_t rejected_ = 0;
};

}  // namespace risk::riskctl
