#include "risk/ingest/csv_row.hpp"

#include <string_view>

#include "risk/engine/transaction_fields.hpp"
#include "risk/engine/types.hpp"

namespace risk::ingest {
namespace {

void append_field(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out.append(text);
    return;
  }
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

void append_value(std::string& out, const std::string& text) {
  append_field(out, text);
}
template <class Tag>
void append_value(std::string& out, const Id<Tag>& id) {
  append_field(out, id.text);
}
void append_value(std::string& out, Timestamp time) {
  out.append(format_timestamp(time));
}
void append_value(std::string& out, engine::Side side) {
  out.append(to_string(side));
}
void append_value(std::string& out, engine::ExecutionKind kind) {
  out.append(to_string(kind));
}
template <class Tag>
void append_value(std::string& out, Decimal<Tag> decimal) {
  out.append(decimal.to_string());
}

}  // namespace

void append_csv_header(std::string& out) {
  engine::for_each_transaction_field([&out](auto field) {
    if (field.index != 0) out.push_back(',');
    out.append(field.name);
  });
  out.push_back('\n');
}

void append_csv_row(std::string& out, const engine::Transaction& transaction) {
  const bool busts = transaction.kind == engine::ExecutionKind::kBust;
  engine::for_each_transaction_field([&](auto field) {
    if (field.index != 0) out.push_back(',');
    const bool is_known_side =
        is_field<&engine::Transaction::side>(field) && transaction.side != engine::Side::kUnknown;
    if (!busts || engine::is_read_of_bust(field) || is_known_side) append_value(out, field.of(transaction));
  });
  out.push_back('\n');
}

}  // namespace risk::ingest
