// A transaction whose every field has a value that no other field has and that is not the field's default: what forgets
// a field, or takes one for another, does not give it back as it was. It is valid, a correction, and follows the table
// of fields.
#pragma once

#include "risk/engine/transaction_fields.hpp"

namespace risk::test {

namespace detail {

template <class Field>
void set_distinct(Field, std::string& text) {
  text = Field::name;
}
template <class Field, class Tag>
void set_distinct(Field, Id<Tag>& id) {
  id.text = Field::name;
}
template <class Field>
void set_distinct(Field, Timestamp& time) {
  time = {1'726'821'360'000'001'001 + Field::wire_number};
}
template <class Field>
void set_distinct(Field, engine::Side& side) {
  side = engine::Side::kSell;
}
template <class Field>
void set_distinct(Field, engine::ExecutionKind& kind) {
  kind = engine::ExecutionKind::kCorrection;
}
template <class Field, class Tag>
void set_distinct(Field, Decimal<Tag>& value) {
  value = Decimal<Tag>::from_units(123'456'789 + Field::wire_number);
}

}  // namespace detail

inline engine::Transaction distinct_transaction() {
  engine::Transaction transaction;
  engine::for_each_transaction_field([&](auto field) { detail::set_distinct(field, field.of(transaction)); });
  return transaction;
}

}  // namespace risk::test
