// One row for each sentence of RFC 9112 (and 9110 where it leans on it) about what a request must look like.
#include "risk/http/request_parser.hpp"

#include <vector>

#include "support/catch.hpp"

using namespace risk::http;

namespace {

constexpr char kHost[] = "Host: a.example\r\n";

// What became of the bytes: 0 taken, else the status they are refused with.
struct Outcome {
  int status = -1;  // -1: more is wanted
  Request request;
  std::string detail;
};

Outcome parse(std::string_view bytes, std::size_t piece_max = std::string_view::npos) {
  RequestParser parser{ParserLimits{}};
  while (!bytes.empty() && !parser.complete() && !parser.refusal()) {
    const std::size_t taken = parser.feed(bytes.substr(0, piece_max));
    bytes.remove_prefix(taken);
    if (taken == 0) break;
  }
  if (parser.refusal()) return {parser.refusal()->status, {}, parser.refusal()->detail};
  if (parser.complete()) return {0, parser.take(), ""};
  return {};
}

struct Row {
  const char* sentence;
  std::string bytes;
  int status;
};

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.sentence);
    INFO(row.bytes);
    const Outcome whole = parse(row.bytes);
    INFO(whole.detail);
    CHECK(whole.status == row.status);
    const Outcome bytewise = parse(row.bytes, 1);
    CHECK(bytewise.status == whole.status);
    CHECK(bytewise.detail == whole.detail);
    CHECK(bytewise.request.body == whole.request.body);
    CHECK(bytewise.request.host == whole.request.host);
  }
}

std::string get(const std::string& fields) {
  return "GET /x HTTP/1.1\r\n" + fields + "\r\n";
}
std::string get_with_host(const std::string& fields) {
  return get(kHost + fields);
}
std::string line(const std::string& request_line) {
  return request_line + "\r\n" + kHost + "\r\n";
}
std::string post(const std::string& fields, const std::string& body = "") {
  return std::string("POST /x HTTP/1.1\r\n") + kHost + fields + "\r\n" + body;
}
std::string chunked(const std::string& body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

}  // namespace

