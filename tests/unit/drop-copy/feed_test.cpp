// One session without sockets: what is journaled, what is on the disk when, and where it goes on after it died.
#include "drop-copy/feed.hpp"

#include <filesystem>
#include <set>

#include "fix_text.hpp"
#include "risk/log/memory.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace risk;
using namespace risk::drop_copy;
using risk::drop_copy::test::message;

namespace {

constexpr char kNow[] = "20260302-14:30:00";

SessionOptions options() {
  SessionOptions made;
  made.name = "prime";
  made.is_initiator = false;
  made.sender_comp_id = "DESK";
  made.target_comp_id = "BROKER";
  made.mapping.broker_id = "PRIME";
  return made;
}

std::string from_broker(const std::string& type, int number, const std::string& more = "") {
  return message("35=" + type + "|49=BROKER|56=DESK|34=" + std::to_string(number) + "|52=" + kNow +
                 (more.empty() ? "" : "|" + more));
}
std::string logon(int number, const std::string& more = "") {
  return from_broker("A", number, "98=0|108=30" + (more.empty() ? "" : "|" + more));
}
std::string fill(int number, const std::string& id, const std::string& more = "") {
  return from_broker("8", number,
                     "1=CLIENT_001|37=O1|17=" + id + "|150=F|39=2|55=AAPL|54=1|32=100|31=150|60=20260302-14:29:59" +
                         (more.empty() ? "" : "|" + more));
}

// A session on a log in memory and a folder; died() ends it without a word, as SIGKILL does.
class Session final : public FixLine {
 public:
  Session() { begin(); }
  ~Session() override { died(); }

  void begin() {
    writer = log.writer("prime")({{wire::kTransactionsTopic}}, {});
    feed = std::make_unique<Feed>(options(), *writer, FeedPaths{path(), contracts_path()});
  }
  void connect(int number, const std::string& more = "") {
    feed->connected(*this);
    feed->take(logon(number, more));
  }
  void died() {
    feed.reset();
    writer.reset();
  }
  std::string path() const { return folder / "numbers"; }
  std::string contracts_path() const { return folder / "contracts"; }
  std::vector<wire::Decoded> records() {
    std::vector<wire::Decoded> found;
    wire::InputDecoder decoder;
    log::ReaderHandlers handlers;
    handlers.on_records = [&](const log::Records& records) {
      for (std::size_t i = 0; i < records.size(); ++i) found.push_back(decoder.decode(records[i].payload()).value());
    };
    log::ReaderOptions reading;
    reading.topics = {wire::kTransactionsTopic};
    const auto reader = log.source().open(reading, handlers);
    while (reader->poll(std::chrono::milliseconds{0}) > 0) continue;
    return found;
  }
  std::vector<std::string> ids() {
    std::vector<std::string> found;
    for (const auto& record : records()) {
      const auto* transaction = std::get_if<engine::Transaction>(&record.input);
      if (transaction != nullptr) found.push_back(transaction->transaction_id);
    }
    return found;
  }
  // Types of what was sent to the broker.
  std::vector<std::string> types() const {
    std::vector<std::string> found;
    for (const auto& raw : sent) {
      FixMessage read;
      read.read(raw);
      found.emplace_back(read.get(35));
    }
    return found;
  }

  bool send(std::string_view bytes) override {
    sent.emplace_back(bytes);
    FixMessage read;
    read.read(sent.back());
    const auto number = parse_whole<std::uint64_t>(read.get(34)).value();
    // Read back as a process that begins now would.
    const auto on_disk = SequenceFile(path()).saved();
    if (!on_disk || on_disk->next_out <= number) sent_before_saved = true;
    return true;
  }
  void hang_up() override { hung_up = true; }

  risk::test::TemporaryFolder folder;
  log::MemoryLog log;
  std::unique_ptr<log::Writer> writer;
  std::unique_ptr<Feed> feed;
  std::vector<std::string> sent;
  bool hung_up = false;
  bool sent_before_saved = false;
};

using Ids = std::vector<std::string>;

// Multiplier, currency and expiry of each.
std::vector<std::string> instruments(Session& session) {
  std::vector<std::string> found;
  for (const auto& record : session.records()) {
    const auto* instrument = std::get_if<engine::Instrument>(&record.input);
    if (instrument == nullptr) continue;
    found.push_back(instrument->multiplier.to_string() + " " + instrument->currency + " " +
                    (instrument->expires_at ? format_timestamp(*instrument->expires_at).substr(0, 10) : "never"));
  }
  return found;
}

}  // namespace

