#include "risk/log/reader.hpp"

namespace risk::log {

std::string conflicts(const std::vector<StreamStatus>& streams) {
  std::string all;
  for (const auto& stream : streams) {
    if (!stream.conflict.empty()) all += (all.empty() ? "" : "; ") + stream.conflict;
  }
  return all;
}

}  // namespace risk::log
