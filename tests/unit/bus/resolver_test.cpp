// Which addresses a name means, over answers that come and go.
#include "transport/resolver.hpp"

#include <condition_variable>
#include <mutex>

#include "support/catch.hpp"

using namespace risk::bus;
using namespace std::chrono_literals;

namespace {

const Endpoint kName{"simulator", 5551};
using Answer = std::vector<std::string>;

}  // namespace

TEST_CASE("A name is every address that it resolves to", "[bus][resolver]") {
  AddressBook book;
  CHECK(book.note(kName, Answer{"10.0.0.1", "10.0.0.2", "::1"}));
  CHECK(book.addresses() == std::set<Endpoint>{{"10.0.0.1", 5551}, {"10.0.0.2", 5551}, {"::1", 5551}});
  CHECK_FALSE(book.note(kName, Answer{"::1", "10.0.0.2", "10.0.0.1"}));
}

TEST_CASE("An address is dropped after three answers without it", "[bus][resolver]") {
  AddressBook book;
  book.note(kName, Answer{"10.0.0.1", "10.0.0.2"});
  CHECK_FALSE(book.note(kName, Answer{"10.0.0.1"}));
  CHECK_FALSE(book.note(kName, Answer{"10.0.0.1"}));
  SECTION("and not before") {
    CHECK_FALSE(book.note(kName, Answer{"10.0.0.1", "10.0.0.2"}));
    CHECK_FALSE(book.note(kName, Answer{"10.0.0.1"}));
    CHECK(book.addresses().size() == 2);
  }
  SECTION("also when the name itself is gone") {
    CHECK(book.note(kName, Answer{}));
    CHECK(book.addresses() == std::set<Endpoint>{{"10.0.0.1", 5551}});
  }
}

TEST_CASE("A name server that is away takes no address", "[bus][resolver]") {
  AddressBook book;
  book.note(kName, Answer{"10.0.0.1"});
  for (int i = 0; i < 10; ++i) CHECK_FALSE(book.note(kName, std::nullopt));
  CHECK(book.addresses().size() == 1);
}

TEST_CASE("An address that two names share stays while one has it", "[bus][resolver]") {
  AddressBook book;
  book.note(kName, Answer{"10.0.0.1"});
  book.note({"alias", 5551}, Answer{"10.0.0.1"});
  for (int i = 0; i < 3; ++i) book.note(kName, Answer{});
  CHECK(book.addresses() == std::set<Endpoint>{{"10.0.0.1", 5551}});
}

TEST_CASE("The resolver asks again and tells only changes", "[bus][resolver]") {
  std::mutex mutex;
  std::condition_variable asked;
  int questions = 0;
  int changes = 0;
  Resolver resolver(
      {kName}, 1ms,
      [&](const std::string& host) -> std::optional<Answer> {
        const std::lock_guard lock(mutex);
        ++questions;
        asked.notify_all();
        return questions < 5 ? Answer{host + ".1"} : Answer{host + ".1", host + ".2"};
      },
      [&] {
        const std::lock_guard lock(mutex);
        ++changes;
        asked.notify_all();
      });
  std::unique_lock lock(mutex);
  REQUIRE(asked.wait_for(lock, 10s, [&] { return changes == 2 && questions > 8; }));
  lock.unlock();
  CHECK(resolver.take() == std::set<Endpoint>{{"simulator.1", 5551}, {"simulator.2", 5551}});
  CHECK_FALSE(resolver.take());
  lock.lock();
  CHECK(changes == 2);
}

TEST_CASE("A look-up that hangs does not hold up the end", "[bus][resolver]") {
  // What the look-up uses outlives the Resolver, as its thread does.
  struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool asked = false;
    bool open = false;
    bool left = false;
  };
  const auto gate = std::make_shared<Gate>();
  {
    Resolver resolver(
        {kName}, 1ms,
        [gate](const std::string&) -> std::optional<Answer> {
          std::unique_lock lock(gate->mutex);
          gate->asked = true;
          gate->changed.notify_all();
          gate->changed.wait(lock, [&] { return gate->open; });
          gate->left = true;
          gate->changed.notify_all();
          return Answer{"10.0.0.1"};
        },
        [] { FAIL("told after the end"); });
    std::unique_lock lock(gate->mutex);
    REQUIRE(gate->changed.wait_for(lock, 10s, [&] { return gate->asked; }));
  }
  std::unique_lock lock(gate->mutex);
  CHECK_FALSE(gate->left);
  gate->open = true;
  gate->changed.notify_all();
  CHECK(gate->changed.wait_for(lock, 10s, [&] { return gate->left; }));
}

TEST_CASE("This machine's resolver knows localhost and says no to what does not exist", "[bus][resolver]") {
  const auto localhost = look_up("localhost");
  REQUIRE(localhost);
  CHECK(std::count(localhost->begin(), localhost->end(), "127.0.0.1") > 0);
  const auto nowhere = look_up("no-such-host.invalid");
  CHECK((!nowhere || nowhere->empty()));
}
