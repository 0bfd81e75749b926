#include "risk/service/output.hpp"

#include <fstream>
#include <sstream>

#include "support/catch.hpp"

using namespace risk::service;

TEST_CASE("output that cannot be written is an error with its reason") {
  std::ofstream full("/dev/full");
  full << "an answer";
  CHECK_THROWS_WITH(finish_output(full), "the output cannot be written: No space left on device");
  std::ostringstream fine;
  fine << "an answer";
  CHECK_NOTHROW(finish_output(fine));
}
