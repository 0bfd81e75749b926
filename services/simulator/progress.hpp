// How far an input has been published, so that a restarted simulator can go on where its journal ends. Kept beside the
// journal in a small file of its own, written once for each input and epoch: item N of a feed is the Nth record after
// it.
#pragma once

#include <cstdint>
#include <string>

#include "risk/log/writer.hpp"
#include "simulator/options.hpp"

namespace risk::simulator {

// The input that the options name, told apart from others: files with their sizes, how they are read, and the
// speed, which decides where ticks stand.
std::string input_of(const Options& options);

// How many items of `input` the stream of `topic` holds already, and the note in `directory` that they are this input's
// from here on; 0 where `resume` is false or the stream was fed from something else. Throws log::LogError.
std::uint64_t begin_input(const log::Writer& log, const std::string& topic, const std::string& directory,
                          const std::string& input, bool resume);

}  // namespace risk::simulator
