// The chunked transfer coding (RFC 9112 7.1), decoded as it comes. Extensions and trailers are judged, counted and
// dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fields.hpp"
#include "line.hpp"
#include "risk/http/message.hpp"

namespace risk::http {

struct ChunkLimits {
  std::size_t body_bytes_max = 0;
  std::size_t framing_bytes_max = 0;
  std::size_t trailer_bytes_max = 0;
  std::size_t trailers_max = 0;
};

class ChunkDecoder {
 public:
  explicit ChunkDecoder(const ChunkLimits& limits) : limits_(limits) {}

  // Takes bytes up to the end of the body with its trailers, or all, and appends what they carry to `body`. Returns how
  // many. Precondition: neither done() nor refused.
  std::size_t feed(std::string_view bytes, std::string& body);

  bool done() const { return part_ == Part::kDone; }
  const std::optional<Refusal>& refusal() const { return refusal_; }

 private:
  enum class Part { kSize, kData, kDataEnd, kTrailers, kDone };

  std::size_t take_size(std::string_view bytes, const std::string& body);
  std::size_t take_data(std::string_view bytes, std::string& body);
  std::size_t take_data_end(std::string_view bytes);
  std::size_t take_trailer(std::string_view bytes);
  void refuse(int status, const char* detail) { refusal_ = Refusal{status, detail}; }

  ChunkLimits limits_;
  Part part_ = Part::kSize;
  Line line_;
  std::uint64_t chunk_left_ = 0;
  std::size_t framing_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  Fields trailers_;
  std::optional<Refusal> refusal_;
};

}  // namespace risk::http
