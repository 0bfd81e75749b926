// The past of the engine's stream of alert events, for readers that missed some: it is the table alert_events, which
// keeps every event until a clean-up, whoever has it. One that was deleted comes as an empty record, so that record N
// is event N.
#pragma once

#include <memory>
#include <string>

#include "risk/log/writer.hpp"
#include "risk/store/reader.hpp"

namespace risk::risk_engine {

class AlertReplay final : public log::History {
 public:
  explicit AlertReplay(store::DatabaseConfig database) : database_(std::move(database)) {}

  Kept kept() override;
  void read(std::uint64_t from, std::size_t bytes_max, const Take& take) override;

 private:
  store::Reader& reader();  // throws log::LogError while the database is away

  const store::DatabaseConfig database_;
  std::unique_ptr<store::Reader> reader_;
};

}  // namespace risk::risk_engine
