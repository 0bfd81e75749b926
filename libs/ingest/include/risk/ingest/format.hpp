// What a file of executions looks like: which column, constant or template gives which field of a transaction, how its
// numbers, times and words are written, and which of its rows are executions. A Format is read from YAML, whose keys
// docs/FORMATS.md describes, or is the canonical CSV.
//
// A Format is an immutable value; copies are cheap. Threads: any.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "risk/base/result.hpp"

namespace risk::ingest {

struct Layout;  // of libs/ingest alone

// One of deploy/formats, which are part of the program.
struct ShippedFormat {
  std::string_view name;  // "kraken-trades"
  std::string_view yaml;
};
std::span<const ShippedFormat> shipped_formats();  // by name

struct FormatDescription {
  std::string description;         // one line
  std::vector<std::string> needs;  // what the format cannot do without, and the user has to set: "client_id", "zone"
};
FormatDescription describe(const ShippedFormat& format);

class Format {
 public:
  // What a user adds to a format, by name: a field of a transaction ("client_id") and its text for every row, in the
  // place of what the format says; or `zone`, `decimal`, `thousands` in the place of the format's.
  using Settings = std::map<std::string, std::string, std::less<>>;

  // Every mistake in a format or in the settings, a line each, with its place: "desk.yaml:12: fields.price: …".
  using Mistakes = std::vector<std::string>;

  // The columns of engine::kTransactionFields, of which a file may lack those of Presence::kOptionalColumn.
  static const Format& canonical();

  // `name` is how mistakes and errors call it.
  static Result<Format, Mistakes> parse(std::string_view yaml, const std::string& name, const Settings& settings = {});

  // A shipped format by its name; or a file of at most 1 MiB by its path, which has a slash or ends in .yaml or .yml.
  static Result<Format, Mistakes> load(const std::string& name_or_path, const Settings& settings = {});

  const std::string& name() const;

  const Layout& layout() const { return *layout_; }

 private:
  explicit Format(std::shared_ptr<const Layout> layout) : layout_(std::move(layout)) {}

  std::shared_ptr<const Layout> layout_;
};

}  // namespace risk::ingest
