#include "risk/http/refusal_log.hpp"

#include "support/catch.hpp"

using namespace risk::http;
using std::chrono::seconds;

TEST_CASE("What happens again and again is told once a minute, with how often") {
  RefusalLog log;
  const RefusalLog::Instant begin{std::chrono::hours{1}};
  const auto first = log.note(RefusalReason::kAddressFull, "192.0.2.1", "", begin);
  REQUIRE(first);
  CHECK(first->count == 1);
  CHECK(first->address == "192.0.2.1");
  for (int i = 0; i < 4400; ++i)
    CHECK_FALSE(log.note(RefusalReason::kAddressFull, "192.0.2.2", "", begin + seconds(i % 60)));
  CHECK(log.note(RefusalReason::kForeignHost, "192.0.2.3", "evil.example", begin + seconds(1))->detail ==
        "evil.example");

  CHECK(log.due(begin + seconds(59)).empty());
  const auto due = log.due(begin + seconds(60));
  REQUIRE(due.size() == 1);
  CHECK(due[0].message == first->message);
  CHECK(due[0].count == 4400);
  CHECK(due[0].address == "192.0.2.2");
  CHECK(log.due(begin + seconds(600)).empty());
  CHECK(log.note(RefusalReason::kAddressFull, "192.0.2.1", "", begin + seconds(120))->count == 1);
}