TEST_CASE("a fill is journaled with the number of its message, and statuses are not") {
  Session session;
  session.connect(1);
  CHECK(session.feed->is_logged_on());
  session.feed->take(fill(2, "E1") + from_broker("8", 3, "150=0|39=0|17=X") + fill(4, "E2"));
  session.feed->commit();
  const auto records = session.records();
  REQUIRE(records.size() == 2);
  CHECK(std::get<engine::Transaction>(records[0].input).transaction_id == "E1");
  CHECK(records[0].provenance.source == "prime/1");
  CHECK(records[0].provenance.line == 2);
  CHECK(records[1].provenance.line == 4);
  CHECK(session.feed->last_received() == 4);
  CHECK(session.feed->totals().fills == 2);
  CHECK(session.feed->totals().passed_over == 1);
}

TEST_CASE("a number is on the disk before it is used for sending") {
  Session session;
  session.connect(1);
  session.feed->take(from_broker("1", 2, "112=ping"));
  session.feed->take(fill(5, "E1"));  // a gap: a ResendRequest
  CHECK(session.types() == Ids{"A", "0", "2"});
  CHECK_FALSE(session.sent_before_saved);
}

TEST_CASE("a session that dies after the journal's write and before its own goes on behind what is journaled") {
  Session session;
  session.connect(1);
  session.feed->take(fill(2, "E1") + fill(3, "E2"));
  session.died();
  session.begin();
  CHECK(session.feed->last_received() == 3);
  session.connect(4);
  session.feed->take(fill(3, "E2", "43=Y|122=20260302-14:30:00") + fill(5, "E3"));
  CHECK(session.ids() == Ids{"E1", "E2", "E3"});
}

TEST_CASE("a sequence file is never ahead of the journal: what was not committed is asked for again") {
  Session session;
  session.connect(1);
  session.feed->take(from_broker("8", 2, "150=0|17=X") + from_broker("1", 3, "112=ping"));  // the answer saves a number
  session.died();
  session.begin();
  CHECK(session.feed->last_received() == 0);
}

TEST_CASE("a message whose records are journaled in part is not received yet") {
  Session session;
  session.connect(1);
  session.feed->take(fill(2, "E1"));
  session.died();
  {
    const auto writer = session.log.writer("prime")({{wire::kTransactionsTopic}}, {});
    wire::Provenance provenance;
    provenance.source = "prime/1 part";
    provenance.line = 3;
    writer->append(wire::kTransactionsTopic,
                   wire::encode(wire::Tick{*parse_timestamp("2026-03-02T14:30:00Z")}, provenance));
  }
  session.begin();
  CHECK(session.feed->last_received() == 2);
}

TEST_CASE("a trade of two sides is two records, of which the last ends the message") {
  Session session;
  session.connect(1);
  session.feed->take(
      from_broker("AE", 2, "571=T1|487=0|55=ES|231=50|32=1|31=5000|60=20260302-14:29:59|552=2|54=1|1=A|54=2|1=B"));
  std::vector<std::string> sources;
  for (const auto& record : session.records()) sources.push_back(record.provenance.source);
  CHECK(sources == Ids{"prime/1 part", "prime/1 part", "prime/1"});  // the instrument comes first
  CHECK(std::holds_alternative<engine::Instrument>(session.records().front().input));
}

TEST_CASE("a Logon that resets begins another incarnation, whose numbers are not those before") {
  Session session;
  session.connect(1);
  session.feed->take(fill(2, "E1") + fill(3, "E2"));
  session.feed->commit();
  session.feed->disconnected("over");
  session.connect(1, "141=Y");
  CHECK(session.feed->last_received() == 1);
  session.feed->take(fill(2, "E3"));
  session.died();
  session.begin();
  CHECK(session.feed->last_received() == 2);
  CHECK(session.records().back().provenance.source == "prime/2");
  CHECK(session.ids() == Ids{"E1", "E2", "E3"});
}

TEST_CASE("what came before a reset is kept though nothing of the new incarnation is journaled") {
  Session session;
  session.connect(1);
  session.feed->take(fill(2, "E1"));
  session.feed->disconnected("over");
  session.connect(1, "141=Y");
  session.died();
  session.begin();
  CHECK(session.feed->last_received() <= 1);
  CHECK(session.ids() == Ids{"E1"});
}

