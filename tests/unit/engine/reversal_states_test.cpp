// What a core remembers for busts and corrections: from which rules on, and over a snapshot.
#include <functional>

#include "internals.hpp"
#include "market.hpp"
#include "reversal_desk.hpp"
#include "snapshot_marks.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

RuleSet rules_of_edition(std::uint32_t edition) {
  RuleSet rules = quiet_rules();
  rules.edition = edition;
  return rules;
}

// Several rules that look at single executions, and exposures that are held.
RuleSet all_rules() {
  RuleSet rules = quiet_rules();
  rules.rates["EUR"] = *Rate::parse("1.27");
  rules.exposure("client_exposure").resolved_after_seconds = 60;
  rules.size("client_size").limit = Money::from_whole(2'000);
  rules.anomaly("client_anomaly").enabled = rules.anomaly("symbol_anomaly").enabled = true;
  rules.anomaly("client_anomaly").samples_min = rules.anomaly("symbol_anomaly").samples_min = 4;
  rules.velocity("client_velocity").enabled = true;
  return rules;
}

const RememberedMarks& remembered(Core& core, SymbolIndex symbol) {
  return Internals::impl(core).remembered[symbol];
}

// The inputs of a desk once more, for cores that were loaded on the way.
struct Recorder : ReversalDesk {
  using Input = std::function<void(Core&, std::vector<AlertEvent>&)>;

  Recorder() : ReversalDesk(all_rules()) {}

  Booked record_book(double second, const char* client, const char* symbol, const char* quantity, const char* price,
                     const char* currency = "USD") {
    Booked booked = book(second, client, symbol, quantity, price, currency);
    note([t = booked.transaction](Core& to, auto& said) { CHECK(to.apply(t, said).ok()); });
    return booked;
  }
  Booked record_count(double second, const char* client, const char* symbol, const char* quantity, const char* price) {
    Booked counted = count(second, client, symbol, quantity, price);
    note([t = counted.transaction](Core& to, auto& said) { CHECK(to.count(t, said).ok()); });
    return counted;
  }
  void record_bust(const Booked& of, double second) {
    bust(of, second);
    const Transaction t = with_id_of_last(bust_of(of, second));
    note([t, original = of.original](Core& to, auto& said) { CHECK(to.apply(t, original, said).ok()); });
  }
  Booked record_correct(const Booked& of, double second, const char* quantity, const char* price,
                        const char* currency = "USD") {
    Booked corrected = correct(of, second, quantity, price, currency);
    note([t = corrected.transaction, original = of.original](Core& to, auto& said) {
      CHECK(to.apply(t, original, said).ok());
    });
    return corrected;
  }
  void record_rate(double second, const char* value) {
    rate(second, "EUR", value);
    note([=](Core& to, auto& said) {
      CHECK(to.apply(ExchangeRate{"EUR", *Rate::parse(value), at(second)}, said).ok());
    });
  }
  void record_pass(double second) {
    pass(second);
    note([=](Core& to, auto& said) { to.tick(at(second), said); });
  }
  void record_rules(const RuleSet& rules) {
    set_rules(rules);
    note([=](Core& to, auto&) { to.set_rules(rules); });
  }

  // After each of the inputs: what was saved, and what was said so far.
  struct Step {
    Input input;
    Chunks saved;
    std::size_t said;
  };
  std::vector<Step> steps;
  std::vector<AlertEvent> said;

 private:
  // As bust() has made it.
  Transaction with_id_of_last(Transaction t) {
    t.transaction_id = "T" + std::to_string(--Desk::count);
    return t;
  }
  void note(Input input) {
    said.insert(said.end(), events.begin(), events.end());
    steps.push_back({std::move(input), save(core), said.size()});
  }
};

}  // namespace

