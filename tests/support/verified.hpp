// What Core::verify() says of a core, as one text to compare with nothing.
#pragma once

#include <string>

#include "risk/engine/core.hpp"

namespace risk::engine {

inline std::string broken(const Core& core) {
  std::string all;
  for (const std::string& finding : core.verify()) all += finding + "\n";
  return all;
}

}  // namespace risk::engine
