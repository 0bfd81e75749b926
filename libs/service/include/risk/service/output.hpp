// The end of a command's output.
#pragma once

#include <ostream>

namespace risk::service {

// Flushes what was written. Throws std::runtime_error("the output cannot be written: …") if any of it was lost: a
// command whose answer nobody could read has not been carried out. Into a pipe that nobody reads the process ends by
// SIGPIPE before that, as is usual.
void finish_output(std::ostream& out);

}  // namespace risk::service
