// A file of nothing in a journal's folder, which holds a little room on the volume: where the volume is full, a segment
// can only be begun, so that others can be deleted, in room that was kept for it. Any thread.
#pragma once

#include <string>

namespace risk::bus {

class Reserve {
 public:
  // Makes the file unless it is there. Without room on the volume there is none until the next keep().
  explicit Reserve(const std::string& directory);

  void keep();
  void spend();  // its room is free then

 private:
  const std::string path_;
};

}  // namespace risk::bus
