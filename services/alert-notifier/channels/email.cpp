#include "alert-notifier/channels/email.hpp"

#include "alert-notifier/channels/mail.hpp"

namespace risk::notifier {

EmailChannel::EmailChannel(EmailSettings settings, std::function<Timestamp()> wall_clock)
    : settings_(std::move(settings)), wall_clock_(std::move(wall_clock)), client_(settings_.server) {
  scrubber_.hide_login(settings_.server.username, settings_.server.password);
}

Outcome EmailChannel::send(const Notification& notification, std::stop_token cancel) {
  const std::string mail = compose_mail(notification, settings_.from, settings_.to, wall_clock_());
  const SmtpReply reply = client_.send(settings_.from, settings_.to, mail, std::move(cancel));
  if (!reply.sent) {
    const bool is_refusal = reply.code >= 400 && reply.code <= 599;  // or the last reply before the line broke
    const std::string cause = is_refusal ? "smtp_" + std::to_string(reply.code) : "unreachable";
    return {reply.refuses_message ? Outcome::Kind::kRefused : Outcome::Kind::kTryAgain,
            scrubber_.scrub(reply.error),
            {},
            cause};
  }
  std::string refused;
  for (const auto& recipient : reply.refused) refused += (refused.empty() ? "not to " : ", ") + recipient;
  return {Outcome::Kind::kDelivered, scrubber_.scrub(refused), {}};
}

}  // namespace risk::notifier
