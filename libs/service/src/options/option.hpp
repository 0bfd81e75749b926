// What the sources of options (command line, environment, YAML) share.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "risk/base/result.hpp"
#include "risk/service/options.hpp"

namespace risk::service {

// Where a value was given: {"risk.yaml:3", "database.port"}, {".env:3", "DB_PORT"}, {"--db-port", ""}.
struct OptionOrigin {
  std::string where;
  std::string name;

  std::string to_string() const { return name.empty() ? where : where + ": " + name; }
};

struct OptionRecord;

struct Option {
  enum class Kind { kValue, kBool, kList, kMap, kSecret, kRecords };
  using MapSetter = std::function<std::optional<std::string>(std::string_view name, std::string_view text)>;

  Kind kind = Kind::kValue;
  OptionSpec spec;
  std::string placeholder;  // of its value in --help; "" when the flag takes none
  std::string shown_default;

  // One of them, by kind: kValue, kBool, kSecret; kList; kMap; kRecords.
  OptionSetter set;
  std::function<void(std::vector<std::string>)> set_list;
  MapSetter set_entry;
  std::function<OptionRecord(const std::string& prefix)> begin_record;

  std::string origin;  // OptionOrigin::where of the source that set it last
};

// The options of one record, with keys that begin with its prefix ("feed.sessions[2]."), and its checks, whose lines
// may begin with a key without it.
struct OptionRecord {
  std::vector<Option> options;
  std::vector<std::function<std::vector<std::string>()>> checks;
};

// Every mistake found so far, in the order found, a line each. Values are shown, secrets never: not even where one was
// given for something else.
class Mistakes {
 public:
  void add(const OptionOrigin& place, const std::string& text) {
    found_.push_back({place.to_string() + ": " + text, {}, ""});
  }
  void add_value(const OptionOrigin& place, std::string_view value, const std::string& allowed) {
    found_.push_back({place.to_string() + ": value ", std::string(value), ": allowed: " + allowed});
  }
  void add_quoting(const std::string& before, std::string_view quoted, const std::string& after) {
    found_.push_back({before, std::string(quoted), after});
  }
  void add_line(std::string line) { found_.push_back({std::move(line), {}, ""}); }

  // From here on, and in what was added before, `secret` is not shown.
  void keep_out(std::string_view secret) { secrets_.emplace_back(secret); }

  std::vector<std::string> lines() const;

 private:
  struct Mistake {
    std::string before;
    std::optional<std::string> quoted;
    std::string after;
  };
  bool holds_secret(const std::string& text) const;

  std::vector<Mistake> found_;
  std::vector<std::string> secrets_;
};

// Sets an option of any kind from one text: "5", "a,b", "CLIENT_001=5,CLIENT_002=7". Text that could pass for another
// one (risk/base/text.hpp) is a mistake, but for a secret.
void apply_text(Option& option, const OptionOrigin& place, std::string_view text, Mistakes& mistakes);

// Sets a list; an item that is empty or there twice is a mistake.
struct Item {
  OptionOrigin place;
  std::string text;
};
void apply_items(Option& option, const std::vector<Item>& items, Mistakes& mistakes);

// Sets one entry of a map.
void apply_entry(Option& option, const OptionOrigin& place, std::string_view name, std::string_view text,
                 Mistakes& mistakes);

// How many letters have to be put in, left out or replaced to make one of the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate that a person most likely meant, when one is near enough; never an empty one.
std::optional<std::string> nearest(std::string_view text, const std::vector<std::string>& candidates);

std::string_view trimmed(std::string_view text);

}  // namespace risk::service
