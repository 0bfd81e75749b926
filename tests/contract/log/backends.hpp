// The logs that the contract is run on, each with a place of its own that goes with it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "risk/log/reader.hpp"
#include "risk/log/writer.hpp"

namespace risk::log::test {

inline constexpr char kConsumer[] = "consumer";  // the one durable consumer of every backend

// What a test writes to and reads from.
class Backend {
 public:
  virtual ~Backend() = default;

  // Opens a topic that the log keeps; again after the writer is gone: a restart. With another name: another publisher.
  virtual std::unique_ptr<Writer> write(const std::string& topic, WriterHandlers handlers = {},
                                        const std::string& publisher = "publisher") = 0;
  // Opens a topic of several publishers that share an address.
  virtual std::vector<std::unique_ptr<Writer>> write_all(const std::string& topic,
                                                         const std::vector<std::string>& publishers) = 0;
  // Opens topics that the log does not keep.
  virtual std::unique_ptr<Writer> write_unkept(std::vector<Topic> topics) = 0;
  // Of all writers so far.
  virtual Source source() = 0;
  // How many bytes of records certainly fill the log.
  virtual std::size_t bytes_of_room() const = 0;
};

struct Memory {
  static std::unique_ptr<Backend> make();
};
struct Bus {
  static std::unique_ptr<Backend> make();
};

inline constexpr std::chrono::seconds kPatience{30};  // until a test gives up; never waited out when all is well

// A record as a test remembers it.
struct Seen {
  std::string topic, publisher, payload;
  Position position;
};

// A reader that remembers what it is told.
class Ear {
 public:
  Ear(const Source& source, ReaderOptions options);

  // Polls until `done`, serving the writers. Returns whether it came to that.
  template <class Done>
  bool until(const std::vector<Writer*>& writers, Done done) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      for (auto* writer : writers) writer->service();
      reader->poll(std::chrono::milliseconds{5});
    }
    return true;
  }
  bool until_records(const std::vector<Writer*>& writers, std::size_t count) {
    return until(writers, [&] { return seen.size() >= count; });
  }
  std::vector<std::string> payloads() const;

  std::vector<Seen> seen;
  std::uint64_t missing = 0;
  std::unique_ptr<Reader> reader;
};

ReaderOptions reading(std::vector<std::string> topics, FirstMet first_met = FirstMet::kFromBeginning);

}  // namespace risk::log::test
