// Options: command line, over environment, over YAML file (--config), over defaults. A service declares each option
// once, with the variable it sets; parse() reads all sources and reports every mistake at once, each with its place
// (the flag, the variable, or file and line) and what is allowed. On the command line and in the environment options
// are set in the order of declaration, so declare an option that sets several values before those for one of them. A
// value that a higher source overrides is judged all the same.
//
// Every set has --help, --version, --config FILE and --check-config. A `.env` file in the working directory counts as
// environment, below the real one; a name in it that is likely a misspelt setting is warned of (know_variables()),
// other unknown ones are left alone. A variable that is set to nothing is not set. An option declared with add_secret()
// also reads NAME_FILE for each of its variables; no output of parse() holds a secret. A key in the YAML file that no
// option declared is a mistake, unless ignore_sections() names it (one file may serve several services). The YAML file,
// `.env` and files of secrets are regular files of a bounded size.
//
// Text that could pass for another one (risk/base/text.hpp: hidden characters, blanks at the ends) is a mistake in
// every option but a secret, and so is an item that a list has twice or leaves empty.
//
// Threads: one, at the start of main.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "risk/base/decimal.hpp"
#include "risk/base/secret.hpp"

namespace risk::service {

struct OptionSpec {
  std::string key;               // dotted path in the YAML file: "rules.client_exposure.limit"; "" for none
  std::string flag;              // "--client-exposure-limit"; "" for none
  std::vector<std::string> env;  // the first one set wins
  std::string help;              // one line
};

// Turns a text into the option's value. Returns what is allowed ("a number from 1 to 65535") if the text is not.
using OptionSetter = std::function<std::optional<std::string>(std::string_view text)>;

// For what a server binds. `address` must outlive parse().
OptionSetter ip_address_setter(std::string& address);

class OptionSet {
 public:
  OptionSet(std::string program, std::string description);
  ~OptionSet();

  // The variable must outlive parse(). Its value at the time of the call is the default that --help shows.
  void add_text(OptionSpec spec, std::string& value);
  // Where a socket is bound: a name or an address of this machine. An IPv6 address may stand in brackets ("[::1]"); the
  // value is without them.
  void add_address(OptionSpec spec, std::string& value);
  void add_list(OptionSpec spec, std::vector<std::string>& values);  // comma-separated, or a YAML sequence
  void add_integer(OptionSpec spec, std::int64_t& value, std::int64_t min, std::int64_t max);
  void add_integer(OptionSpec spec, std::uint64_t& value, std::uint64_t min, std::uint64_t max);
  void add_integer(OptionSpec spec, std::uint32_t& value, std::uint32_t min, std::uint32_t max);
  void add_integer(OptionSpec spec, std::uint16_t& value, std::uint16_t min, std::uint16_t max);
  void add_number(OptionSpec spec, double& value, double min, double max);  // rates and factors; never money
  // As a flag it needs no value (--flag, or --flag=false); elsewhere true/false, 1/0, yes/no, on/off.
  void add_bool(OptionSpec spec, bool& value);
  void add_milliseconds(OptionSpec spec, std::chrono::milliseconds& value, std::chrono::milliseconds min,
                        std::chrono::milliseconds max);  // "250ms", "5s", "2m"
  void add_secret(OptionSpec spec, Secret& value);
  // Any type of one's own. `shown_default` is for --help.
  void add_custom(OptionSpec spec, OptionSetter set, std::string shown_default);
  // A YAML mapping ("CLIENT_007: 250000"), or NAME=VALUE,NAME=VALUE; `set` is called for each entry, of every source:
  // the highest comes last.
  void add_map(OptionSpec spec,
               std::function<std::optional<std::string>(std::string_view name, std::string_view text)> set);
  // A YAML sequence of mappings, such as the sessions of a feed; neither flag nor variable gives it. `add_record` is
  // called for each mapping, in order, and declares the record's fields as options on a set of its own, whose keys
  // count from the record ("port") and which have neither flag nor variable; the fields are set and their checks called
  // before the next call. A mistake names the record's place: "risk.yaml:7: feed.sessions[2].port: …".
  void add_records(OptionSpec spec, std::function<void(OptionSet& record)> add_record);
  // Words after the options ("ack 12 anna"), as they come. Without this call they are a mistake.
  void add_positionals(std::string name, std::string help, std::vector<std::string>& words);

  // Called after all sources are read, to judge options against each other; returns every mistake. One that starts with
  // the key of an option ("rules.client_velocity.limit 0: …") is shown with the place that set it.
  void add_check(std::function<std::vector<std::string>()> check);

  // Called after the checks; what it returns is shown, after "warning: ", and hinders nothing. No line may hold a
  // secret.
  void add_warning(std::function<std::vector<std::string>()> warning);

  // Names of a `.env` that others read: with this call, a name that neither they nor an option of this set have and
  // that looks like a misspelt one is warned of.
  void know_variables(const std::vector<std::string>& others);

  // Keys of the YAML file that belong to others: whole sections ("gateway") or parts of a shared one
  // ("bus.bind_address", or "rules.*" for all of one that no option here has). A key that is declared here stays ours.
  // Calls add up.
  void ignore_sections(const std::vector<std::string>& foreign_sections);

  // Nothing: go on. Else the exit status: 0 after --help, --version or a --check-config without mistakes (printed to
  // stdout), 1 if that could not be written, 2 after mistakes (printed to stderr, as warnings are).
  std::optional<int> parse(int argc, const char* const* argv);
  // As above with an environment and streams of one's own, for tests.
  struct Environment {
    std::function<std::optional<std::string>(const std::string& name)> variable;
    std::string dotenv_path = ".env";
    std::string* out = nullptr;
    std::string* err = nullptr;
  };
  std::optional<int> parse(int argc, const char* const* argv, const Environment& environment);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The version of the tree ("1.0.0"); --version prints it after the program's name.
std::string_view version();

}  // namespace risk::service
