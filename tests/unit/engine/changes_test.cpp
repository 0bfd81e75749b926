#include "desk.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

Texts ids(const std::vector<ExposureRow>& rows) {
  Texts all;
  for (const auto& row : rows) all.push_back(row.id);
  return all;
}

Texts positions(const Core::Changes& changes) {
  Texts all;
  for (const auto& row : changes.positions) {
    all.push_back(row.client_id.text + " " + row.symbol.text + " " + row.quantity.to_string());
  }
  return all;
}

}  // namespace

TEST_CASE("each row that changed is taken once, in byte order") {
  Desk desk;
  desk.trade(1, "b", "S2", "1", "1");
  desk.trade(1, "a", "S1", "1", "1");
  desk.trade(1, "b", "S2", "1", "1");
  desk.trade(1, "b", "S1", "3", "1");
  const auto changes = desk.core.take_changes(Core::Scope::kTraded);
  CHECK(ids(changes.clients) == Texts{"a", "b"});
  CHECK(ids(changes.symbols) == Texts{"S1", "S2"});
  CHECK(positions(changes) == Texts{"a S1 1", "b S1 3", "b S2 2"});

  desk.trade(2, "c", "S2", "5", "1");
  desk.trade(2, "a", "S2", "4", "1");
  CHECK(positions(desk.core.take_changes(Core::Scope::kTraded)) == Texts{"a S2 4", "c S2 5"});
  CHECK(desk.core.take_changes(Core::Scope::kTraded).clients.empty());
}

TEST_CASE("clients under a mark that moved are taken when asked for") {
  Desk desk;
  desk.trade(1, "idle", "A", "2", "10");
  (void)desk.core.take_changes(Core::Scope::kMarked);
  CHECK_FALSE(desk.core.has_moved_marks());
  desk.trade(2, "busy", "A", "1", "20");
  CHECK(ids(desk.core.take_changes(Core::Scope::kTraded).clients) == Texts{"busy"});
  CHECK(desk.core.has_moved_marks());
  const auto changes = desk.core.take_changes(Core::Scope::kMarked);
  CHECK(ids(changes.clients) == Texts{"busy", "idle"});
  CHECK(changes.clients[1].exposure.gross().to_string() == "40.0000");
  CHECK(changes.clients[1].last_updated == Timestamp::from_seconds(kMidnight + 2));
}

TEST_CASE("of many clients under a mark that moved as many are taken as asked for, the others by the next calls") {
  Desk desk;
  for (const char* client : {"c", "a", "b"}) desk.trade(1, client, "A", "1", "10");
  (void)desk.core.take_changes(Core::Scope::kMarked);
  desk.trade(2, "busy", "A", "1", "20");
  auto changes = desk.core.take_changes(Core::Scope::kMarked, 2);
  CHECK(ids(changes.clients) == Texts{"a", "busy", "c"});
  CHECK(desk.core.marked_left() > 0);
  CHECK(desk.core.has_moved_marks());
  desk.trade(3, "busy", "A", "1", "30");  // those who were taken are due again, behind the one who waits
  changes = desk.core.take_changes(Core::Scope::kMarked, 1);
  CHECK(ids(changes.clients) == Texts{"b", "busy"});
  CHECK(changes.clients[0].exposure.gross().to_string() == "30.0000");
  CHECK(desk.core.has_moved_marks());
  CHECK(ids(desk.core.take_changes(Core::Scope::kMarked).clients) == Texts{"a", "b", "busy", "c"});
  CHECK_FALSE(desk.core.has_moved_marks());
  CHECK(desk.core.marked_left() == 0);
}

TEST_CASE("a session's new turnover is a change of everyone who had some") {
  Desk desk;
  desk.trade(86'399, "C", "A", "1", "10");
  (void)desk.core.take_changes(Core::Scope::kMarked);
  desk.tick(86'400);
  const auto changes = desk.core.take_changes(Core::Scope::kTraded);
  CHECK(ids(changes.clients) == Texts{"C"});
  CHECK(ids(changes.symbols) == Texts{"A"});
  CHECK(changes.positions.empty());
}