TEST_CASE("a core that is saved and loaded between executions and their busts goes on as the first one") {
  Recorder desk;
  desk.record_book(1, "D", "A", "5", "90");
  for (int i = 0; i < 6; ++i) desk.record_book(2 + i, "C", "A", i % 2 == 0 ? "1" : "-1", i % 3 == 0 ? "100" : "110");
  const auto wrong = desk.record_book(10, "C", "A", "30", "300", "EUR");  // tips alerts of size, anomaly and exposure
  const auto counted = desk.record_count(11, "E", "B", "10", "50");
  const auto tipped = desk.record_book(12, "C", "A", "40", "310");
  desk.record_rate(13, "1.1");
  const auto corrected = desk.record_correct(wrong, 14, "25", "290", "EUR");
  desk.record_bust(tipped, 15);
  const auto first = desk.record_correct(counted, 16, "7", "60");
  desk.record_pass(24 * 3600 + 1);
  const auto second = desk.record_correct(first, 24 * 3600 + 2, "8", "60");
  const auto today = desk.record_book(24 * 3600 + 3, "E", "B", "2", "70");
  RuleSet in_euro = all_rules();
  in_euro.base_currency = "EUR";
  in_euro.rates = {{"USD", *Rate::parse("0.9")}};
  desk.record_rules(in_euro);
  desk.record_bust(corrected, 24 * 3600 + 4);
  const auto next = desk.record_book(24 * 3600 + 5, "E", "B", "2", "80");
  desk.record_bust(today, 24 * 3600 + 6);
  desk.record_bust(next, 24 * 3600 + 7);
  desk.record_bust(second, 24 * 3600 + 8);
  desk.record_pass(24 * 3600 + 500);
  CHECK(desk.said.size() >= 8);

  for (std::size_t from = 0; from < desk.steps.size(); ++from) {
    Core core = load(desk.steps[from].saved).value();
    std::vector<AlertEvent> said(desk.said.begin(),
                                 desk.said.begin() + static_cast<std::ptrdiff_t>(desk.steps[from].said));
    for (std::size_t step = from + 1; step < desk.steps.size(); ++step) {
      core.number_next(step + 1);
      desk.steps[step].input(core, said);
    }
    CHECK(said == desk.said);
    CHECK(core.state_hash() == desk.core.state_hash());
    CHECK(save(core) == save(desk.core));
  }
}

TEST_CASE("the numbers of inputs are in a snapshot, and not in the hash") {
  const auto run = [](ReversalDesk& desk) {
    desk.book(1, "D", "A", "1", "90");
    desk.book(24 * 3600, "C", "A", "30", "100");  // begins a session and tips an alert on size
    CHECK(desk.texts().back() == "OPENED HIGH LARGE_TRANSACTION C 3000.0000");
  };
  ReversalDesk desk(all_rules()), elsewhere(all_rules());
  elsewhere.input = 1'000;
  run(desk);
  run(elsewhere);
  CHECK(desk.core.state_hash() == elsewhere.core.state_hash());
  CHECK(save(desk.core) != save(elsewhere.core));
}

TEST_CASE("rules of an earlier edition remember nothing, and have the state that they had without numbered inputs") {
  Core numbered(rules_of_edition(4)), plain(rules_of_edition(4));
  ReversalDesk maker;
  std::vector<AlertEvent> events;
  std::uint64_t input = 0;
  for (const double second : {1.0, 2.0, 24 * 3600.0, 24 * 3600.0 + 1}) {
    const auto t = maker.transaction(second, "C", "A", "10", "110");
    numbered.number_next(++input);
    CHECK(numbered.apply(t, events).ok());
    CHECK(plain.apply(t, events).ok());
  }
  CHECK(remembered(numbered, 0).empty());
  CHECK(numbered.state_hash() == plain.state_hash());
  CHECK(save(numbered) == save(plain));
}

TEST_CASE("the hash of a core by rules of edition 4 is what it was before there were busts") {
  // Of core_of_golden_orders() under edition 4, as tests/data has it from then.
  Market market(2);
  RuleSet rules = lively_rules_of_orders();
  rules.edition = 4;
  Core core(rules);
  std::vector<AlertEvent> events;
  std::uint64_t input = 0;
  for (int i = 0; i < 3'000; ++i) {
    core.number_next(++input);
    CHECK(core.apply(market.next_of_orders(), events).ok());
  }
  CHECK(core.state_hash() == "b02d688a377a7380e935cee09ff21ca5");
}

