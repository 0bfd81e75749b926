// Sequence numbers on disk, through whatever happens to the file.
#include "drop-copy/fix/sequences.hpp"

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace risk::drop_copy;
using Catch::Matchers::ContainsSubstring;

namespace {

Sequences numbers(std::uint64_t out, std::uint64_t in) {
  Sequences made;
  made.incarnation = 3;
  made.next_out = out;
  made.next_in = in;
  made.reset_at = 1'772'461'800;
  made.journal_stream = "0123456789abcdef0123456789abcdef";
  made.journal_epoch = 2;
  return made;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace

TEST_CASE("what was saved is there again, and a new file has nothing") {
  const risk::test::TemporaryFolder folder;
  const std::string path = folder / "numbers";
  CHECK_FALSE(SequenceFile(path).saved());
  {
    SequenceFile file(path);
    file.save(Sequences{}, true);
    for (std::uint64_t i = 1; i <= 20; ++i) file.save(numbers(i, 2 * i), i % 3 == 0);
  }
  CHECK(SequenceFile(path).saved() == numbers(20, 40));
  CHECK(std::filesystem::file_size(path) == 512);
}

TEST_CASE("a write that was torn anywhere leaves the numbers before it") {
  const risk::test::TemporaryFolder folder;
  const std::string path = folder / "numbers";
  {
    SequenceFile file(path);
    file.save(numbers(1, 1), true);
    file.save(numbers(2, 2), true);
  }
  const auto before = bytes_of(path);
  SequenceFile(path).save(numbers(3, 3), true);
  const auto after = bytes_of(path);
  for (std::size_t cut = 256; cut < 512; ++cut) {  // the third save has the second place
    write(path, after.substr(0, cut) + before.substr(cut));
    const auto found = SequenceFile(path).saved();
    REQUIRE(found);
    CHECK((*found == numbers(2, 2) || *found == numbers(3, 3)));
  }
}

TEST_CASE("a file that is damaged in both places is refused with its name and what to do") {
  const risk::test::TemporaryFolder folder;
  const std::string path = folder / "numbers";
  SequenceFile(path).save(numbers(1, 1), true);
  auto bytes = bytes_of(path);
  for (std::size_t at = 0; at < bytes.size(); at += 256) bytes[at + 30] ^= 1;
  write(path, bytes);
  CHECK_THROWS_WITH(SequenceFile(path), ContainsSubstring(path + " is damaged"));
  write(path, "something else");
  CHECK_THROWS_WITH(SequenceFile(path), ContainsSubstring("is damaged"));
  CHECK_THROWS_WITH(SequenceFile((folder / "no") + "/such/folder"), ContainsSubstring("No such file or directory"));
}
