#include "risk/service/output.hpp"

#include <cerrno>
#include <stdexcept>
#include <string>

#include "risk/base/os.hpp"

namespace risk::service {

void finish_output(std::ostream& out) {
  errno = 0;
  out.flush();
  if (out) return;
  const std::string why = errno != 0 ? std::string(": ") + errno_text(errno) : "";
  throw std::runtime_error("the output cannot be written" + why);
}

}  // namespace risk::service
