// What drop-copy can be told: command line, environment, YAML section `drop_copy`.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "drop-copy/session_options.hpp"
#include "risk/service/options.hpp"
#include "risk/service/run.hpp"
#include "risk/settings/curve.hpp"
#include "risk/settings/log.hpp"
#include "risk/settings/settings.hpp"

namespace risk::drop_copy {

struct Options {
  Options();

  service::CommonOptions common;
  settings::BindOptions bind;
  settings::CurveOptions curve;
  std::uint16_t port = 5553;         // 0 takes a free one
  std::uint16_t replay_port = 5554;  // the same
  settings::JournalOptions journal;  // its folder has one of each session
  std::string stream_name;           // drop-copy@HOSTNAME; a session's stream is this, "/" and its name
  std::deque<SessionOptions> sessions;

  settings::JournalOptions journal_of(const SessionOptions& session) const;
  std::string stream_of(const SessionOptions& session) const { return stream_name + "/" + session.name; }
};

void add_options(service::OptionSet& set, Options& options);

// Reads all sources. Nothing: go on; else the exit status.
std::optional<int> read_options(Options& options, int argc, const char* const* argv);

}  // namespace risk::drop_copy
