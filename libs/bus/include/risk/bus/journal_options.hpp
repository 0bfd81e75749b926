// What can be set of a journal, for those who read settings and know nothing of the journal itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace risk::bus {

struct JournalOptions {
  std::string directory;                             // made if it is not there
  std::uint64_t bytes_max = std::uint64_t{1} << 30;  // 64 KiB and more make sense
  bool sync = true;  // false: what was appended outlives the process, but not the machine
  // Who has to commit a record before it may be deleted, by the names that subscribers give. Empty: nobody.
  std::vector<std::string> durable_consumers;
  // What opening refuses as damaged is kept up to the damage, what came after it is lost, and the stream goes on in a
  // new epoch. Where the file that names the stream is damaged, the segments tell. Segments before the last are judged
  // when they are read, as ever.
  bool reset = false;
};

}  // namespace risk::bus
