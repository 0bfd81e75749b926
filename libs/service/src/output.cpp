#include "risk/service/output.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace risk::service {

void finish_output(std::ostream& out) {
  errno = 0;
  out.flush();
  if (out) return;
  const std::string why = errno != 0 ? std::string(": ") + std::strerror(errno) : "";
  throw std::runtime_error("the output cannot be written" + why);
}

}  // namespace risk::service