TEST_CASE(
    "when the edition becomes 5 the marks of then are remembered, and what was executed is of an earlier session") {
  ReversalDesk desk(rules_of_edition(4));
  const auto first = desk.book(1, "C", "A", "10", "100");
  const auto second = desk.book(2, "D", "A", "1", "110");
  desk.set_rules(rules_of_edition(5));
  REQUIRE(remembered(desk.core, 0).size() == 1);
  CHECK(remembered(desk.core, 0).newest() == MadeMark{{*Price::parse("110"), at(2), 0}, 0});
  CHECK(Internals::impl(desk.core).session_from == 3);

  // The mark of before comes back, and not the one before that.
  const auto next = desk.book(3, "E", "A", "1", "120");
  CHECK(desk.client("C") == "1200.0000 0.0000 1000.0000 200.0000 1");
  desk.bust(next, 4);
  CHECK(desk.mark("A") == "110");
  CHECK(desk.client("E") == "0.0000 0.0000 0.0000 0.0000 1");
  desk.bust(second, 5);
  CHECK(desk.mark("A") == "110");
  CHECK(desk.client("D") == "0.0000 0.0000 110.0000 0.0000 1");  // its turnover stays, as of an earlier session
  desk.correct(first, 6, "1", "100");
  CHECK(desk.client("C") == "110.0000 0.0000 1000.0000 10.0000 1");
}

TEST_CASE("rules of an edition without reversals forget, and a snapshot of them loads") {
  ReversalDesk desk;
  const auto first = desk.book(1, "C", "A", "1", "100");
  desk.book(24 * 3600, "C", "A", "1", "110");
  desk.set_rules(rules_of_edition(4));
  CHECK(remembered(desk.core, 0).empty());
  CHECK(Internals::impl(desk.core).session_from == 0);
  desk.book(24 * 3600 + 1, "C", "A", "1", "120");
  desk.set_rules(rules_of_edition(5));
  desk.bust(first, 24 * 3600 + 2);
  CHECK(desk.mark("A") == "120");
}

TEST_CASE("other rules of the same edition leave what is remembered") {
  ReversalDesk desk;
  desk.book(1, "D", "A", "1", "90");
  const auto wrong = desk.book(2, "C", "A", "1", "100");
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").limit = Money::from_whole(5);
  desk.set_rules(rules);
  desk.bust(wrong, 3);
  CHECK(desk.mark("A") == "90");
  CHECK(desk.firm() == "90.0000 0.0000 90.0000 0.0000 2");
}

TEST_CASE("remembered marks that cannot be are refused, though a snapshot's checksums hold") {
  ReversalDesk desk;
  desk.book(1, "D", "A", "1", "90");
  desk.book(2, "C", "A", "1", "100", "");
  const auto bytes = [](std::initializer_list<int> all) {
    std::string text;
    for (const int byte : all) text.push_back(static_cast<char>(byte));
    return text;
  };
  const RememberedMarks& kept = remembered(desk.core, 0);
  const Rates& rates = Internals::impl(desk.core).rates;
  const Mark& newest = kept.newest().mark;
  const auto text_of = [&](const RememberedMarks& marks) {
    return remembered_marks_text(marks, rates, SnapshotWriter::InputNumbers::kWritten);
  };
  const auto refused = [&](const std::string& text) {
    SnapshotReader in([] { return make_chunk(0, "x"); });
    in.set_version(3);
    try {
      (void)read_remembered_marks(in, text, newest, rates);
    } catch (const BadSnapshot&) {
      return true;
    }
    return false;
  };
  const std::string good = text_of(kept);
  CHECK_FALSE(refused(good));
  CHECK(refused(bytes({0})));                                                // none
  CHECK(refused(bytes({9})));                                                // too many
  CHECK(refused(good + bytes({0})));                                         // it goes on after its end
  CHECK(refused(good.substr(0, good.size() - 1)));                           // it ends too early
  CHECK(refused(bytes({2, 1, 2, 2, 3, 2})));                                 // a currency that is none of the three
  CHECK(refused(bytes({2, 1, 2, 2, 1}) + bytes({3}) + "GBX" + bytes({2})));  // one without a rate
  RememberedMarks out_of_order;
  out_of_order.add({{newest.price, at(3), newest.currency}, 1});
  out_of_order.add(kept.newest());
  CHECK(refused(text_of(out_of_order)));
}
