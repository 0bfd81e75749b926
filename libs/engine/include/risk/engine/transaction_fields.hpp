// Visits of the fields of a Transaction in the order of their table (transaction.hpp). All of it is resolved when it is
// compiled: a visit costs what the written-out statements would.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "risk/engine/transaction.hpp"

namespace risk::engine {

inline constexpr std::size_t kTransactionFieldCount = std::tuple_size_v<decltype(kTransactionFields)>;

// The field at an index of the table, as a type without state: what a visitor gets, with all of it in constants.
template <std::size_t Index>
struct TransactionFieldAt {
  static constexpr std::size_t index = Index;
  static constexpr std::string_view name = std::get<Index>(kTransactionFields).name;
  static constexpr auto member = std::get<Index>(kTransactionFields).member;
  static constexpr int wire_number = std::get<Index>(kTransactionFields).wire_number;
  static constexpr Presence presence = std::get<Index>(kTransactionFields).presence;

  using Type = std::remove_cvref_t<decltype(std::declval<Transaction&>().*member)>;

  static const Type& of(const Transaction& transaction) { return transaction.*member; }
  static Type& of(Transaction& transaction) { return transaction.*member; }
};

namespace detail {

template <class Visit, std::size_t... Index>
constexpr decltype(auto) with_fields(Visit&& visit, std::index_sequence<Index...>) {
  return visit(TransactionFieldAt<Index>{}...);
}

}  // namespace detail

// Calls visit(field...) once, with all fields: for a place that needs them as a list of arguments.
template <class Visit>
constexpr decltype(auto) with_transaction_fields(Visit&& visit) {
  return detail::with_fields(visit, std::make_index_sequence<kTransactionFieldCount>());
}

// Calls visit(field) for each field in order: visit is a generic lambda, [](auto field) { field.of(transaction) ... }.
template <class Visit>
constexpr void for_each_transaction_field(Visit&& visit) {
  with_transaction_fields([&](auto... field) { (visit(field), ...); });
}

// The same up to the first field for which visit(field) is false. Whether there was none.
template <class Visit>
constexpr bool all_transaction_fields(Visit&& visit) {
  return with_transaction_fields([&](auto... field) { return (visit(field) && ...); });
}

// Whether the field is that member: is_field<&Transaction::currency>(field).
template <auto Member, std::size_t Index>
consteval bool is_field(TransactionFieldAt<Index>) {
  if constexpr (std::is_same_v<decltype(Member), std::remove_cv_t<decltype(TransactionFieldAt<Index>::member)>>) {
    return Member == TransactionFieldAt<Index>::member;
  } else {
    return false;
  }
}

// Whether a field is read of a bust: the others are those of what it takes back.
template <std::size_t Index>
consteval bool is_read_of_bust(TransactionFieldAt<Index> field) {
  return !is_field<&Transaction::side>(field) && !is_field<&Transaction::quantity>(field) &&
         !is_field<&Transaction::price>(field) && !is_field<&Transaction::currency>(field) &&
         !is_field<&Transaction::order_id>(field) && !is_field<&Transaction::trader_id>(field);
}

// The names, in order.
inline constexpr auto kTransactionFieldNames = with_transaction_fields(
    [](auto... field) { return std::array<std::string_view, kTransactionFieldCount>{field.name...}; });

// --- The table covers the struct: it has as many lines as that has members, and no member twice.

namespace detail {

struct Anything {
  template <class T>
  operator T() const;  // never called
};
template <std::size_t>
using AnythingAt = Anything;

template <std::size_t... Place>
consteval bool takes_members(std::index_sequence<Place...>) {
  return requires {
    Transaction{AnythingAt<Place>{}...};
  };
}
template <std::size_t Count>
consteval bool has_members() {
  return takes_members(std::make_index_sequence<Count>()) && !takes_members(std::make_index_sequence<Count + 1>());
}

consteval bool members_differ() {
  return all_transaction_fields([](auto a) {
    return all_transaction_fields([a](auto b) { return a.index == b.index || !is_field<b.member>(a); });
  });
}

consteval bool names_differ_and_numbers_rise() {
  bool good = true;
  for_each_transaction_field([&good](auto a) {
    for_each_transaction_field([&good, a](auto b) {
      if (a.index < b.index && (a.name == b.name || a.wire_number >= b.wire_number)) good = false;
    });
  });
  return good;
}

}  // namespace detail

static_assert(detail::has_members<kTransactionFieldCount>(),
              "kTransactionFields and the members of Transaction are not as many");
static_assert(detail::members_differ(), "kTransactionFields has a member twice");
static_assert(detail::names_differ_and_numbers_rise(), "each name once, numbers rising: the order of the wire's bytes");

}  // namespace risk::engine