TEST_CASE("with a journal that was lost everything is asked for again") {
  Session session;
  session.connect(1);
  session.feed->take(fill(2, "E1"));
  session.feed->commit();
  session.died();
  session.log = log::MemoryLog();
  session.begin();
  CHECK(session.feed->last_received() == 0);
}

TEST_CASE("a gap is asked for once, and what comes before it is filled is not kept in memory") {
  Session session;
  session.connect(1);
  std::string burst;
  for (int number = 10; number < 2'000; ++number) burst += fill(number, "L" + std::to_string(number));
  session.feed->take(burst);
  CHECK(session.types() == Ids{"A", "2"});
  CHECK(session.ids().empty());
  CHECK(session.feed->totals().gaps_asked_for == 1);
  session.feed->take(from_broker("4", 2, "43=Y|122=20260302-14:30:00|123=Y|36=10") +
                     fill(10, "L10", "43=Y|122=20260302-14:30:00"));
  CHECK(session.ids() == Ids{"L10"});
}

TEST_CASE("a message that cannot be used is journaled as rejected, and the session goes on") {
  Session session;
  session.connect(1);
  session.feed->take(fill(2, "E1", "54=9") + from_broker("8", 3, "150=F") + fill(4, "E2"));
  CHECK(session.feed->is_logged_on());
  const auto records = session.records();
  REQUIRE(records.size() == 3);
  CHECK(std::get<wire::RejectedInput>(records[1].input).rejection.field == "17 ExecID");
  CHECK(records[1].provenance.line == 3);
  CHECK(session.feed->totals().quarantined == 1);
}

TEST_CASE("a message that is no series of fields is kept as rejected, too") {
  Session session;
  session.connect(1);
  const std::string good = "35=8|49=BROKER|56=DESK|34=2|52=20260302-14:30:00|58=a";
  session.feed->take(message(good + "|abc=1"));
  session.feed->take(fill(3, "E1"));
  const auto records = session.records();
  REQUIRE(records.size() == 2);
  CHECK(std::get<wire::RejectedInput>(records[0].input).rejection.reason == "not TAG=VALUE after field 8");
}

TEST_CASE("time passes on a quiet session, behind the clock, and not while it waits for what it missed") {
  Session session;
  session.feed->tick();
  CHECK(session.records().empty());
  session.connect(1);
  session.feed->tick();
  auto records = session.records();
  REQUIRE(records.size() == 1);
  const auto tick = std::get<wire::Tick>(records[0].input);
  CHECK(system_now().nanos - tick.time.nanos >= 2 * kNanosPerSecond);
  CHECK(records[0].provenance.line == 1);
  session.feed->tick();
  CHECK(session.records().size() == 1);  // one a second
}

TEST_CASE("a peer that says goodbye is answered, and its words are told") {
  Session session;
  session.connect(1);
  session.feed->take(from_broker("5", 2, "58=see you"));
  CHECK(session.types() == Ids{"A", "5"});
  CHECK(session.hung_up);
  CHECK_FALSE(session.feed->is_logged_on());
  CHECK(session.feed->state() == "logged out: see you");
}

TEST_CASE("a fill that leaves out currency and expiry does not take back after a restart what one had said before") {
  Session session;
  session.connect(1);
  session.feed->take(fill(2, "E1", "231=50|15=USD|541=20990319"));
  session.feed->commit();
  const std::string whole = instruments(session).at(0);
  CHECK(whole.starts_with("50 USD 2099-03-"));
  session.died();
  session.begin();
  session.connect(3);
  session.feed->take(fill(4, "E2", "231=50") + fill(5, "E3", "231=50") + fill(6, "E4", "231=20"));
  session.feed->commit();
  const std::vector<std::string> told{whole, whole, "20" + whole.substr(2)};
  CHECK(instruments(session) == told);
  CHECK(session.ids() == Ids{"E1", "E2", "E3", "E4"});
}

TEST_CASE("what a message said of a symbol is on the disk before the message is journaled") {
  Session session;
  session.connect(1);
  session.feed->take(fill(2, "E1", "231=50|15=USD|541=20990319"));
  session.died();  // before commit()
  CHECK(ContractFile(session.contracts_path(), Timestamp{}).take_known().size() == 1);
}
