// How a file of executions is read: the canonical CSV, or a foreign format by its name or file, with what the user adds
// to it. Threads: one, at the start of main.
#pragma once

#include <string>

#include "risk/ingest/format.hpp"
#include "risk/service/options.hpp"

namespace risk::settings {

struct InputFormatOptions {
  std::string name;              // of a shipped format, or the path of a FILE.yaml; "": the canonical CSV
  ingest::Format::Settings set;  // FIELD=VALUE of the user
  ingest::Format format = ingest::Format::canonical();  // what they give; set by parse()

  // Tells one way of reading a file apart from another; "" for the canonical CSV.
  std::string to_string() const;
};

// Declares the two options; parse() reports every mistake in the format. `options` must outlive it.
void add_input_format_options(service::OptionSet& set, service::OptionSpec format, service::OptionSpec values,
                              InputFormatOptions& options);

}  // namespace risk::settings
