// The tags of FIX that are read here, and their names for people.
#pragma once

#include <string>

namespace risk::drop_copy::tag {

inline constexpr int kAccount = 1;
inline constexpr int kClOrdId = 11;
inline constexpr int kCurrency = 15;
inline constexpr int kExecId = 17;
inline constexpr int kExecRefId = 19;
inline constexpr int kExecTransType = 20;
inline constexpr int kLastMkt = 30;
inline constexpr int kLastPx = 31;
inline constexpr int kLastQty = 32;
inline constexpr int kMsgSeqNum = 34;
inline constexpr int kMsgType = 35;
inline constexpr int kOrderId = 37;
inline constexpr int kPossDupFlag = 43;
inline constexpr int kSecurityId = 48;
inline constexpr int kSenderCompId = 49;
inline constexpr int kSendingTime = 52;
inline constexpr int kSide = 54;
inline constexpr int kSymbol = 55;
inline constexpr int kTargetCompId = 56;
inline constexpr int kText = 58;
inline constexpr int kTransactTime = 60;
inline constexpr int kPossResend = 97;
inline constexpr int kOrigSendingTime = 122;
inline constexpr int kExecType = 150;
inline constexpr int kSecurityType = 167;
inline constexpr int kMaturityMonthYear = 200;
inline constexpr int kMaturityDay = 205;
inline constexpr int kContractMultiplier = 231;
inline constexpr int kPartyId = 448;
inline constexpr int kPartyRole = 452;
inline constexpr int kTradeReportTransType = 487;
inline constexpr int kMaturityDate = 541;
inline constexpr int kNoSides = 552;
inline constexpr int kTradeReportId = 571;
inline constexpr int kTradeReportRefId = 572;
inline constexpr int kTradeReportType = 856;
inline constexpr int kApplVerId = 1128;

// "32 LastQty"; of a tag that is not read here "9999".
std::string name_of(int tag);

}  // namespace risk::drop_copy::tag
