// Positions, marks and turnover, and the exposures that follow from them. Knows no rules and no time but what it is
// told.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "entities.hpp"
#include "risk/engine/types.hpp"

namespace risk::engine {

class Book {
 public:
  struct Place {
    ClientIndex client;
    SymbolIndex symbol;
  };

  // What a trade or an opening position will make of the book.
  struct Plan {
    const std::string* client_id;  // of the input it was made from
    const std::string* symbol_id;
    Quantity quantity;  // the position after it
    Price mark;
    Int128 symbol_long, symbol_short;  // quantities
    Int128 firm_long, firm_short;      // values
  };

  // The plan, or why a position, an exposure or a turnover would leave its range. `price` is in base currency.
  Result<Plan, Rejection> plan(const Transaction& transaction, Price price) const;
  Result<Plan, Rejection> plan(const OpeningPosition& position, Price price) const;

  // Carries it out. Precondition: nothing but reset_turnover() came between.
  Place take(const Plan& plan, Timestamp now);

  void add_turnover(Place place, Notional notional);
  void reset_turnover(Timestamp now);
  void note_all_changed();  // every client and symbol, no position

  Exposure exposure_of(const ClientState& client) const;
  static Exposure exposure_of(const SymbolState& symbol);
  Exposure firm_exposure() const;

  // The largest parts of the measure, by magnitude; empty for a turnover by position, which is not kept.
  std::vector<Contributor> contributors(const ClientState& client, Measure measure) const;
  std::vector<Contributor> contributors(SymbolIndex symbol, Measure measure) const;
  std::vector<Contributor> firm_contributors(Measure measure) const;

  // What has changed since these were last emptied; the flags of the entities say who is listed already.
  struct Changed {
    std::vector<ClientIndex> clients;
    std::vector<SymbolIndex> symbols;
    std::vector<Place> positions;
    std::vector<SymbolIndex> marks;
  };
  // Empties the lists and clears the flags; without `marks` the list of moved marks stays.
  Changed take_changed(bool marks);
  bool has_moved_marks() const { return !changed_.marks.empty(); }

  // Precondition: the client ever held the symbol.
  const Holding& holding(Place place) const;

  EntityTable<ClientState> clients;
  EntityTable<SymbolState> symbols;
  FirmState firm;

 private:
  Quantity position(const std::string& client_id, const std::string& symbol_id) const;
  Result<Plan, Rejection> plan(const ClientId& client, const Symbol& symbol, Quantity from, Quantity to,
                               Price mark) const;

  Changed changed_;
};

}  // namespace risk::engine
