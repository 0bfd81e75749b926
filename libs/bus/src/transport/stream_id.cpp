#include "transport/stream_id.hpp"

#include <cstring>

#include "risk/base/encoding.hpp"

namespace risk::bus {

StreamId make_stream_id() {
  return StreamId{std::string(log::make_stream_id().text)};
}

std::optional<StreamKey> parse_stream_id(std::string_view text) {
  StreamKey key;
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != key.size()) return std::nullopt;
  std::memcpy(key.data(), bytes->data(), key.size());
  return key;
}

StreamId to_stream_id(const StreamKey& key) {
  return StreamId{to_hex(std::string_view(reinterpret_cast<const char*>(key.data()), key.size()))};
}

}  // namespace risk::bus
