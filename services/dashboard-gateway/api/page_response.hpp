// A page of a list that goes back by number: its items, and from where the next page goes on.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dashboard-gateway/api/json.hpp"
#include "dashboard-gateway/http/http.hpp"

namespace risk::gateway {

// `write(json, row)` writes an item, `key(row)` is its number; nothing: the list does not go on by number.
template <class Row, class Write, class Key>
HttpResponse page_response(const std::vector<Row>& rows, std::uint32_t limit, Write write, Key key) {
  JsonWriter json;
  json.begin_object();
  json.key("items");
  json.begin_array();
  for (const Row& row : rows) write(json, row);
  json.end_array();
  json.member("next_before", rows.size() == limit ? std::optional<std::uint64_t>(key(rows.back())) : std::nullopt);
  json.end_object();
  return json_response(json.take());
}

}  // namespace risk::gateway
