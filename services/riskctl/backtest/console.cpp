#include "riskctl/backtest/console.hpp"

#include <algorithm>

#include "risk/base/decimal.hpp"
#include "risk/base/text.hpp"

namespace risk::riskctl {
namespace {

constexpr std::chrono::milliseconds kDrawInterval{100};
constexpr char kEraseLine[] = "\r\x1b[K";

std::string bar(std::uint64_t percent) {
  constexpr std::uint64_t kWidth = 40;
  const auto filled = percent * kWidth / 100;
  return "[" + std::string(filled, '#') + std::string(kWidth - filled, '.') + "] " + std::to_string(percent) + "%  ";
}

}  // namespace

Console::Console(std::ostream& err, bool shows_progress) : err_(err), shows_progress_(shows_progress) {}

void Console::reject(const std::string& place, const engine::Rejection& rejection) {
  if (++rejected_ > kNamedMax) return;
  erase();
  err_ << "riskctl: " << place << ": " << rejection.field << (rejection.field.empty() ? "\"" : " \"")
       << display_line(rejection.value) << "\": " << rejection.reason << '\n';
}

void Console::note_filtered(const std::string& path, std::uint64_t rows) {
  if (rows == 0) return;
  erase();
  err_ << "riskctl: " << display_line(path) << ": " << rows << " rows filtered, which are no executions\n";
}

void Console::progress(std::uint64_t done, std::uint64_t total, std::uint64_t transactions) {
  if (!shows_progress_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + kDrawInterval;
  drawn_ = true;
  // A file may grow while it is read.
  const auto percent = total == 0 ? 0 : static_cast<std::uint64_t>(Int128{std::min(done, total)} * 100 / total);
  err_ << kEraseLine << (total == 0 ? "" : bar(percent)) << format_grouped(transactions, 0, 0) << " transactions"
       << std::flush;
}

void Console::finish() {
  erase();
  if (rejected_ > kNamedMax) err_ << "riskctl: and " << rejected_ - kNamedMax << " more that cannot be applied\n";
  err_ << std::flush;
}

void Console::erase() {
  if (drawn_) err_ << kEraseLine;
  drawn_ = false;
}

}  // namespace risk::riskctl
