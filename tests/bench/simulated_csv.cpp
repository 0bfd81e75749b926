// Writes the simulator's transactions as a file for `riskctl backtest --transactions` and `simulator --replay`:
//
//   simulated_csv COUNT [CLIENTS [SYMBOLS [RATE [SEED]]]] >FILE.csv
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "simulator/generator.hpp"

int main(int argc, char** argv) {
  using namespace risk;
  const auto number = [&](int index, double otherwise) {
    return argc > index ? std::strtod(argv[index], nullptr) : otherwise;
  };
  simulator::GeneratorOptions options;
  const auto count = static_cast<std::uint64_t>(number(1, 0));
  options.clients = static_cast<std::uint32_t>(number(2, 10'000));
  options.symbols = static_cast<std::uint32_t>(number(3, 1'000));
  options.rate = options.spike_rate = number(4, 1'000);
  options.seed = static_cast<std::uint64_t>(number(5, 1));
  if (count == 0 || options.clients == 0 || options.symbols == 0 || options.rate <= 0) {
    std::fputs("usage: simulated_csv COUNT [CLIENTS [SYMBOLS [RATE [SEED]]]]\n", stderr);
    return 2;
  }

  std::puts("transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market");
  simulator::Generator generator(options, *parse_timestamp("2024-09-20T09:30:00Z"));
  wire::Input input;
  for (std::uint64_t i = 0; i < count; ++i) {
    generator.next(input);
    const auto& t = std::get<engine::Transaction>(input);
    const std::string row = t.transaction_id + "," + format_timestamp(t.executed_at) + "," + t.client_id.text + "," +
                            t.symbol.text + "," + std::string(to_string(t.side)) + "," + t.quantity.to_string() + "," +
                            t.price.to_string() + "," + t.currency + "," + t.broker_id + "," + t.market;
    std::puts(row.c_str());
  }
  return std::ferror(stdout) == 0 ? 0 : 1;
}
