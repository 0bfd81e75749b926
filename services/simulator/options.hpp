// What the simulator can be told: command line, environment, YAML section `simulator`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "risk/service/options.hpp"
#include "risk/service/run.hpp"
#include "risk/settings/curve.hpp"
#include "risk/settings/input_format.hpp"
#include "risk/settings/log.hpp"
#include "risk/settings/settings.hpp"
#include "simulator/scenario/scenario.hpp"
#include "simulator/source.hpp"

namespace risk::simulator {

struct Options {
  Options();

  service::CommonOptions common;
  settings::BindOptions bind;
  settings::CurveOptions curve;
  std::uint16_t port = 5551;         // 0 takes a free one
  std::uint16_t replay_port = 5552;  // the same
  settings::JournalOptions journal;
  bool resume = false;      // go on in the input where the journal ends
  std::string stream_name;  // simulator@HOSTNAME

  double rate = 2;         // transactions a second
  double spike_rate = 10;  // the same, during a spike
  double fat_finger_probability = 0.0005;
  std::optional<Scenario> scenario;              // none: everything without an end, nothing of a finite run
  std::string base_currency = "USD";             // the engine's, in which simulated rates are
  std::optional<double> reversal_probability;    // none: as the scenario has it
  std::optional<double> duplicate_probability;   // the same
  std::optional<double> wild_price_probability;  // the same
  std::optional<std::uint64_t> seed;             // none: random
  std::uint32_t clients = 50;
  std::uint32_t symbols = 20;
  std::uint64_t count = 0;  // transactions to generate; 0: without end

  std::string positions_path;                   // "": none
  std::string replay_path;                      // "": generate
  std::string adjustments_path;                 // beside the replay; "": none
  std::string instruments_path;                 // beside the replay; "": none
  std::string prices_path;                      // beside the replay; "": none
  std::string rates_path;                       // beside the replay; "": none
  std::chrono::milliseconds ahead_max{60'000};  // of the replay: see make_replay_source
  settings::InputFormatOptions input_format;    // of the replay
  Speed speed;                                  // of the replay
};

// What is to be generated, but for what differs from run to run: the id, and a seed that is random.
GeneratorOptions generator_options(const Options& options);

void add_options(service::OptionSet& set, Options& options);

// Reads all sources. Nothing: go on; else the exit status.
std::optional<int> read_options(Options& options, int argc, const char* const* argv);

}  // namespace risk::simulator
