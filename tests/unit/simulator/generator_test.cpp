#include "simulator/generator.hpp"

#include <cstdlib>
#include <map>
#include <set>

#include "risk/engine/rules.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::simulator;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

constexpr Timestamp kStart{1'726'821'360'000'000'000};  // 2024-09-20T08:36:00Z

struct Timed {
  nanoseconds due;
  engine::Transaction transaction;
};

std::vector<Timed> generate(const GeneratorOptions& options, std::size_t count) {
  Generator generator(options, kStart);
  std::vector<Timed> all(count);
  wire::Input input;
  for (auto& [due, transaction] : all) {
    due = generator.next(input);
    transaction = std::get<engine::Transaction>(input);
  }
  return all;
}

std::uint64_t fingerprint(const std::vector<Timed>& all) {
  std::uint64_t hash = 14695981039346656037U;
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  };
  for (const auto& [due, t] : all) {
    mix(std::to_string(due.count()) + t.transaction_id + t.client_id.text + t.symbol.text + t.quantity.to_string() +
        t.price.to_string() + std::string(to_string(t.side)));
  }
  return hash;
}

}  // namespace

TEST_CASE("the same seed gives the same transactions on every platform, another seed others", "[simulator]") {
  CHECK(fingerprint(generate({.seed = 1}, 10'000)) == 11480187768846304288U);
  CHECK(fingerprint(generate({.seed = 1}, 10'000)) == fingerprint(generate({.seed = 1}, 10'000)));
  CHECK(fingerprint(generate({.seed = 1}, 10'000)) != fingerprint(generate({.seed = 2}, 10'000)));
}

TEST_CASE("everything that is generated is acceptable to the rules", "[simulator]") {
  const engine::RuleSet rules;
  for (const std::uint32_t size : {1U, 2U, 25U}) {
    const GeneratorOptions options{.seed = size, .clients = size, .symbols = size, .fat_finger_probability = 0.01};
    for (const auto& [due, transaction] : generate(options, 50'000)) {
      const auto problem = engine::value_problem(transaction);
      if (problem) FAIL(problem->field << " " << problem->value << ": " << problem->reason);
      REQUIRE(transaction.currency == rules.base_currency);
      REQUIRE(transaction.executed_at.micros() == kStart.micros() + due.count() / 1000);
    }
  }
}

TEST_CASE("transaction ids are unique and carry the prefix of their run", "[simulator]") {
  std::set<std::string> ids;
  for (const auto& [due, t] : generate({.id_prefix = "Tdeadbeef-"}, 5'000)) ids.insert(t.transaction_id);
  CHECK(ids.size() == 5'000);
  CHECK(ids.count("Tdeadbeef-1") == 1);
  CHECK(ids.count("Tdeadbeef-5000") == 1);
}

TEST_CASE("the stream flows at its rate, and at the spike rate about a minute in every five", "[simulator]") {
  std::map<std::int64_t, int> gaps_ms;
  nanoseconds last{};
  for (const auto& [due, t] : generate({.seed = 11}, 4'000)) {
    if (due != last) ++gaps_ms[(due - last).count() / 1'000'000];
    last = due;
  }
  REQUIRE(gaps_ms.size() == 2);
  CHECK(gaps_ms[500] > 0);
  CHECK(gaps_ms[100] > 0);
  const double spike_share_of_time = gaps_ms[100] * 0.1 / (gaps_ms[100] * 0.1 + gaps_ms[500] * 0.5);
  CHECK(spike_share_of_time > 0.15);
  CHECK(spike_share_of_time < 0.35);
}

TEST_CASE("a rate above the spike rate has no spikes and does not drift", "[simulator]") {
  const auto all = generate({.rate = 1'000'000}, 100'001);
  CHECK(all.back().due == nanoseconds{100'000'000});
  const auto thirds = generate({.rate = 30}, 30 * 3600 + 1);
  CHECK(std::chrono::abs(thirds.back().due - seconds{3600}) < std::chrono::milliseconds{1});
}

TEST_CASE("positions stay bounded however long it runs", "[simulator]") {
  Generator generator({.seed = 5, .fat_finger_probability = 0}, kStart);
  std::map<std::pair<std::string, std::string>, std::int64_t> shares;
  wire::Input input;
  for (int i = 0; i < 500'000; ++i) {
    generator.next(input);
    const auto& t = std::get<engine::Transaction>(input);
    const std::int64_t signed_shares = t.quantity.units() / kDecimalScale * (t.side == engine::Side::kBuy ? 1 : -1);
    shares[{t.client_id.text, t.symbol.text}] += signed_shares;
  }
  std::int64_t gross = 0;
  for (const auto& [key, held] : shares) gross += std::abs(held);
  CHECK(gross < 40'000);
}

TEST_CASE("fat fingers come with the probability asked for", "[simulator]") {
  const auto fat = [](double probability) {
    int count = 0;
    const GeneratorOptions options{.seed = 9, .spike_rate = 0, .fat_finger_probability = probability};
    for (const auto& [due, t] : generate(options, 100'000)) count += t.quantity > Quantity::from_whole(6'000);
    return count;
  };
  CHECK(fat(0) == 0);
  CHECK(fat(0.01) > 100);
}
