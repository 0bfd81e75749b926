#include "risk/base/os.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "support/catch.hpp"

using namespace risk;
namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "os_test.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for the test");
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  std::string file(const char* name) const { return path + "/" + name; }

  std::string path;
};

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("an error number is said in words") {
  CHECK(errno_text(ENOENT) == "No such file or directory");
  CHECK(errno_text(EACCES) == "Permission denied");
}

TEST_CASE("a moved descriptor is closed once, and the one it replaces at once") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  Descriptor read_end(ends[0]);
  Descriptor other(ends[1]);
  other = std::move(read_end);
  CHECK(::fcntl(ends[1], F_GETFD) == -1);
  CHECK(other.get() == ends[0]);
  CHECK_FALSE(read_end.is_open());
  CHECK(::fcntl(ends[0], F_GETFD) != -1);
  other.reset();
  CHECK(::fcntl(ends[0], F_GETFD) == -1);
}

TEST_CASE("a file that is opened is not handed on to child processes") {
  const Folder folder;
  const auto file = open_file(folder.file("a"), O_RDWR | O_CREAT, 0600);
  REQUIRE(file.is_open());
  CHECK((::fcntl(file.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK_FALSE(open_file(folder.file("none"), O_RDONLY).is_open());
  CHECK(errno == ENOENT);
}

TEST_CASE("bytes are written and read where they belong, and a file's end cuts a read short") {
  const Folder folder;
  const auto file = open_file(folder.file("a"), O_RDWR | O_CREAT, 0600);
  REQUIRE(write_at(file.get(), 0, "0123456789"));
  REQUIRE(write_at(file.get(), 4, "ab"));
  CHECK(read_at(file.get(), 3, 4) == "3ab6");
  CHECK(read_at(file.get(), 8, 100) == "89");
  CHECK(read_at(file.get(), 50, 1) == "");
  CHECK_FALSE(read_at(-1, 0, 1));
  CHECK_FALSE(write_at(-1, 0, "x"));
  CHECK(errno == EBADF);
}

TEST_CASE("a replaced file is another file with the new content, and nothing is left beside it") {
  const Folder folder;
  const auto path = folder.file("state");
  write(path, "old, and longer than the new");
  write(path + ".new", "left behind by a crash, and longer than the new one, too");
  const auto before = file_id(path);
  CHECK_FALSE(replace_file(path, "new", 0600));
  CHECK(content(path) == "new");
  CHECK(file_id(path) != before);
  CHECK_FALSE(fs::exists(path + ".new"));
}

TEST_CASE("a file of a bare name is replaced in the folder where the process is") {
  const Folder folder;
  const auto back = fs::current_path();
  fs::current_path(folder.path);
  const auto problem = replace_file("state", "new", 0600);
  fs::current_path(back);
  CHECK_FALSE(problem);
  CHECK(content(folder.file("state")) == "new");
  CHECK(folder_of("state") == ".");
  CHECK(folder_of("/a/state") == "/a");
}

TEST_CASE("a replacement that fails names the step and the file, and leaves the old file as it was") {
  const Folder folder;
  const auto missing = folder.file("none") + "/state";
  auto problem = replace_file(missing, "new", 0600);
  REQUIRE(problem);
  CHECK(problem->doing == "make");
  CHECK(problem->path == missing + ".new");
  CHECK(problem->error == ENOENT);

  const auto path = folder.file("state");
  fs::create_directories(path + "/full");  // a file cannot take the place of a folder
  problem = replace_file(path, "new", 0600);
  REQUIRE(problem);
  CHECK(problem->doing == "replace");
  CHECK(problem->path == path);
  CHECK(fs::exists(path + "/full"));
}

TEST_CASE("a file that is written piece by piece appears when it is whole, and not before") {
  const Folder folder;
  const auto path = folder.file("rows.csv");
  write(path, "old");
  {
    FileReplacement file(path, 0600);
    REQUIRE_FALSE(file.open());
    CHECK_FALSE(file.write("a,b\n"));
    CHECK_FALSE(file.write("c,d\n"));
    CHECK(content(path) == "old");
    CHECK_FALSE(file.commit());
    CHECK(content(path) == "a,b\nc,d\n");
  }
  CHECK(content(path) == "a,b\nc,d\n");
  CHECK_FALSE(fs::exists(path + ".new"));
}

TEST_CASE("a file that is given up on the way leaves the old one and nothing else") {
  const Folder folder;
  const auto path = folder.file("rows.csv");
  write(path, "old");
  {
    FileReplacement file(path, 0600);
    REQUIRE_FALSE(file.open());
    CHECK_FALSE(file.write("half"));
  }
  CHECK(content(path) == "old");
  CHECK_FALSE(fs::exists(path + ".new"));
  const auto missing = folder.file("none") + "/rows.csv";
  const auto problem = FileReplacement(missing, 0600).open();
  REQUIRE(problem);
  CHECK(problem->doing == "make");
  CHECK(problem->path == missing + ".new");
}

TEST_CASE("a lock excludes others of the same process until it is given up") {
  const Folder folder;
  const auto kind = GENERATE(FileLock::Kind::kFlock, FileLock::Kind::kRecord);
  FileLock first(folder.file("lock"), 0600, kind), second(folder.file("lock"), 0600, kind);
  CHECK(first.try_lock().is_locked);
  CHECK(first.try_lock().is_locked);
  const auto attempt = second.try_lock();
  CHECK_FALSE(attempt.is_locked);
  CHECK_FALSE(attempt.problem);
  CHECK_FALSE(second.is_held());
  first.unlock();
  CHECK_FALSE(first.is_held());
  CHECK(second.try_lock().is_locked);
}

TEST_CASE("a lock on a file that was replaced is given up for one on the file that is there now") {
  const Folder folder;
  const auto kind = GENERATE(FileLock::Kind::kFlock, FileLock::Kind::kRecord);
  const auto path = folder.file("lock");
  FileLock lock(path, 0600, kind);
  REQUIRE(lock.try_lock().is_locked);
  fs::remove(path);
  CHECK_FALSE(lock.is_held());
  FileLock other(path, 0600, kind);
  REQUIRE(other.try_lock().is_locked);
  CHECK_FALSE(lock.try_lock().is_locked);
  other.unlock();
  CHECK(lock.try_lock().is_locked);
  CHECK(lock.is_held());
}

TEST_CASE("whoever asks whether a file is locked makes no file and locks nobody out") {
  const Folder folder;
  const auto path = folder.file("lock");
  FileLock lock(path, 0600, FileLock::Kind::kRecord);
  const FileLock asking(path, 0600, FileLock::Kind::kRecord);
  CHECK_FALSE(asking.is_held_by_anyone());
  CHECK_FALSE(fs::exists(path));
  REQUIRE(lock.try_lock().is_locked);
  CHECK(asking.is_held_by_anyone());
  CHECK(lock.is_held_by_anyone());
  lock.unlock();
  CHECK_FALSE(asking.is_held_by_anyone());
}

TEST_CASE("a lock file that cannot be made is a problem and not a lock of another one") {
  const Folder folder;
  FileLock lock(folder.file("none") + "/lock", 0600, FileLock::Kind::kFlock);
  const auto attempt = lock.try_lock();
  CHECK_FALSE(attempt.is_locked);
  REQUIRE(attempt.problem);
  CHECK(attempt.problem->doing == "open");
  CHECK(attempt.problem->error == ENOENT);
}
