// A bus subscriber of the engine's alert stream, for the auditor: chaos_listener ENDPOINTS FILE appends each record to
// FILE as "SEQUENCE PAYLOAD-IN-HEX", one a line, from the stream's first one on, until it is told to stop. What it is
// told as missing or bad goes to stdout.
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include "risk/base/encoding.hpp"
#include "risk/bus/subscriber.hpp"

namespace {

volatile std::sig_atomic_t stopping = 0;

void stop(int) {
  stopping = 1;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t comma; (comma = text.find(',')) != text.npos; text.remove_prefix(comma + 1)) {
    parts.emplace_back(text.substr(0, comma));
  }
  parts.emplace_back(text);
  return parts;
}

std::string line_of(const risk::bus::Record& record) {
  return std::to_string(record.sequence) + " " + risk::to_hex(record.payload) + "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: chaos_listener ENDPOINT[,ENDPOINT] FILE\n");
    return 2;
  }
  std::signal(SIGINT, stop);
  std::signal(SIGTERM, stop);
  std::FILE* out = std::fopen(argv[2], "a");
  if (out == nullptr) return 1;

  risk::bus::SubscriberOptions options;
  options.endpoints = split(argv[1]);
  options.topics = {"alerts"};
  options.frames_queued_max = 10;  // soon full, when it stalls
  options.silence_max = std::chrono::milliseconds{2000};
  risk::bus::Subscriber subscriber(
      options, {[out](const risk::bus::Record& record) { std::fputs(line_of(record).c_str(), out); },
                [](const risk::bus::Gap& gap) {
                  std::printf("level=error missing %llu to %llu\n", static_cast<unsigned long long>(gap.first),
                              static_cast<unsigned long long>(gap.last));
                  std::fflush(stdout);
                },
                [](std::string_view reason) {
                  std::printf("%.*s\n", static_cast<int>(reason.size()), reason.data());
                  std::fflush(stdout);
                }});
  while (stopping == 0) {
    subscriber.poll(std::chrono::milliseconds{100});
    std::fflush(out);
  }
  return std::fclose(out) == 0 ? 0 : 1;
}
