// What symbols stand for on disk, through whatever happens to the file.
#include "drop-copy/contract_file.hpp"

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace risk;
using namespace risk::drop_copy;

namespace {

constexpr Timestamp kNow = Timestamp::from_seconds(1'772'461'800);

engine::Instrument instrument(const std::string& symbol, int multiplier) {
  engine::Instrument made;
  made.symbol = Symbol(symbol);
  made.multiplier = Multiplier::from_whole(multiplier);
  made.currency = "USD";
  made.expires_at = Timestamp{kNow.nanos + 7};
  made.asset_class = "a \"future\"";
  return made;
}

using Instruments = std::vector<engine::Instrument>;
Instruments known(const std::string& path, Timestamp now = kNow) {
  return ContractFile(path, now).take_known();
}

void append(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::app) << bytes;
}

}  // namespace

TEST_CASE("of each symbol what was added last is there again, and a new file has nothing") {
  const risk::test::TemporaryFolder folder;
  const std::string path = folder / "contracts";
  CHECK(known(path).empty());
  {
    ContractFile file(path, kNow);
    file.add(instrument("ES", 50));
    file.add(instrument("É 'x'", 1));
    file.add(instrument("ES", 20));
  }
  CHECK(known(path) == Instruments{instrument("ES", 20), instrument("É 'x'", 1)});
  ContractFile(path, kNow).add(instrument("ES", 10));
  CHECK(known(path) == Instruments{instrument("ES", 10), instrument("É 'x'", 1)});
}

TEST_CASE("lines that are torn or damaged are passed over and counted, and what follows them is kept") {
  const risk::test::TemporaryFolder folder;
  const std::string path = folder / "contracts";
  ContractFile(path, kNow).add(instrument("ES", 50));
  const auto size = std::filesystem::file_size(path);
  std::string line(size, ' ');
  std::ifstream(path, std::ios::binary).read(line.data(), static_cast<std::streamsize>(size));
  SECTION("a flipped byte") {
    auto flipped = line;
    flipped[4] = flipped[4] == '0' ? '1' : '0';
    append(path, flipped);
  }
  SECTION("a torn end") {
    append(path, line.substr(0, size / 2));
  }
  SECTION("other text") {
    append(path, "hello\n");
  }
  SECTION("no end of a line for long") {
    append(path, std::string(3 << 20, 'a'));
  }
  ContractFile file(path, kNow);
  CHECK(file.damaged_lines() > 0);
  CHECK(file.take_known() == Instruments{instrument("ES", 50)});
  file.add(instrument("NQ", 20));
  ContractFile again(path, kNow);
  CHECK(again.damaged_lines() == 0);
  CHECK(again.take_known() == Instruments{instrument("ES", 50), instrument("NQ", 20)});
}

TEST_CASE("a file of contracts does not grow with what is said of the same symbols") {
  const risk::test::TemporaryFolder folder;
  const std::string path = folder / "contracts";
  ContractFile file(path, kNow);
  file.add(instrument("ES", 50));
  const auto line = std::filesystem::file_size(path);
  for (int i = 1; i <= 5'000; ++i) file.add(instrument("ES", i));
  CHECK(std::filesystem::file_size(path) < 1'100 * line);
  CHECK(known(path) == Instruments{instrument("ES", 5'000)});
}

TEST_CASE("a contract that expired long ago is forgotten by a start, and one without an expiry is not") {
  const risk::test::TemporaryFolder folder;
  const std::string path = folder / "contracts";
  auto endless = instrument("CFD", 1);
  endless.expires_at.reset();
  {
    ContractFile file(path, kNow);
    file.add(endless);
    file.add(instrument("ES", 50));
  }
  const auto after = [](std::int64_t seconds) { return Timestamp{kNow.nanos + seconds * kNanosPerSecond}; };
  CHECK(known(path, after(ContractFile::kKeptAfterExpirySeconds)).size() == 2);
  CHECK(known(path, after(ContractFile::kKeptAfterExpirySeconds + 1)) == Instruments{endless});
  CHECK(known(path) == Instruments{endless});
}

TEST_CASE("a file of contracts that cannot be opened is named") {
  const risk::test::TemporaryFolder folder;
  CHECK_THROWS_WITH(ContractFile(folder / "no/contracts", kNow),
                    Catch::Matchers::ContainsSubstring("cannot open") &&
                        Catch::Matchers::ContainsSubstring("contracts: No such file or directory"));
}
