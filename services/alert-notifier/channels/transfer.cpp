#include "alert-notifier/channels/transfer.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string_view>

namespace risk::notifier {
namespace {

constexpr long kConnectMsMax = 5'000;
constexpr long kWholeMsMax = 15'000;
constexpr std::size_t kBodyBytesMax = 2'000;
#if LIBCURL_VERSION_NUM >= 0x080200
constexpr CURLoption kSomeRecipientsMayFail = CURLOPT_MAIL_RCPT_ALLOWFAILS;
#else
constexpr CURLoption kSomeRecipientsMayFail = CURLOPT_MAIL_RCPT_ALLLOWFAILS;
#endif

struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListFree>;

void append(List& list, const std::string& text) {
  curl_slist* longer = curl_slist_append(list.get(), text.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  (void)list.release();
  list.reset(longer);
}

// A curl handle with what all transfers share.
class Handle {
 public:
  Handle() {
    static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (global == CURLE_OK) handle_.reset(curl_easy_init());
    if (!handle_) throw std::runtime_error("libcurl cannot be initialised");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, kConnectMsMax);
    set(CURLOPT_TIMEOUT_MS, kWholeMsMax);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_ERRORBUFFER, error_.data());
    set(CURLOPT_QUICK_EXIT, 1L);  // a name server that does not answer must not hold up the shutdown
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFODATA, &cancel_);
    set(
        CURLOPT_XFERINFOFUNCTION, +[](void* cancel, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
          return static_cast<std::stop_token*>(cancel)->stop_requested() ? 1 : 0;
        });
  }

  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  template <class T>
  void set(CURLoption option, T value) {
    const CURLcode code = curl_easy_setopt(handle_.get(), option, value);
    if (code != CURLE_OK) throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(code));
  }

  template <class T>
  T info(CURLINFO which) const {
    T value{};
    curl_easy_getinfo(handle_.get(), which, &value);
    return value;
  }

  // What failed, "" if nothing did.
  std::string perform(std::stop_token cancel) {
    cancel_ = std::move(cancel);
    error_.fill('\0');
    const CURLcode code = curl_easy_perform(handle_.get());
    if (code == CURLE_OK) return "";
    if (code == CURLE_ABORTED_BY_CALLBACK) return "the notifier is stopping";
    return error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
  }

 private:
  struct Cleanup {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::stop_token cancel_;
  std::unique_ptr<CURL, Cleanup> handle_;
};

}  // namespace

class HttpClient::Impl {
 public:
  Impl() {
    append(headers_, "Content-Type: application/json; charset=utf-8");
    handle_.set(CURLOPT_PROTOCOLS_STR, "https,http");
    handle_.set(CURLOPT_FOLLOWLOCATION, 0L);
    handle_.set(CURLOPT_USERAGENT, "risk-alert");
    handle_.set(CURLOPT_HTTPHEADER, headers_.get());
    handle_.set(CURLOPT_WRITEDATA, &body_);
    handle_.set(
        CURLOPT_WRITEFUNCTION, +[](const char* bytes, std::size_t, std::size_t size, void* body) {
          auto& text = *static_cast<std::string*>(body);
          text.append(bytes, std::min(size, kBodyBytesMax - std::min(kBodyBytesMax, text.size())));
          return size;
        });
  }

  HttpReply post_json(const Secret& url, const std::string& json, std::stop_token cancel) {
    body_.clear();
    handle_.set(CURLOPT_URL, url.reveal().c_str());
    handle_.set(CURLOPT_POSTFIELDSIZE, static_cast<long>(json.size()));
    handle_.set(CURLOPT_POSTFIELDS, json.c_str());
    HttpReply reply;
    reply.error = handle_.perform(std::move(cancel));
    if (!reply.error.empty()) return reply;
    reply.status = handle_.info<long>(CURLINFO_RESPONSE_CODE);
    reply.body = body_;
    const auto seconds = handle_.info<curl_off_t>(CURLINFO_RETRY_AFTER);  // whether told as seconds or as a date
    if (seconds > 0) reply.retry_after = std::chrono::seconds(seconds);
    return reply;
  }

 private:
  std::string body_;
  List headers_;
  Handle handle_;
};

HttpClient::HttpClient() : impl_(std::make_unique<Impl>()) {}
HttpClient::~HttpClient() = default;

HttpReply HttpClient::post_json(const Secret& url, const std::string& json, std::stop_token cancel) {
  return impl_->post_json(url, json, std::move(cancel));
}

namespace {

// The conversation with the server, as far as a person wants to know of it: which command got which reply. What the
// client says while logging in is not kept.
struct SmtpTalk {
  std::string command;   // the last one, with its argument; "" before the first and while logging in
  std::string reply;     // the server's last line to it; "" if none came
  int refusal_code = 0;  // of recipients: of one that may be taken later, if there is such a one
  std::vector<std::string> refused;
  bool has_mail = false;  // the server asked for the mail: replies are about it from here on
  bool over = false;

  // Of what the server refuses for good only this is about the one mail: a login, a sender or a recipient is of all.
  bool refuses_message() const {
    constexpr int kTooLarge = 552;  // RFC 1870: by the size that MAIL FROM tells
    return (has_mail && code() >= 500) || (command.starts_with("MAIL") && code() == kTooLarge);
  }

