#include "drop-copy/fix/tags.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace risk::drop_copy::tag {
namespace {

constexpr std::array<std::pair<int, const char*>, 37> kNames{{{kAccount, "Account"},
                                                              {kClOrdId, "ClOrdID"},
                                                              {kCurrency, "Currency"},
                                                              {kExecId, "ExecID"},
                                                              {kExecRefId, "ExecRefID"},
                                                              {kExecTransType, "ExecTransType"},
                                                              {kLastMkt, "LastMkt"},
                                                              {kLastPx, "LastPx"},
                                                              {kLastQty, "LastQty"},
                                                              {kMsgSeqNum, "MsgSeqNum"},
                                                              {kMsgType, "MsgType"},
                                                              {kOrderId, "OrderID"},
                                                              {kPossDupFlag, "PossDupFlag"},
                                                              {kSecurityId, "SecurityID"},
                                                              {kSenderCompId, "SenderCompID"},
                                                              {kSendingTime, "SendingTime"},
                                                              {kSide, "Side"},
                                                              {kSymbol, "Symbol"},
                                                              {kTargetCompId, "TargetCompID"},
                                                              {kText, "Text"},
                                                              {kTransactTime, "TransactTime"},
                                                              {kPossResend, "PossResend"},
                                                              {kOrigSendingTime, "OrigSendingTime"},
                                                              {kExecType, "ExecType"},
                                                              {kSecurityType, "SecurityType"},
                                                              {kMaturityMonthYear, "MaturityMonthYear"},
                                                              {kMaturityDay, "MaturityDay"},
                                                              {kContractMultiplier, "ContractMultiplier"},
                                                              {kPartyId, "PartyID"},
                                                              {kPartyRole, "PartyRole"},
                                                              {kTradeReportTransType, "TradeReportTransType"},
                                                              {kMaturityDate, "MaturityDate"},
                                                              {kNoSides, "NoSides"},
                                                              {kTradeReportId, "TradeReportID"},
                                                              {kTradeReportRefId, "TradeReportRefID"},
                                                              {kTradeReportType, "TradeReportType"},
                                                              {kApplVerId, "ApplVerID"}}};

}  // namespace

std::string name_of(int tag) {
  const auto* const found =
      std::find_if(kNames.begin(), kNames.end(), [tag](const auto& entry) { return entry.first == tag; });
  const auto number = std::to_string(tag);
  return found == kNames.end() ? number : number + " " + found->second;
}

}  // namespace risk::drop_copy::tag
