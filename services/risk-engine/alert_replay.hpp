// The past of the engine's stream of alert events, for subscribers that missed some: it is the table alert_events. An
// event that a clean-up deleted comes as an empty record, so that sequences have no hole.
#pragma once

#include <memory>
#include <string>

#include "risk/bus/replay.hpp"
#include "risk/store/reader.hpp"

namespace risk::risk_engine {

class AlertReplay final : public bus::ReplaySource {
 public:
  explicit AlertReplay(store::DatabaseConfig database) : database_(std::move(database)) {}

  bus::Extent extent(std::uint64_t epoch) override;
  void read(std::uint64_t epoch, std::uint64_t from, std::size_t bytes_max,
            const std::function<void(const bus::Run&)>& take) override;
  // The table keeps every event until a clean-up, whoever has it.
  void committed(std::string_view, std::uint64_t, std::uint64_t) override {}

 private:
  store::Reader& reader();  // throws bus::BusError while the database is away

  const store::DatabaseConfig database_;
  std::unique_ptr<store::Reader> reader_;
};

}  // namespace risk::risk_engine