  void client_says(std::string_view line) {
    static constexpr std::array<std::string_view, 6> kTelling{"EHLO", "HELO", "STARTTLS", "MAIL", "RCPT", "DATA"};
    line = line.substr(0, line.find_last_not_of("\r\n") + 1);
    over = over || line == "QUIT";  // libcurl's farewell after a failure: what failed came before it
    if (over) return;
    const bool telling = std::find(kTelling.begin(), kTelling.end(), line.substr(0, line.find(' '))) != kTelling.end();
    command = telling ? std::string(line) : "";
    reply.clear();
  }

  void server_says(std::string_view line) {
    if (over) return;
    reply = line.substr(0, line.find_last_not_of("\r\n") + 1);
    has_mail = has_mail || (command == "DATA" && code() == 354);
    if (!command.starts_with("RCPT") || code() < 400) return;
    refused.push_back(command + ": " + reply);
    if (refusal_code == 0 || code() < 500) refusal_code = code();
  }

  int code() const {
    int code = 0;
    std::from_chars(reply.data(), reply.data() + reply.size(), code);
    return code;
  }
};

int overhear(CURL*, curl_infotype kind, char* bytes, std::size_t size, void* talk) {
  if (kind == CURLINFO_HEADER_OUT) static_cast<SmtpTalk*>(talk)->client_says({bytes, size});
  if (kind == CURLINFO_HEADER_IN) static_cast<SmtpTalk*>(talk)->server_says({bytes, size});
  return 0;
}

}  // namespace

class SmtpClient::Impl {
 public:
  explicit Impl(SmtpServer server) : server_(std::move(server)) {
    const bool tls = server_.security == SmtpSecurity::kTls || (is_auto() && server_.port == 465);
    const std::string host = server_.host.find(':') == std::string::npos ? server_.host : "[" + server_.host + "]";
    handle_.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    handle_.set(CURLOPT_PROXY, "");  // the environment's proxies are for the web
    handle_.set(CURLOPT_URL, ((tls ? "smtps://" : "smtp://") + host + ":" + std::to_string(server_.port)).c_str());
    handle_.set(CURLOPT_USE_SSL, tls ? static_cast<long>(CURLUSESSL_ALL) : starttls());
    if (!server_.ca_file.empty()) handle_.set(CURLOPT_CAINFO, server_.ca_file.c_str());
    if (!server_.username.empty()) {
      handle_.set(CURLOPT_USERNAME, server_.username.c_str());
      handle_.set(CURLOPT_PASSWORD, server_.password.reveal().c_str());
    }
    handle_.set(kSomeRecipientsMayFail, 1L);  // one who left the firm must not silence the others
    handle_.set(CURLOPT_UPLOAD, 1L);
    handle_.set(CURLOPT_READDATA, &unsent_);
    handle_.set(
        CURLOPT_READFUNCTION, +[](char* to, std::size_t, std::size_t room, void* unsent) {
          auto& text = *static_cast<std::string_view*>(unsent);
          const std::size_t size = std::min(room, text.size());
          std::memcpy(to, text.data(), size);
          text.remove_prefix(size);
          return size;
        });
    handle_.set(CURLOPT_VERBOSE, 1L);
    handle_.set(CURLOPT_DEBUGDATA, &talk_);
    handle_.set(CURLOPT_DEBUGFUNCTION, overhear);
  }

  SmtpReply send(const std::string& from, const std::vector<std::string>& to, const std::string& mail,
                 std::stop_token cancel) {
    List recipients;
    for (const auto& address : to) append(recipients, "<" + address + ">");
    handle_.set(CURLOPT_MAIL_FROM, ("<" + from + ">").c_str());
    handle_.set(CURLOPT_MAIL_RCPT, recipients.get());
    unsent_ = mail;
    handle_.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail.size()));  // told to a server that asks for it
    talk_ = {};
    SmtpReply reply;
    reply.error = handle_.perform(std::move(cancel));
    handle_.set(CURLOPT_MAIL_RCPT, static_cast<curl_slist*>(nullptr));
    reply.sent = reply.error.empty();
    reply.refused = talk_.refused;
    const bool no_recipient = talk_.command.starts_with("RCPT") && talk_.refusal_code != 0;
    reply.code = no_recipient ? talk_.refusal_code : talk_.code();
    reply.refuses_message = !reply.sent && !no_recipient && talk_.refuses_message();
    if (!reply.sent && !talk_.reply.empty()) {
      reply.error += "; the server's last reply" + (talk_.command.empty() ? "" : " (to " + talk_.command + ")") + ": " +
                     talk_.reply;
    }
    return reply;
  }

 private:
  bool is_auto() const { return server_.security == SmtpSecurity::kAuto; }

  long starttls() const {
    if (server_.security == SmtpSecurity::kNone) return CURLUSESSL_NONE;
    const bool optional = is_auto() && server_.port != 587 && server_.username.empty();
    return optional ? CURLUSESSL_TRY : CURLUSESSL_ALL;
  }

  SmtpServer server_;
  SmtpTalk talk_;
  std::string_view unsent_;
  Handle handle_;
};

SmtpClient::SmtpClient(SmtpServer server) : impl_(std::make_unique<Impl>(std::move(server))) {}
SmtpClient::~SmtpClient() = default;

SmtpReply SmtpClient::send(const std::string& from, const std::vector<std::string>& to, const std::string& mail,
                           std::stop_token cancel) {
  return impl_->send(from, to, mail, std::move(cancel));
}

}  // namespace risk::notifier
