// FIX from a peer: any bytes, and messages that are whole under a right CheckSum with fields that are anything. The
// stream is cut into the same messages however its bytes come, what is read of a message is what was written, and
// whatever it says, what goes on the bus is either a transaction that the core takes or a rejection with a reason.
#include <cstdio>
#include <vector>

#include "drop-copy/contracts.hpp"
#include "drop-copy/fix/execution.hpp"
#include "drop-copy/fix/message.hpp"
#include "drop-copy/records.hpp"
#include "input.hpp"
#include "risk/base/check.hpp"
#include "risk/engine/rules.hpp"
#include "risk/ingest/csv.hpp"

namespace {

using namespace risk;
using namespace risk::drop_copy;
using fuzz::Input;

struct Cut {
  std::vector<std::string> messages;
  std::uint64_t garbled = 0;
  friend bool operator==(const Cut&, const Cut&) = default;
};

Cut cut(std::string_view bytes, Input* pieces) {
  FixFramer framer;
  Cut cut;
  while (!bytes.empty()) {
    const auto size = pieces == nullptr ? bytes.size() : std::min<std::size_t>(bytes.size(), pieces->below(40) + 1);
    framer.append(bytes.substr(0, size));
    bytes.remove_prefix(size);
    while (const auto raw = framer.next()) cut.messages.emplace_back(*raw);
  }
  cut.garbled = framer.garbled();
  return cut;
}

void judge(const wire::RejectedInput& rejected) {
  RISK_CHECK(!rejected.rejection.reason.empty());
  RISK_CHECK(rejected.raw.size() <= ingest::kRawBytesMax);
  RISK_CHECK(printable(rejected.raw, rejected.raw.size()) == rejected.raw);
}

void judge(const FixMessage& message, FixVersion version, const FixMapping& mapping, Contracts& contracts) {
  const auto meaning = read_executions(message, version, mapping);
  if (const auto* unusable = std::get_if<Unusable>(&meaning)) return judge(to_rejected(*unusable, message.raw()));
  const auto* executions = std::get_if<std::vector<Execution>>(&meaning);
  if (executions == nullptr) return;
  RISK_CHECK(!executions->empty());
  for (const auto& execution : *executions) {
    RISK_CHECK(execution.transaction.is_reversal() != execution.transaction.ref_transaction_id.empty());
    const auto input = to_input(execution, mapping, message.raw());
    if (const auto* rejected = std::get_if<wire::RejectedInput>(&input)) {
      judge(*rejected);
      continue;
    }
    RISK_CHECK(!engine::value_problem(std::get<engine::Transaction>(input)));
    const auto news = contracts.note(execution);
    if (const auto* instrument = std::get_if<engine::Instrument>(&news))
      RISK_CHECK(!engine::value_problem(*instrument));
    if (const auto* unusable = std::get_if<Unusable>(&news)) judge(to_rejected(*unusable, message.raw()));
  }
}

std::string with_frame(const std::string& body) {
  const auto head = "8=FIX.4.4" + std::string(1, kSoh) + "9=" + std::to_string(body.size()) + kSoh + body;
  char trailer[8];
  std::snprintf(trailer, sizeof trailer, "10=%03u%c", fix_checksum(head), kSoh);
  return head + trailer;
}

// A message of fields that mean something, each with a value that may mean nothing.
std::string made(Input& input, std::vector<std::pair<int, std::string>>& fields) {
  constexpr int kTags[] = {1,  11,  15,  17,  19,  20,  30,  31,  32,  37,  43,  48,  52,  54,  55,  60,
                           97, 122, 150, 167, 200, 205, 231, 448, 452, 487, 541, 552, 571, 572, 856, 1128};
  constexpr std::string_view kValues[] = {"1",      "2",     "0", "F", "H", "G", "Y", "20260302-14:30:00",
                                          "202603", "100.5", "24"};
  std::string body;
  const auto add = [&](int tag, std::string value) {
    std::erase(value, kSoh);
    body += std::to_string(tag) + "=" + value + kSoh;
    fields.emplace_back(tag, std::move(value));
  };
  add(35, input.below(2) == 0 ? "8" : "AE");
  for (auto count = input.below(40); count > 0; --count) {
    const int tag = kTags[input.below(std::size(kTags))];
    const auto kind = input.below(std::size(kValues) + 4);
    add(tag, kind < std::size(kValues) ? std::string(kValues[kind]) : input.text(60));
  }
  return with_frame(body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Input pieces(data, size), input(data, size);
  const auto whole = cut(bytes, nullptr);
  RISK_CHECK(whole == cut(bytes, &pieces));

  FixMapping mapping;
  mapping.broker_id = "B";
  mapping.client_party_role = input.below(2) == 0 ? 0 : 24;
  mapping.symbol_is_security_id = input.below(2) == 0;
  const FixVersion version = static_cast<FixVersion>(input.below(3));
  Contracts contracts;
  FixMessage message;
  for (const auto& raw : whole.messages) {
    message.read(raw);
    judge(message, version, mapping, contracts);
  }
  message.read(bytes);
  judge(message, version, mapping, contracts);

  std::string stream;
  std::vector<std::vector<std::pair<int, std::string>>> written;
  for (int i = 0; i < 4 && !input.empty(); ++i) stream += made(input, written.emplace_back());
  const auto again = cut(stream, &pieces);
  RISK_CHECK(again.garbled == 0 && again.messages.size() == written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    message.read(again.messages[i]);
    RISK_CHECK(message.problem().empty() && message.fields().size() == written[i].size() + 3);
    for (std::size_t at = 0; at < written[i].size(); ++at) {
      const auto& field = message.fields()[at + 2];
      RISK_CHECK(field.tag == written[i][at].first && field.value == written[i][at].second);
    }
    judge(message, version, mapping, contracts);
  }
  return 0;
}
