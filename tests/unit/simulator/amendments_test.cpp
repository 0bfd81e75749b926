// Busts, corrections and executions that come a second time, among those that are generated.
#include <map>
#include <vector>

#include "risk/engine/rules.hpp"
#include "simulator/generator.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::simulator;
using engine::ExecutionKind;
using engine::Transaction;

namespace {

constexpr Timestamp kStart{1'726'821'360'000'000'000};  // 2024-09-20T08:36:00Z

std::vector<Transaction> generate(const GeneratorOptions& options, std::size_t count) {
  Generator generator(options, kStart);
  std::vector<Transaction> all(count);
  wire::Input input;
  for (auto& transaction : all) {
    generator.next(input);
    transaction = std::get<Transaction>(input);
  }
  return all;
}

// What came of an execution, after how many further ones.
struct Followed {
  Transaction execution;
  Transaction follower;
  std::uint64_t executions_between;
};

// Of what was generated; the executions alone go into `executions`.
std::vector<Followed> followed(const std::vector<Transaction>& all, std::vector<Transaction>& executions) {
  std::map<std::string, std::size_t> places;
  std::vector<Followed> found;
  for (const auto& t : all) {
    const auto known = places.find(t.is_reversal() ? t.ref_transaction_id : t.transaction_id);
    if (known != places.end()) {
      found.push_back({executions[known->second], t, executions.size() - 1 - known->second});
      continue;
    }
    REQUIRE_FALSE(t.is_reversal());
    places.emplace(t.transaction_id, executions.size());
    executions.push_back(t);
  }
  return found;
}

}  // namespace

TEST_CASE("busts, corrections and duplicates follow executions as often as asked for", "[simulator]") {
  const GeneratorOptions options{.seed = 3, .reversal_probability = 0.02, .duplicate_probability = 0.01};
  std::vector<Transaction> executions;
  std::map<ExecutionKind, int> count;
  for (const auto& [execution, follower, between] : followed(generate(options, 100'000), executions)) {
    ++count[follower.kind];
    CHECK(between >= 1);
    CHECK(between <= 50);
    if (!follower.is_reversal()) {
      REQUIRE(follower == execution);
      continue;
    }
    CHECK_FALSE(engine::value_problem(follower));
    CHECK(follower.transaction_id != execution.transaction_id);
    CHECK(follower.executed_at > execution.executed_at);
    const auto place = [](const Transaction& t) {
      return t.broker_id + "|" + t.market + "|" + t.client_id.text + "|" + t.symbol.text + "|" +
             std::string(to_string(t.side));
    };
    CHECK(place(follower) == place(execution));
    if (follower.kind == ExecutionKind::kBust) continue;
    CHECK((follower.quantity != execution.quantity) != (follower.price != execution.price));
  }
  CHECK(count[ExecutionKind::kBust] > 850);
  CHECK(count[ExecutionKind::kBust] < 1'100);
  CHECK(count[ExecutionKind::kCorrection] > 850);
  CHECK(count[ExecutionKind::kCorrection] < 1'100);
  CHECK(count[ExecutionKind::kExecution] > 850);
  CHECK(count[ExecutionKind::kExecution] < 1'100);
}

TEST_CASE("a wild price is a hundred times the price, and corrected to it", "[simulator]") {
  GeneratorOptions options{.seed = 5};
  const auto plain = generate(options, 10'000);
  options.wild_price_probability = 0.02;
  std::vector<Transaction> executions;
  const auto corrections = followed(generate(options, 10'000), executions);
  CHECK(corrections.size() > 150);
  CHECK(corrections.size() < 250);
  std::size_t wild = 0;
  for (std::size_t i = 0; i < executions.size(); ++i) {
    if (executions[i] == plain[i]) continue;
    CHECK(executions[i].price.units() == plain[i].price.units() * 100);
    ++wild;
  }
  CHECK(wild >= corrections.size());
  for (const auto& [execution, correction, between] : corrections) {
    REQUIRE(correction.kind == ExecutionKind::kCorrection);
    CHECK(execution.price.units() == correction.price.units() * 100);
    CHECK(correction.quantity == execution.quantity);
  }
}

TEST_CASE("the executions of a seed are the same with what follows them and without it", "[simulator]") {
  GeneratorOptions options{.seed = 5};
  const auto plain = generate(options, 1'000);
  options.reversal_probability = options.duplicate_probability = 0.2;
  const auto all = generate(options, 2'000);
  std::vector<Transaction> executions;
  CHECK(followed(all, executions).size() > 400);
  REQUIRE(executions.size() > 1'000);
  for (std::size_t i = 0; i < plain.size(); ++i) REQUIRE(executions[i] == plain[i]);
  CHECK(all == generate(options, 2'000));
  options.seed = 6;
  CHECK(all != generate(options, 2'000));
}

TEST_CASE("nothing follows an execution unless it is asked for, nor a fat finger ever a bust", "[simulator]") {
  for (const auto& t : generate({.seed = 1}, 20'000)) REQUIRE_FALSE(t.is_reversal());
  std::vector<Transaction> executions;
  const auto all = generate({.seed = 1, .fat_finger_probability = 0.2, .reversal_probability = 1}, 20'000);
  const auto found = followed(all, executions);
  CHECK(found.size() > 5'000);
  CHECK(executions.size() > found.size() + 500);
  for (const auto& each : found) REQUIRE(each.execution.quantity <= Quantity::from_whole(1'000));
}

TEST_CASE("ids stay unique but for executions that come a second time", "[simulator]") {
  std::map<std::string, int> ids;
  for (const auto& t : generate({.reversal_probability = 0.5}, 5'000)) ++ids[t.transaction_id];
  CHECK(ids.size() == 5'000);
}
