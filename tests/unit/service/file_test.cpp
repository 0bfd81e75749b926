#include "risk/service/file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace risk::service;

TEST_CASE("a small file is read whole, one over the bound is refused") {
  const risk::test::TemporaryFolder folder;
  const auto path = folder / "file";
  std::ofstream(path, std::ios::binary) << std::string(10, 'x');
  CHECK(read_small_file(path, 10).value() == std::string(10, 'x'));
  CHECK(read_small_file(path, 9).error().reason == "is larger than 9 bytes");
  CHECK(read_small_file(folder / "missing", 9).error().reason == "No such file or directory");
  CHECK(read_small_file("/proc/self/status", 100'000).ok());  // which says that it is empty
}

TEST_CASE("only a regular file counts as one, a pipe where it is asked for") {
  const risk::test::TemporaryFolder folder;
  const auto pipe = folder / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(file_problem(pipe) == "is a pipe, not a file");
  CHECK_FALSE(file_problem(pipe, Readable::kFileOrPipe));
  for (const auto wanted : {Readable::kFile, Readable::kFileOrPipe}) {
    CHECK(file_problem("/dev/zero", wanted) == "is a device, not a file");
    CHECK(file_problem(folder.path(), wanted) == "is a directory");
    CHECK(file_problem(folder / "missing", wanted) == "No such file or directory");
  }
  std::ofstream(folder / "file") << "x";
  CHECK_FALSE(file_problem(folder / "file"));
}
