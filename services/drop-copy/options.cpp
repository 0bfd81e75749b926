#include "drop-copy/options.hpp"

#include <unistd.h>

#include <cctype>
#include <set>
#include <tuple>

#include "risk/base/text.hpp"

namespace risk::drop_copy {
namespace {

// Whoever publishes transactions does so under one key, for a subscriber knows one for all of its endpoints.
constexpr char kKeyName[] = "simulator";
constexpr std::uint16_t kHealthPort = 9104;
constexpr std::size_t kSessionsMax = 64;
constexpr std::size_t kStreamNameBytesMax = 77;  // with a session's name it has at most 128

std::string default_stream_name() {
  char host[65] = "";
  if (::gethostname(host, sizeof host - 1) != 0) return "drop-copy";
  return std::string("drop-copy@") + host;
}

service::OptionSpec spec(const std::string& name, std::string help) {
  std::string key = "drop_copy." + name, flag = "--" + name, variable = "DROP_COPY_" + name;
  for (char& c : key) c = c == '-' ? '_' : c;
  for (char& c : variable) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return {std::move(key), std::move(flag), {std::move(variable)}, std::move(help)};
}

service::OptionSetter set_stream_name(std::string& name) {
  return [&name](std::string_view text) -> std::optional<std::string> {
    if (text.empty() || text.size() > kStreamNameBytesMax || plain_text_problem(text, TextUse::kName)) {
      return "1 to 77 bytes of UTF-8, of characters that show";
    }
    name = text;
    return std::nullopt;
  };
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::vector<std::string> problems_of(const std::deque<SessionOptions>& sessions) {
  std::vector<std::string> found;
  if (sessions.size() > kSessionsMax) {
    found.push_back("drop_copy.sessions: " + std::to_string(sessions.size()) +
                    " are more than the 64 that are allowed");
  }
  std::set<std::string> names;
  std::set<std::tuple<std::string, std::string, std::string>> identities;
  for (const auto& session : sessions) {
    if (!session.name.empty() && !names.insert(lower(session.name)).second) {
      found.push_back("drop_copy.sessions: name \"" + session.name + "\" is given twice");
    }
    const auto identity = session.identity();
    if (identity.sender_comp_id.empty() || identity.target_comp_id.empty()) continue;
    if (!identities.emplace(identity.begin_string, identity.sender_comp_id, identity.target_comp_id).second) {
      found.push_back("drop_copy.sessions: \"" + session.name +
                      "\" has the version, sender_comp_id and target_comp_id of another one");
    }
  }
  return found;
}

}  // namespace

Options::Options() : stream_name(default_stream_name()) {
  common.log.service = "drop-copy";
  common.health_port = kHealthPort;
  journal.directory = "var/drop-copy-journal";
  journal.durable_consumers = {"risk-engine"};
}

settings::JournalOptions Options::journal_of(const SessionOptions& session) const {
  auto own = journal;
  own.directory += "/" + session.name;
  return own;
}

void add_options(service::OptionSet& set, Options& options) {
  service::add_common_options(set, options.common);
  settings::add_bind_options(set, options.bind);
  settings::add_curve_options(set, options.curve, kKeyName, {});
  set.add_integer(spec("port", "port of the streams of transactions"), options.port, 0, 65'535);
  set.add_integer(spec("replay-port", "port where subscribers ask for what they missed"), options.replay_port, 0,
                  65'535);
  set.add_text(
      spec("journal",
           "folder that keeps, for each session, what was published until it is committed, and the sequence numbers"),
      options.journal.directory);
  set.add_integer(spec("journal-bytes-max", "of each session's journal; full, the sessions wait"),
                  options.journal.bytes_max, std::uint64_t{1} << 16, std::uint64_t{1} << 50);
  set.add_bool(spec("journal-sync", "have records on the disk before FIX goes on; without it a power cut loses some"),
               options.journal.sync);
  set.add_list(spec("durable-consumers", "who has to commit a record before the journal may drop it"),
               options.journal.durable_consumers);
  set.add_bool(spec("reset-journal", "go on in a new epoch, behind what is intact of a damaged journal"),
               options.journal.reset);
  set.add_custom(
      spec("stream-name", "who publishes, as the engine and the dashboard show it, before / and the session"),
      set_stream_name(options.stream_name), options.stream_name);
  set.add_records(
      {"drop_copy.sessions", "", {}, "the FIX sessions, of which each is a stream"},
      [&options](service::OptionSet& record) { add_session_options(record, options.sessions.emplace_back()); });
  set.add_check([&options] {
    auto problems = problems_of(options.sessions);
    if (options.journal.directory.empty()) problems.push_back("drop_copy.journal: needs a folder");
    return problems;
  });

  // One file serves several services, and the other ends of the bus are declared by them.
  std::vector<std::string> foreign = settings::all_sections();
  std::erase_if(foreign, [](const std::string& section) {
    return section == "drop_copy" || section == "log" || section == "health";
  });
  set.ignore_sections(std::move(foreign));
  set.know_variables(settings::all_variables());
}

std::optional<int> read_options(Options& options, int argc, const char* const* argv) {
  service::OptionSet set("drop-copy",
                         "Publishes the executions that brokers report over FIX, a stream for each session.");
  add_options(set, options);
  return set.parse(argc, argv);
}

}  // namespace risk::drop_copy
