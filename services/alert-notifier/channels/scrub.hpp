// Takes secrets out of texts that come from elsewhere (a server's reply, a library's error) before they are logged.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "risk/base/secret.hpp"

namespace risk::notifier {

class Scrubber {
 public:
  // Every occurrence of `secret` shall become "[secret]". Texts under 4 bytes are left: replacing them tells more than
  // it hides.
  void hide(std::string_view secret);
  // A web address: as a whole, without its host, and each part of its path that could be a token.
  void hide_url(const Secret& url);
  // A login: the password, and what goes over the wire for it.
  void hide_login(std::string_view user, const Secret& password);

  // The text in one printable line of at most 300 bytes, without secrets.
  std::string scrub(std::string_view text) const;

 private:
  std::vector<std::string> secrets_;  // longest first
};

}  // namespace risk::notifier
