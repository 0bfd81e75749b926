// What comes over the wire and off the disk: frames, questions about replay, requests and segments of a journal, as any
// bytes and as well-formed ones with a field that is wrong under a right checksum. Nothing crashes, what is refused is
// counted, and whatever a peer sends, a stream's records are delivered in order, once.
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <map>
#include <vector>

#include "input.hpp"
#include "journal/segment.hpp"
#include "requests/request_frame.hpp"
#include "risk/base/check.hpp"
#include "transport/frame.hpp"
#include "transport/replay_message.hpp"
#include "transport/stream_table.hpp"

namespace {

using namespace risk;
using namespace risk::bus;
using fuzz::Input;

constexpr std::array<std::string_view, 2> kTopics{"t", "transactions"};

StreamKey stream(std::uint32_t number) {
  StreamKey key{};
  key[0] = static_cast<unsigned char>(number + 1);
  return key;
}

// Damages a byte, and perhaps makes the checksum fit again.
std::string damaged(Input& input, std::string bytes) {
  if (bytes.size() < kChecksumBytes) return bytes;
  for (auto changes = input.below(3); changes > 0; --changes) {
    bytes[input.below(static_cast<std::uint32_t>(bytes.size()))] = static_cast<char>(input.take<std::uint8_t>());
  }
  if (input.below(4) == 0) bytes.resize(input.below(static_cast<std::uint32_t>(bytes.size() + 1)));
  if (bytes.size() < kChecksumBytes || input.below(2) == 0) return bytes;
  const auto end = bytes.size() - kChecksumBytes;
  const auto sum = checksum(std::string_view(bytes).substr(0, end));
  std::memcpy(bytes.data() + end, &sum, sizeof sum);
  return bytes;
}

std::string frame(Input& input) {
  FrameWriter writer(kTopics[input.below(2)], stream(input.below(3)), 1 + input.below(3), input.text(20),
                     input.below(2) == 0 ? 0 : 5552, input.below(4));
  if (input.below(5) == 0) return damaged(input, writer.heartbeat(input.below(40)));
  for (auto records = input.below(6) + 1; records > 0; --records) writer.append(input.text(30));
  return damaged(input, std::string(writer.finish(input.below(40) + 1)));
}

class StreamTableFuzzer {
 public:
  void run(Input& input) {
    while (!input.empty()) {
      const auto before = table_.counters();
      const auto bytes = input.below(8) == 0 ? input.text(200) : frame(input);
      const bool readable = decode_frame(bytes).ok();
      const auto path = input.below(2) + 1;
      if (input.below(4) == 0) {
        table_.take_replayed(bytes, "peer", now_);
      } else {
        const auto taken = table_.take(bytes, path, "peer", now_);
        if (taken.missing) settle(input, *taken.missing, path);
      }
      if (!readable) RISK_CHECK(table_.counters().bad_frames == before.bad_frames + 1);
      if (input.below(10) == 0) table_.forget_path(path);
      if (input.below(10) == 0) now_ += std::chrono::seconds{3};
    }
    for (const auto& status : table_.streams(now_)) RISK_CHECK(status.delivered <= status.announced);
  }

 private:
  // What a publisher may answer when it is asked.
  void settle(Input& input, const StreamTable::Missing& missing, StreamTable::PathId path) {
    if (missing.unproven != 0) return prove(input, missing, path);
    if (missing.last == 0) return table_.end_epoch(missing.stream);
    if (input.below(2) == 0)
      table_.lose_before(missing.stream, std::min<std::uint64_t>(missing.last + 1, input.below(60)));
  }

  void prove(Input& input, const StreamTable::Missing& missing, StreamTable::PathId path) {
    ReplayMessage proof;
    proof.kind = ReplayMessage::Kind::kProof;
    proof.answer = ReplayMessage::Answer{static_cast<std::uint8_t>(input.below(3))};
    proof.last = input.below(60);
    if (input.below(3) == 0) proof.text = hash_text(input.below(2));
    table_.take_proof(missing, proof, path, "peer", now_);
  }

  void on_record(const Record& record) {
    auto& next = next_[{record.stream.text, record.epoch}];
    RISK_CHECK(record.sequence == next + 1);
    next = record.sequence;
  }
  void on_gap(const Gap& gap) {
    auto& next = next_[{gap.stream.text, gap.epoch}];
    RISK_CHECK(gap.first == next + 1);
    RISK_CHECK(gap.last >= gap.first);
    next = gap.last;
  }

  std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> next_;
  StreamTable::Instant now_{std::chrono::hours{1}};
  StreamTable table_{{[this](const Record& record) { on_record(record); }, [this](const Gap& gap) { on_gap(gap); }, {}},
                     std::chrono::milliseconds{5000}};
};

// A segment with a right header and these bytes behind it, or with them from its first byte on.
void read_segment(Input& input, std::string_view bytes) {
  static const int file = ::memfd_create("segment", 0);
  RISK_CHECK(file >= 0 && ::ftruncate(file, 0) == 0);
  const auto path = "/proc/self/fd/" + std::to_string(file);
  std::string content;
  if (input.below(4) != 0) {
    content = Segment::encode({stream(0), 1, 1, 0});
    FrameWriter batch("t", stream(0), 1, "p");
    std::uint64_t first = 1;
    for (auto entries = input.below(3); entries > 0; --entries) {
      batch.clear();
      batch.append(input.text(40));
      content += Segment::encode(Run{first++, 1, batch.records()});
    }
  }
  content += bytes;
  RISK_CHECK(::pwrite(file, content.data(), content.size(), 0) == std::ssize(content));
  try {
    const auto segment = Segment::open(path);
    Segment::Position position;
    std::uint64_t next = segment->header().first;
    const auto damage = segment->scan(position, segment->end(), [&](const Run& run) {
      RISK_CHECK(run.first == next);
      next = run.last() + 1;
      return true;
    });
    RISK_CHECK(damage || position.offset == segment->end());
  } catch (const JournalError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)decode_frame(bytes);
  (void)decode_replay(bytes);
  (void)decode_request_frame(bytes);
  Input input(data, size);
  read_segment(input, bytes);
  StreamTableFuzzer().run(input);
  return 0;
}
