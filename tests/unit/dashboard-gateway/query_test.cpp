#include <string>
#include <vector>

#include "dashboard-gateway/api/json.hpp"
#include "dashboard-gateway/http/query.hpp"
#include "dashboard-gateway/live/rate_meter.hpp"
#include "support/catch.hpp"

namespace risk::gateway {
namespace {

std::string problem_of(const std::string& raw) {
  Query query(raw);
  query.whole("limit", 1, 1000);
  query.id("client_id");
  query.time("from");
  query.enums<engine::AlertStatus>("status", kStatuses);
  return query.problem().value_or("");
}

TEST_CASE("A parameter that cannot be read is named with its value and what is allowed") {
  CHECK(problem_of("limit=abc") == "limit: 'abc' is not a whole number from 1 to 1000");
  CHECK(problem_of("limit=0") == "limit: '0' is not a whole number from 1 to 1000");
  CHECK(problem_of("limit=1001") == "limit: '1001' is not a whole number from 1 to 1000");
  CHECK(problem_of("limit=99999999999999999999") ==
        "limit: '99999999999999999999' is not a whole number from 1 to 1000");
  CHECK(problem_of("limit=") == "limit: '' is not a whole number from 1 to 1000");
  CHECK(problem_of("status=OPEN,open") == "status: 'open' is not one of OPEN, ACKNOWLEDGED, RESOLVED");
  CHECK(problem_of("client_id=%01") == "client_id: '\\x01' cannot be an id: contains a control character");
  CHECK(problem_of("from=yesterday").starts_with("from: 'yesterday' is not a time"));
}

TEST_CASE("A parameter that nobody asks for, or that comes twice, is refused") {
  CHECK(problem_of("limt=5") == "limt: there is no such parameter here");
  CHECK(problem_of("limit=5&limit=6") == "limit: given twice");
  CHECK(problem_of("limit=%zz") == "query: 'limit=%zz' is not percent-encoded text");
}

TEST_CASE("Percent-encoded values are decoded before they are judged") {
  Query query("client_id=A%20%26+B&status=OPEN%2CRESOLVED,OPEN");
  CHECK(query.id("client_id") == "A & B");
  CHECK(query.enums<engine::AlertStatus>("status", kStatuses) ==
        std::vector{engine::AlertStatus::kOpen, engine::AlertStatus::kResolved});
  CHECK_FALSE(query.problem());
}

TEST_CASE("JSON text is escaped and never holds invalid UTF-8") {
  JsonWriter json;
  json.begin_object();
  json.member("text", std::string("\"\\\n\x01 \xC3\xA9 \xFF"));
  json.member("none", std::optional<std::string>());
  json.key("list");
  json.begin_array();
  json.value(true);
  json.value(std::uint64_t{18446744073709551615u});
  json.value_number(2.5);
  json.end_array();
  json.end_object();
  CHECK(json.text() ==
        "{\"text\":\"\\\"\\\\\\u000a\\u0001 \xC3\xA9 \xEF\xBF\xBD\",\"none\":null,"
        "\"list\":[true,18446744073709551615,2.50]}");
}

TEST_CASE("A rate is that of the last ten seconds and falls to zero when nothing comes") {
  RateMeter meter;
  const RateMeter::Time start;
  for (int second = 0; second <= 30; ++second) {
    meter.add(start + std::chrono::seconds(second), static_cast<std::uint64_t>(second) * 100);
  }
  CHECK(meter.per_second(start + std::chrono::seconds(30)) == Approx(100));
  CHECK(meter.per_second(start + std::chrono::seconds(60)) == 0);
  meter.add(start + std::chrono::seconds(61), 5);  // the count began again
  CHECK(meter.per_second(start + std::chrono::seconds(61)) == 0);
}

}  // namespace
}  // namespace risk::gateway