TEST_CASE("Lines and blanks are those of RFC 9112 2.2") {
  check_rows({
      {"2.1: a request is a line, fields, an empty line", get_with_host(""), 0},
      {"2.2: a recipient MAY take a single LF for a line's end: not here", "GET /x HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"2.2: nor at the end of a field", "GET /x HTTP/1.1\r\nHost: a\n\r\n", 400},
      {"2.2: nor at the end of the header", "GET /x HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"2.2: a bare CR makes the element invalid: in the line", "GET /x\ry HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"2.2: in a field", get_with_host("X: a\rb\r\n"), 400},
      {"2.2: before CR LF", get_with_host("X: a\r\r\n"), 400},
      {"2.2: SHOULD ignore an empty line before the request line", "\r\n" + get_with_host(""), 0},
      {"2.2: at least one, and here at most one", "\r\n\r\n" + get_with_host(""), 400},
      {"2.2: whitespace between the line and the first field MUST be rejected", get(" Host: a\r\n"), 400},
      {"2.2: a tab too", get("\tHost: a\r\n"), 400},
      {"2.2: what is not HTTP SHOULD be answered with 400", "\x16\x03\x01\x02", 400},
      {"2.2: a bare LF first", "\n" + get_with_host(""), 400},
  });
}

TEST_CASE("The request line is that of RFC 9112 3") {
  check_rows({
      {"3: method SP target SP version", line("GET / HTTP/1.1"), 0},
      {"3: whitespace-lenient parsing is a MAY: two blanks", line("GET  / HTTP/1.1"), 400},
      {"3: two blanks before the version", line("GET /  HTTP/1.1"), 400},
      {"3: a tab", line("GET\t/ HTTP/1.1"), 400},
      {"3: a blank first", line(" GET / HTTP/1.1"), 400},
      {"3: a blank at the end", line("GET / HTTP/1.1 "), 400},
      {"3: no version", line("GET /"), 400},
      {"3: no target", line("GET HTTP/1.1"), 400},
      {"3: an empty target", line("GET  HTTP/1.1"), 400},
      {"3.1: the method is a token", line("G{T / HTTP/1.1"), 400},
      {"3.1: any token is a method, and its case counts", line("get / HTTP/1.1"), 0},
      {"3: a method longer than any SHOULD be 501", std::string(9000, 'G'), 501},
      {"3: a target too long MUST be 414", line("GET /" + std::string(9000, 'x') + " HTTP/1.1"), 414},
      {"3: lines of 8000 bytes SHOULD be taken", line("GET /" + std::string(7980, 'x') + " HTTP/1.1"), 0},
      {"3.2: no whitespace in a target", line("GET /a b HTTP/1.1"), 400},
      {"3.2: no control character", line("GET /a" + bytes({1}) + " HTTP/1.1"), 400},
      {"3.2: no NUL", line("GET /a" + bytes({0}) + " HTTP/1.1"), 400},
      {"3.2: no DEL", line("GET /a" + bytes({0x7F}) + " HTTP/1.1"), 400},
      {"3.2: no byte beyond ASCII", line("GET /a\xC3\xA9 HTTP/1.1"), 400},
      {"3.2: no fragment", line("GET /a#b HTTP/1.1"), 400},
      {"3.2.1: origin form begins with a slash", line("GET a HTTP/1.1"), 400},
      {"3.2.1: with a query", line("GET /a?b=c?d HTTP/1.1"), 0},
      {"3.2.2: absolute form MUST be accepted", line("GET http://a.example/x HTTP/1.1"), 0},
      {"3.2.2: its scheme ignores case", line("GET HTTP://a.example/x HTTP/1.1"), 0},
      {"3.2.2: without a path", line("GET http://a.example HTTP/1.1"), 0},
      {"9110 4.2.1: an empty host MUST be rejected", line("GET http:///x HTTP/1.1"), 400},
      {"9110 4.2.1: also beside a port", line("GET http://:80/x HTTP/1.1"), 400},
      {"9110 4.2.4: user information is an error", line("GET http://u@a.example/x HTTP/1.1"), 400},
      {"9110 7.4: https on a connection without TLS is misdirected", line("GET https://a.example/x HTTP/1.1"), 421},
      {"3.2.2: another scheme", line("GET ftp://a.example/x HTTP/1.1"), 400},
      {"3.2.3: authority form is for CONNECT alone", line("GET a.example:80 HTTP/1.1"), 400},
      {"9110 9.3.6: CONNECT is for proxies", line("CONNECT a.example:80 HTTP/1.1"), 501},
      {"3.2.4: asterisk form is for OPTIONS", line("OPTIONS * HTTP/1.1"), 0},
      {"3.2.4: and for OPTIONS alone", line("GET * HTTP/1.1"), 400},
      {"2.3: the version's case counts", line("GET / http/1.1"), 400},
      {"2.3: HTTP", line("GET / HTTPS/1.1"), 400},
      {"2.3: one digit each", line("GET / HTTP/1.10"), 400},
      {"2.3: one digit before the dot", line("GET / HTTP/01.1"), 400},
      {"2.3: a dot", line("GET / HTTP/1,1"), 400},
      {"2.3: no sign", line("GET / HTTP/+1.1"), 400},
      {"9110 15.6.6: another major version is 505", line("GET / HTTP/2.0"), 505},
      {"9113 3.4: the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"9110 15.6.6: an old one too", line("GET / HTTP/0.9"), 505},
      {"9110 2.5: a later minor version is one of HTTP/1", line("GET / HTTP/1.7"), 0},
  });
}

TEST_CASE("Host is that of RFC 9112 3.2") {
  check_rows({
      {"3.2: a request of HTTP/1.1 without Host MUST be 400", get("X: y\r\n"), 400},
      {"3.2: also in absolute form", "GET http://a.example/ HTTP/1.1\r\n\r\n", 400},
      {"3.2: HTTP/1.0 may go without", "GET / HTTP/1.0\r\n\r\n", 0},
      {"3.2: more than one MUST be 400", get("Host: a\r\nHost: a\r\n"), 400},
      {"3.2: whatever their case", get("Host: a\r\nhOST: b\r\n"), 400},
      {"3.2: also in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"3.2: also in absolute form", "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"3.2: an invalid value MUST be 400: a list", get("Host: a, b\r\n"), 400},
      {"3.2: a blank", get("Host: a b\r\n"), 400},
      {"3.2: user information", get("Host: u@a\r\n"), 400},
      {"3.2: a path", get("Host: a/b\r\n"), 400},
      {"3.2: a URI", get("Host: http://a\r\n"), 400},
      {"3.2: a port that is no number", get("Host: a:b\r\n"), 400},
      {"3.2: a signed port", get("Host: a:-80\r\n"), 400},
      {"3.2: a port beyond 65535", get("Host: a:65536\r\n"), 400},
      {"3.2: two ports", get("Host: a:80:80\r\n"), 400},
      {"3986 3.2.3: a port may be empty", get("Host: a:\r\n"), 0},
      {"3986 3.2.2: IPv6 stands in brackets", get("Host: [::1]:80\r\n"), 0},
      {"3986 3.2.2: and nowhere else", get("Host: ::1\r\n"), 400},
      {"3986 3.2.2: brackets hold nothing else", get("Host: [a]\r\n"), 400},
      {"3986 3.2.2: they are closed", get("Host: [::1\r\n"), 400},
      {"3986 3.2.2: behind them comes a port", get("Host: [::1]a\r\n"), 400},
      {"3986 2.1: a percent sign wants two digits", get("Host: a%4\r\n"), 400},
      {"3986 3.2.2: no byte beyond ASCII", get("Host: \xC3\xA9\r\n"), 400},
      {"3.3: an empty one names nobody", get("Host:\r\n"), 400},
      {"3.3: a port alone neither", get("Host: :80\r\n"), 400},
      {"3.2.2: beside a target in absolute form it does not count", "GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n", 0},
      {"3.2.2: but an invalid one is refused all the same", "GET http://a/ HTTP/1.1\r\nHost: b c\r\n\r\n", 400},
  });
  CHECK(parse("GET http://b.example:81/p?q HTTP/1.1\r\nHost: a.example\r\n\r\n").request.host == "b.example:81");
  CHECK(parse("GET http://b.example?q HTTP/1.1\r\nHost: a.example\r\n\r\n").request.path == "/");
  CHECK(parse("GET http://b.example?q HTTP/1.1\r\nHost: a.example\r\n\r\n").request.query == "q");
}

TEST_CASE("Field lines are those of RFC 9112 5") {
  check_rows({
      {"5: name, colon, value", get_with_host("X:y\r\n"), 0},
      {"5: optional blanks around the value", get_with_host("X: \t y \t\r\n"), 0},
      {"5: an empty value", get_with_host("X:\r\n"), 0},
      {"5.1: a blank before the colon MUST be 400", get_with_host("X : y\r\n"), 400},
      {"5.1: a tab before the colon", get_with_host("X\t: y\r\n"), 400},
      {"5.1: also of a field that counts", post("Content-Length : 5\r\n", "hello"), 400},
      {"5: no name", get_with_host(": y\r\n"), 400},
      {"5: no colon", get_with_host("X\r\n"), 400},
      {"5: a name is a token", get_with_host("X(y): z\r\n"), 400},
      {"5: a name holds no blank", get_with_host("X Y: z\r\n"), 400},
      {"5: a name holds no control character", get_with_host("X" + bytes({0}) + ": z\r\n"), 400},
      {"5: a name is ASCII", get_with_host("\xC3\xA9: z\r\n"), 400},
      {"5.2: a folded line MUST be rejected", get_with_host("X: y\r\n z\r\n"), 400},
      {"5.2: folded with a tab", get_with_host("X: y\r\n\tz\r\n"), 400},
      {"5.2: folded and empty", get_with_host("X: y\r\n \r\n"), 400},
      {"9110 5.5: NUL in a value", get_with_host("X: a" + bytes({0}) + "b\r\n"), 400},
      {"9110 5.5: other control characters", get_with_host("X: a" + bytes({0x1B}) + "b\r\n"), 400},
      {"9110 5.5: DEL", get_with_host("X: a" + bytes({0x7F}) + "b\r\n"), 400},
      {"9110 5.5: a vertical tab is no blank", post("Transfer-Encoding: " + bytes({0x0B}) + "chunked\r\n"), 400},
      {"9110 5.5: a tab inside is one", get_with_host("X: a\tb\r\n"), 0},
      {"9110 5.5: bytes beyond ASCII are opaque", get_with_host("X: \xC3\xA9\xFF\r\n"), 0},
      {"9110 5.3: what may come once must not come twice", get_with_host("Origin: http://a\r\nOrigin: http://a\r\n"),
       400},
      {"9110 5.3: Content-Type", get_with_host("Content-Type: a/b\r\nContent-Type: a/b\r\n"), 400},
  });
}

TEST_CASE("Transfer-Encoding is that of RFC 9112 6.1") {
  const std::string end = "0\r\n\r\n";
  check_rows({
      {"6.1: chunked", chunked(end), 0},
      {"7: names of codings ignore case", post("Transfer-Encoding: CHUNKED\r\n", end), 0},
      {"6.1: beside Content-Length MAY be rejected: it is",
       post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", end), 400},
      {"6.1: in any order", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", end), 400},
      {"6.1: in HTTP/1.0 its framing is faulty", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + end, 400},
      {"6.3: not chunked at last MUST be 400", post("Transfer-Encoding: chunked, gzip\r\n", end), 400},
      {"6.3: never chunked", post("Transfer-Encoding: gzip\r\n"), 400},
      {"6.3: identity is no coding any more", post("Transfer-Encoding: identity\r\n"), 400},
      {"6.1: one that is not known SHOULD be 501", post("Transfer-Encoding: gzip, chunked\r\n", end), 501},
      {"6.1: over two lines too", post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", end), 501},
      {"6.1: chunked MUST NOT come twice", post("Transfer-Encoding: chunked, chunked\r\n", end), 400},
      {"6.1: over two lines neither", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", end), 400},
      {"7.1: chunked has no parameters", post("Transfer-Encoding: chunked;q=1\r\n", end), 400},
      {"6.1: quoted it is another", post("Transfer-Encoding: \"chunked\"\r\n", end), 400},
      {"6.1: so is a name that begins like it", post("Transfer-Encoding: chunkedx\r\n", end), 400},
      {"6.1: blanks make two words of it", post("Transfer-Encoding: chunked x\r\n", end), 400},
      {"6.1: empty", post("Transfer-Encoding:\r\n"), 400},
      {"9110 5.6.1.2: empty elements are passed over", post("Transfer-Encoding: , chunked,\r\n", end), 0},
      {"6.1: a look-alike name is another field", post("Transfer_Encoding: gzip\r\n"), 0},
  });
}

TEST_CASE("Content-Length is that of RFC 9110 8.6") {
  check_rows({
      {"6.2: so many bytes", post("Content-Length: 5\r\n", "hello"), 0},
      {"6.3: without, a request has no body", post(""), 0},
      {"8.6: leading zeros are digits", post("Content-Length: 0005\r\n", "hello"), 0},
      {"6.3: two that differ MUST be 400", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400},
      {"6.3: two that agree MAY be: they are", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
      {"6.3: a list that agrees too", post("Content-Length: 5, 5\r\n", "hello"), 400},
      {"6.3: a list that differs", post("Content-Length: 5, 6\r\n", "hello"), 400},
      {"8.6: a plus", post("Content-Length: +5\r\n", "hello"), 400},
      {"8.6: a minus", post("Content-Length: -5\r\n", "hello"), 400},
      {"8.6: a blank inside", post("Content-Length: 5 5\r\n", "hello"), 400},
      {"8.6: hexadecimal", post("Content-Length: 0x5\r\n", "hello"), 400},
      {"8.6: a fraction", post("Content-Length: 5.0\r\n", "hello"), 400},
      {"8.6: an exponent", post("Content-Length: 1e1\r\n", "hello"), 400},
      {"8.6: nothing", post("Content-Length:\r\n", "hello"), 400},
      {"8.6: digits of another script", post("Content-Length: \xD9\xA5\r\n", "hello"), 400},
      {"8.6: more than 64 bits MUST NOT wrap", post("Content-Length: 18446744073709551621\r\n", "hello"), 413},
      {"8.6: nor thousands of digits", post("Content-Length: " + std::string(3000, '9') + "\r\n", "hello"), 413},
      {"9110 15.5.14: more than is taken", post("Content-Length: 16385\r\n"), 413},
      {"6.3: fewer bytes than said are no request yet", post("Content-Length: 6\r\n", "hello"), -1},
  });
}

TEST_CASE("Chunks are those of RFC 9112 7.1") {
  check_rows({
      {"7.1: size, data, 0", chunked("5\r\nhello\r\n0\r\n\r\n"), 0},
      {"7.1: sizes are hexadecimal in either case", chunked("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"), 0},
      {"7.1: the last chunk may have many zeros", chunked("000\r\n\r\n"), 0},
      {"7.1: sizes MUST NOT wrap", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), 413},
      {"7.1: nor the largest of 64 bits", chunked("ffffffffffffffff\r\n"), 413},
      {"7.1: a sign", chunked("+5\r\nhello\r\n0\r\n\r\n"), 400},
      {"7.1: a minus", chunked("-5\r\nhello\r\n0\r\n\r\n"), 400},
      {"7.1: 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
      {"7.1: nothing", chunked("\r\nhello\r\n0\r\n\r\n"), 400},
      {"7.1: no digit", chunked("g\r\n"), 400},
      {"7.1: a blank first", chunked(" 5\r\nhello\r\n0\r\n\r\n"), 400},
      {"7.1: a blank behind", chunked("5 \r\nhello\r\n0\r\n\r\n"), 400},
      {"7.1: a bare LF behind the size", chunked("5\nhello\r\n0\r\n\r\n"), 400},
      {"7.1: a bare CR in the size's line", chunked("5\rx\r\nhello\r\n0\r\n\r\n"), 400},
      {"7.1: data longer than its size", chunked("5\r\nhello!\r\n0\r\n\r\n"), 400},
      {"7.1: a bare LF behind the data", chunked("5\r\nhello\n0\r\n\r\n"), 400},
      {"7.1: data followed by no CR LF", chunked("5\r\nhello0\r\n\r\n"), 400},
      {"7.1: without the last chunk it is not over", chunked("5\r\nhello\r\n"), -1},
      {"7.1.1: extensions that are not known MUST be ignored", chunked("5;a=b;c=\"d;\\\"\";e\r\nhello\r\n0;f\r\n\r\n"),
       0},
      {"7.1.1: bad whitespace MUST be parsed", chunked("5 ; a = b\r\nhello\r\n0\r\n\r\n"), 0},
      {"7.1.1: an extension has a name", chunked("5;\r\nhello\r\n0\r\n\r\n"), 400},
      {"7.1.1: and a value behind =", chunked("5;a=\r\nhello\r\n0\r\n\r\n"), 400},
      {"7.1.1: a quoted value ends", chunked("5;a=\"b\r\nhello\r\n0\r\n\r\n"), 400},
      {"7.1.1: no control characters", chunked("5;a=\"" + bytes({1}) + "\"\r\nhello\r\n0\r\n\r\n"), 400},
      {"7.1.2: trailers may follow", chunked("0\r\nX: y\r\n\r\n"), 0},
      {"7.1.2: they are field lines", chunked("0\r\nX : y\r\n\r\n"), 400},
      {"7.1.2: and end in CR LF", chunked("0\r\nX: y\n\r\n"), 400},
      {"7.1.2: folded ones neither", chunked("0\r\nX: y\r\n z\r\n\r\n"), 400},
  });
  CHECK(parse(chunked("3\r\nhel\r\n2;x\r\nlo\r\n0\r\n\r\n")).request.body == "hello");
  // 7.1.2: trailers MUST NOT be merged into the header unless they are known to be allowed there.
  CHECK(parse(chunked("0\r\nHost: evil.example\r\nOrigin: http://x\r\n\r\n")).request.host == "a.example");
  CHECK(parse(chunked("0\r\nHost: evil.example\r\nOrigin: http://x\r\n\r\n")).request.origin.empty());
}

TEST_CASE("Expect and Connection are those of RFC 9110") {
  check_rows({
      {"10.1.1: 100-continue", post("Content-Length: 5\r\nExpect: 100-continue\r\n", "hello"), 0},
      {"10.1.1: ignoring case", post("Content-Length: 5\r\nExpect: 100-Continue\r\n", "hello"), 0},
      {"10.1.1: another MAY be 417: it is", post("Expect: 200-ok\r\n"), 417},
      {"10.1.1: also beside the known one", post("Expect: 100-continue, x\r\n"), 417},
      {"10.1.1: in HTTP/1.0 it MUST be ignored", "GET / HTTP/1.0\r\nExpect: x\r\n\r\n", 0},
  });
  CHECK(parse(get_with_host("")).request.keep_alive);
  CHECK_FALSE(parse(get_with_host("Connection: x, Close\r\n")).request.keep_alive);
  CHECK_FALSE(parse("GET / HTTP/1.0\r\n\r\n").request.keep_alive);
  CHECK(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").request.keep_alive);
  CHECK(parse(get_with_host("Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n")).request.upgrade);
  CHECK_FALSE(parse(get_with_host("Upgrade: websocket\r\n")).request.upgrade);
  CHECK_FALSE(parse("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").request.upgrade);
  const std::string with_body = "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n";
  CHECK_FALSE(parse(get_with_host(with_body) + "x").request.upgrade);

  RequestParser waiting{ParserLimits{}};
  waiting.feed(post("Content-Length: 5\r\nExpect: 100-continue\r\n"));
  CHECK(waiting.expects_continue());
  waiting.feed("h");
  CHECK_FALSE(waiting.expects_continue());
}

TEST_CASE("A request ends where its framing says, and the next begins there") {
  RequestParser parser{ParserLimits{}};
  std::string_view stream =
      "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      "POST /2 HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nT: t\r\n\r\n"
      "HEAD /3?q HTTP/1.1\r\nHost: c\r\n\r\n";
  std::string seen;
  while (!stream.empty()) {
    stream.remove_prefix(parser.feed(stream));
    REQUIRE(parser.complete());
    const bool head = parser.is_head();
    const Request request = parser.take();
    seen += request.method + " " + request.path + " " + request.host + " " + request.body + (head ? "!" : "") + "\n";
  }
  CHECK(seen == "POST /1 a abc\nPOST /2 b x\nHEAD /3 c !\n");
}

TEST_CASE("The header is judged before the body is taken") {
  RequestParser parser(ParserLimits{}, [](const Request& request) {
    return request.host == "a" ? std::nullopt : std::optional(Refusal{421, "no"});
  });
  parser.feed("POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\n");
  REQUIRE(parser.refusal());
  CHECK(parser.refusal()->status == 421);
  CHECK(parser.feed("hello") == 0);
}

TEST_CASE("Media types ignore case and parameters") {
  CHECK(media_type("Application/JSON; Charset=UTF-8") == "application/json");
  CHECK(media_type(" application/json ;charset=utf-8") == "application/json");
  CHECK(media_type("application/jsonx") == "application/jsonx");
  CHECK(media_type("").empty());
}
