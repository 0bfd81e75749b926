// All that a scenario has beside the flow of executions, in order of time: see ScenarioPart, of which busts,
// corrections, duplicates and wild prices follow executions of the flow (amendments.hpp).
//
// Deterministic, and draws numbers of its own.
//
// Threads: one at a time. Times are since the simulation began.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "risk/wire/transaction.hpp"
#include "simulator/blotter.hpp"
#include "simulator/scenario/part.hpp"
#include "simulator/scenario/scenario.hpp"

namespace risk::simulator {

struct WorldOptions {
  Scenario scenario;
  std::uint64_t seed = 1;
  std::string id_prefix{};  // of the run
  std::uint32_t clients = 1;
  double rate = 1;                    // executions a second, by which the first corporate actions come
  std::string base_currency = "USD";  // of rates
};

class World {
 public:
  // `flow` are the listings of the flow; they and the blotter must outlive the world. Null: the scenario has none of
  // its parts.
  static std::unique_ptr<World> make(const WorldOptions& options, Timestamp start, const std::vector<Listing>& flow,
                                     Blotter& blotter);

  // Writes the next record that is due not after `until` over `input`, and returns when it is due. Nothing: there is
  // none.
  std::optional<std::chrono::nanoseconds> take(std::chrono::nanoseconds until, wire::Input& input);

  // What becomes of an execution that is due at `now`: it is left to the flow, is this one, or comes later or never.
  enum class Turn { kOfTheFlow, kWritten, kNothing };
  Turn next_execution(std::chrono::nanoseconds now, engine::Transaction& transaction);

 private:
  World(const WorldOptions& options, Timestamp start, const std::vector<Listing>& flow, Blotter& blotter);

  void add_price();

  const std::vector<Listing>& flow_;
  Popularity flow_popularity_;
  Random random_;
  Random price_random_;
  Agenda agenda_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::chrono::nanoseconds next_price_;
};

}  // namespace risk::simulator
