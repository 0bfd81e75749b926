// The folder of keys: what a service makes of it, and every mistake in it by name.
#include "risk/settings/curve.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "support/catch.hpp"
#include "unit/service/options_fixture.hpp"

using namespace risk;
using Catch::Matchers::ContainsSubstring;
using Lines = std::vector<std::string>;

namespace {

// A folder of keys, and risk-engine, which connects to simulator.
struct KeyFolder : service::OptionsFixture {
  std::string folder = path("keys");
  settings::CurveOptions curve;

  KeyFolder() { settings::make_key_files(folder, {"risk-engine", "simulator"}); }

  std::string in(const std::string& name) const { return folder + "/" + name; }
  std::string read(const std::string& name) const {
    std::ifstream file(in(name));
    std::string line;
    std::getline(file, line);
    return line;
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(in(name), std::ios::binary) << text;
  }
  std::optional<int> parse_engine(std::vector<std::string> arguments = {}, std::function<bool()> needed = {}) {
    service::OptionSet options("probe", "");
    settings::add_curve_options(options, curve, "risk-engine", {"simulator"}, std::move(needed));
    variables["BUS_CURVE_DIRECTORY"] = folder;
    return parse(options, std::move(arguments));
  }
  // The one mistake, without its place and the folder.
  std::string mistake() {
    CHECK(parse_engine() == 2);
    REQUIRE(mistakes().size() == 1);
    auto line = mistakes().front();
    const std::string place = "environment variable BUS_CURVE_DIRECTORY: bus.curve_directory: ";
    CHECK(line.substr(0, place.size()) == place);
    line.erase(0, place.size());
    for (auto at = line.find(folder + "/"); at != line.npos; at = line.find(folder + "/")) {
      line.erase(at, folder.size() + 1);
    }
    return line;
  }
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

std::string refusal(const std::string& folder, const Lines& names) {
  try {
    settings::make_key_files(folder, names);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no refusal";
}

}  // namespace

TEST_CASE("a service takes its own secret key, lets in every public key and knows those it connects to") {
  KeyFolder keys;
  keys.write("left-over.txt", "no key");
  REQUIRE(keys.parse_engine() == std::nullopt);
  const auto server = keys.curve.server();
  REQUIRE(server);
  CHECK(server->secret_key.reveal() == keys.read("risk-engine.key"));
  CHECK(server->allowed_clients == Lines{keys.read("risk-engine.pub"), keys.read("simulator.pub")});
  CHECK(server->on_refused);
  const auto client = keys.curve.client_of("simulator");
  REQUIRE(client);
  CHECK(client->secret_key == server->secret_key);
  CHECK(client->server_key == keys.read("simulator.pub"));
  CHECK(client->server_name == keys.in("simulator.pub"));
}

TEST_CASE("without a folder nothing is encrypted, and one that is not needed is not read") {
  service::OptionsFixture fixture;
  service::OptionSet options("probe", "");
  settings::CurveOptions curve;
  settings::add_curve_options(options, curve, "risk-engine", {"simulator"});
  CHECK(fixture.parse(options) == std::nullopt);
  CHECK_FALSE(curve.server());
  CHECK_FALSE(curve.client_of("simulator"));

  KeyFolder keys;
  std::filesystem::remove_all(keys.folder);
  CHECK(keys.parse_engine({}, [] { return false; }) == std::nullopt);
  CHECK(keys.parse_engine({}, [] { return true; }) == 2);
}

TEST_CASE("a mistake in the folder of keys stops the start and names the file") {
  KeyFolder keys;
  SECTION("no folder") {
    std::filesystem::remove_all(keys.folder);
    CHECK(keys.mistake() == keys.folder + ": cannot be found: No such file or directory");
  }
  SECTION("a file instead") {
    std::filesystem::remove_all(keys.folder);
    std::ofstream(keys.folder) << "x";
    CHECK(keys.mistake() == keys.folder + ": must be a folder");
  }
  SECTION("everyone may add a key") {
    ::chmod(keys.folder.c_str(), 0777);
    CHECK(keys.mistake() == keys.folder + ": has mode 777, everyone could add a key that is let in (chmod o-w)");
  }
  SECTION("everyone may change a key") {
    ::chmod(keys.in("simulator.pub").c_str(), 0666);
    CHECK(keys.mistake() == "simulator.pub: has mode 666, everyone could put in a key that is let in (chmod o-w)");
  }
  SECTION("no secret key of its own") {
    std::filesystem::remove(keys.in("risk-engine.key"));
    CHECK(keys.mistake() == "risk-engine.key: cannot be opened: No such file or directory");
  }
  SECTION("a secret key that others may read") {
    for (const mode_t mode : {0640, 0604, 0620}) {
      ::chmod(keys.in("risk-engine.key").c_str(), mode);
      CHECK_THAT(keys.mistake(), ContainsSubstring(", it must be its owner's alone (chmod 600)"));
    }
  }
  SECTION("no public key of a service that it connects to") {
    std::filesystem::remove(keys.in("simulator.pub"));
    CHECK(keys.mistake() == "simulator.pub: missing; risk-engine connects to simulator");
  }
  SECTION("a public key of another secret key") {
    std::filesystem::copy_file(keys.in("simulator.pub"), keys.in("risk-engine.pub"),
                               std::filesystem::copy_options::overwrite_existing);
    CHECK(keys.mistake() == "risk-engine.pub: must be the public key of risk-engine.key");
  }
  SECTION("a folder in place of a key") {
    std::filesystem::remove(keys.in("simulator.pub"));
    std::filesystem::create_directory(keys.in("simulator.pub"));
    CHECK(keys.mistake() == "simulator.pub: must be a file");
  }
  SECTION("what is no key, on the allow-list too") {
    const auto key = keys.read("simulator.pub");
    for (const auto& text : {std::string(), key.substr(1), key + "x", key + "\n\n", key + "\n" + key,
                             " " + key.substr(1), std::string(1000, 'x')}) {
      keys.write("another.pub", text);
      CHECK(keys.mistake() == "another.pub: must hold one line, a key of 40 characters of Z85");
    }
    for (const auto& text : {key, key + "\n", key + "\r\n"}) {
      keys.write("another.pub", text);
      CHECK(keys.parse_engine() == std::nullopt);
    }
  }
}

TEST_CASE("every mistake in the folder is told at once") {
  KeyFolder keys;
  keys.write("risk-engine.key", "short");
  keys.write("simulator.pub", "short");
  CHECK(keys.parse_engine() == 2);
  CHECK(keys.mistakes().size() == 2);
}

TEST_CASE("no output holds a secret key, right or wrong") {
  KeyFolder keys;
  const auto secret = keys.read("risk-engine.key");
  const auto leaks = [&](std::vector<std::string> arguments) {
    keys.parse_engine(std::move(arguments));
    return (keys.out + keys.err).find(secret.substr(0, 20)) != std::string::npos;
  };
  CHECK_FALSE(leaks({}));
  CHECK_FALSE(leaks({"--help"}));
  CHECK_FALSE(leaks({"--check-config"}));
  for (const auto& text : {secret + "x", secret.substr(0, 39), secret + "\n" + secret}) {
    keys.write("risk-engine.key", text);
    CHECK_FALSE(leaks({}));
  }
  // A secret where a public key belongs.
  keys.write("risk-engine.key", secret);
  keys.write("risk-engine.pub", secret);
  CHECK_FALSE(leaks({}));
}

TEST_CASE("key files are made for their owner, and the pair belongs together") {
  service::OptionsFixture fixture;
  const auto folder = fixture.path("a/b");
  const auto old_mask = ::umask(0);
  const auto made = settings::make_key_files(folder, {"one", "two"});
  ::umask(old_mask);
  REQUIRE(made.size() == 2);
  CHECK(mode_of(folder) == 0755);
  CHECK(mode_of(folder + "/one.key") == 0600);
  CHECK(mode_of(folder + "/one.pub") == 0644);
  std::ifstream secret(folder + "/two.key"), open(folder + "/two.pub");
  std::string secret_key, public_key;
  std::getline(secret, secret_key);
  std::getline(open, public_key);
  CHECK(public_key == made[1]);
  CHECK(bus::public_key_of(Secret(secret_key)) == made[1]);
}

TEST_CASE("a key is never overwritten, and then none is made") {
  service::OptionsFixture fixture;
  const auto folder = fixture.path("keys");
  for (const std::string there : {"two.key", "two.pub"}) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
    std::ofstream(folder + "/" + there) << "precious";
    CHECK(refusal(folder, {"one", "two"}) ==
          folder + "/" + there + ": is there already, and a key is never overwritten");
    CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
    std::string text;
    std::ifstream(folder + "/" + there) >> text;
    CHECK(text == "precious");
  }
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  std::filesystem::create_symlink(fixture.path("elsewhere"), folder + "/one.key");
  CHECK_THAT(refusal(folder, {"one"}), ContainsSubstring("one.key: is there already"));
  // One that comes while keys are made, here of the same name given twice.
  CHECK_THAT(refusal(folder, {"two", "two"}), ContainsSubstring("two.key: cannot be made: File exists"));
}

TEST_CASE("what is no name of a key makes no file") {
  service::OptionsFixture fixture;
  const auto folder = fixture.path("keys");
  for (const std::string name : {"", "..", ".hidden", "-f", "a/b", "../a", "a b", "a\n"}) {
    CHECK_THAT(refusal(folder, {"fine", name}), ContainsSubstring("is no name of a key"));
    CHECK_FALSE(std::filesystem::exists(folder));
  }
  const auto file = fixture.file("file", "");
  CHECK_THAT(refusal(file + "/keys", {"one"}), ContainsSubstring("cannot be made"));
}
