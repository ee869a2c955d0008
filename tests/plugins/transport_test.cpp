// plugins/transport: what targets and receivers stand on.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>

#include "plugins/transport/command.h"
#include "plugins/transport/endpoint_keys.h"
#include "plugins/transport/excerpt.h"
#include "plugins/transport/globs.h"
#include "plugins/transport/http_client.h"
#include "plugins/transport/http_outcome.h"
#include "plugins/transport/process.h"
#include "plugins/transport/rate.h"
#include "plugins/transport/sigpipe_block.h"

namespace mlmon::transport {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

const Cancelled kNever = [] { return false; };

/// Answers each connection in turn by `answer`, which gets its descriptor and the request.
class Peer {
 public:
  using Answer = std::function<void(int, const std::string&)>;

  explicit Peer(Answer answer) : answer_(std::move(answer)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    REQUIRE(bind(listener_, any, size) == 0);
    REQUIRE(listen(listener_, 16) == 0);
    REQUIRE(getsockname(listener_, any, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }

  explicit Peer(std::string text)
      : Peer([text = std::move(text)](int fd, const std::string&) { say(fd, text); }) {}

  ~Peer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  HttpSettings settings() const {
    HttpSettings settings;
    settings.url = "http://127.0.0.1:" + std::to_string(port_) + "/hook";
    settings.timeout_ms = 20'000;
    return settings;
  }

  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  static bool say(int fd, const std::string& text) {
    return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  }

  /// Head and body of a request with Content-Length; empty: the client has gone.
  static std::string hear(int fd) {
    std::string text;
    std::size_t whole = std::string::npos;
    for (char chunk[4096]; text.size() < whole;) {
      const ssize_t size = recv(fd, chunk, sizeof chunk, 0);
      if (size <= 0) return "";
      text.append(chunk, static_cast<std::size_t>(size));
      const std::size_t end = whole == text.npos ? text.find("\r\n\r\n") : text.npos;
      if (end == text.npos) continue;
      whole = end + 4 + std::stoul(text.substr(text.find("Content-Length: ") + 16, 10));
    }
    return text;
  }

 private:
  void serve() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const std::string request = hear(fd);
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      answer_(fd, request);
      close(fd);
    }
  }

  const Answer answer_;
  int listener_ = -1, port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

std::string answer_with(const std::string& status, const std::string& headers = "",
                        const std::string& body = "") {
  return "HTTP/1.1 " + status + "\r\nConnection: close\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Outcome post(const HttpSettings& settings, const Cancelled& cancelled = kNever) {
  HttpClient client(settings);
  return to_outcome(client.send("{}", {{"Idempotency-Key", "01ID"}}, cancelled));
}

Outcome answered(const std::string& status, const std::string& headers = "",
                 const std::string& body = "") {
  const Peer peer(answer_with(status, headers, body));
  return post(peer.settings());
}

Ending run(const std::string& script, std::int64_t timeout_ms = 20'000,
           const Cancelled& cancelled = kNever, const std::string& input = "in\n") {
  return run_process({"sh", "-c", script}, {}, input, timeout_ms, cancelled);
}

std::string message(const std::function<void()>& work) {
  try {
    work();
  } catch (const config_error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("a rate is a number in a duration") {
  const auto period_ns = [](const std::string& text) {
    const auto rate = read_rate(Json::parse("{\"r\":\"" + text + "\"}").at("r"));
    return rate ? rate->limit * rate->period_ns : 0;
  };
  CHECK(period_ns("") == 0);
  CHECK(period_ns("1/1ms") == 1'000'000);
  CHECK(period_ns("3/2m") == 360'000'000'000);
  for (const char* bad : {"1", "1/", "/1m", "0/1m", "-1/1m", "1/0s", "1/1", "1/1h30m", "10001/1s", "1/200000d"}) {
    INFO(bad);
    CHECK(message([&] { period_ns(bad); }) ==
          "r: expected at most 10000 in a duration, such as \"10/1m\"");
  }
}

TEST_CASE("globs match whole names, by characters and sets") {
  for (const auto& [glob, text] : std::vector<std::pair<const char*, const char*>>{
           {"*", ""}, {"fraud*", "fraud"}, {"*-eu", "fraud-eu"}, {"?", "ä"}, {"[a-c]x", "bx"},
           {"[!a-c]x", "dx"}, {"[]]", "]"}, {"[!]]", "x"}, {"\\*", "*"}, {"a\\", "a\\"},
           {"[a", "[a"}, {"*a*b*c*", "xxaxxbxxcxx"}, {"[ä-ü]", "ö"}, {"a[", "a["}, {"**", "x"},
           {"[a-]", "-"}}) {
    INFO(glob << " " << text);
    CHECK(glob_matches(glob, text));
  }
  for (const auto& [glob, text] : std::vector<std::pair<const char*, const char*>>{
           {"", "a"}, {"fraud", "fraud-eu"}, {"fraud", "Fraud"}, {"?", ""}, {"?", "ab"},
           {"[a-c]", "d"}, {"[!a]", "a"}, {"\\*", "x"}, {"*a*b", "ba"}, {"a", ""}}) {
    INFO(glob << " " << text);
    CHECK_FALSE(glob_matches(glob, text));
  }
  CHECK_FALSE(glob_matches(std::string(500, '*') + "b", std::string(5'000, 'a')));
}

TEST_CASE("of several globs the last that matches counts") {
  const auto match = [](const char* list, const char* text) {
    return Globs(Json::parse(list)).match(text);
  };
  CHECK(match(R"(["*"])", "fraud"));
  CHECK(match(R"(["fraud*","!*-eu"])", "fraud-us"));
  CHECK_FALSE(match(R"(["fraud*","!*-eu"])", "fraud-eu"));
  CHECK(match(R"(["fraud*","!*-eu","fraud-eu"])", "fraud-eu"));
  CHECK(match(R"(["!churn"])", "fraud"));
  CHECK_FALSE(match(R"(["!churn"])", "churn"));
  CHECK_FALSE(match("[]", "fraud"));
  CHECK(Globs().match("anything"));
}

TEST_CASE("what a peer said is shown as valid UTF-8, its first KiB") {
  CHECK(excerpt("") == "");
  CHECK(excerpt(" \n\t ") == "");
  CHECK(excerpt("\n no such dag \n") == "no such dag");
  CHECK(excerpt("a\xFFz") == "a\xEF\xBF\xBDz");
  CHECK(excerpt("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");              // overlong
  CHECK(excerpt("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  CHECK(excerpt("\xE2\x82") == "\xEF\xBF\xBD\xEF\xBF\xBD");              // cut by the peer
  CHECK(excerpt("❗ ö 𝄞") == "❗ ö 𝄞");
  CHECK(excerpt(std::string(5'000, 'x')) == std::string(1'024, 'x'));
  CHECK(excerpt(std::string(1'023, 'x') + "ö") == std::string(1'023, 'x'));
  CHECK(with_excerpt("HTTP 400", "") == "HTTP 400");
  CHECK(with_excerpt("HTTP 400", "no") == "HTTP 400: no");
}

TEST_CASE("any 2xx is success") {
  for (const char* status : {"200 OK", "201 Created", "202 Accepted", "204 No Content", "299 x"}) {
    INFO(status);
    CHECK(answered(status).status == MLMON_DELIVERED);
  }
}

TEST_CASE("408, 425, 429 and 5xx are tried again, when Retry-After says") {
  for (const char* status : {"408 x", "425 x", "429 x", "500 x", "502 x", "503 x", "599 x"}) {
    INFO(status);
    const Outcome outcome = answered(status, "", "busy");
    CHECK(outcome.status == MLMON_RETRY);
    CHECK(outcome.retry_after_ms == -1);
    CHECK(outcome.text == "HTTP " + std::string(status, 3) + ": busy");
  }
  CHECK(answered("429 x", "Retry-After: 7\r\n").retry_after_ms == 7'000);
  CHECK(answered("503 x", "retry-after: 120\r\n").retry_after_ms == 120'000);
  CHECK(answered("503 x", "Retry-After: 0\r\n").retry_after_ms == -1);
  CHECK(answered("503 x", "Retry-After: soon\r\n").retry_after_ms == -1);
  CHECK(answered("503 x", "Retry-After: -5\r\n").retry_after_ms == -1);
  CHECK(answered("503 x", "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n").retry_after_ms == -1);
  const std::int64_t far = answered("503 x", "Retry-After: 99999999999999999\r\n").retry_after_ms;
  CHECK(far == 200 * 366 * 86'400'000LL);  // some limit: the host adds it to the time of day
  CHECK(answered("503 x", "Retry-After: 99999999999999999999\r\n").retry_after_ms == far);
  CHECK(answered("503 x", "Retry-After: 63072000\r\n").retry_after_ms == 63'072'000'000);
  CHECK(answered("503 x", "Retry-After: 00000000000000000000\r\n").retry_after_ms == -1);
}

TEST_CASE("a line of the head that is too long leaves the status") {
  const std::string line = "X: " + std::string(200'000, 'y') + "\r\n";
  CHECK(answered("200 OK", line).status == MLMON_DELIVERED);
  CHECK(answered("400 x", line).status == MLMON_DEAD);
  const Outcome informed = answered("103 x", line);
  CHECK(informed.status == MLMON_RETRY);
  CHECK(informed.text.find("head has a line that is too long") != std::string::npos);
}

TEST_CASE("Retry-After may be a date") {
  const std::time_t in_a_minute = std::time(nullptr) + 60;
  char date[64];
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&in_a_minute));
  const Outcome outcome = answered("429 x", std::string("Retry-After: ") + date + "\r\n");
  CHECK(outcome.retry_after_ms > 30'000);
  CHECK(outcome.retry_after_ms <= 60'000);
}

TEST_CASE("Retry-After of one answer does not stick to the next") {
  std::atomic<int> n = 0;
  const Peer peer([&](int fd, const std::string&) {
    Peer::say(fd, answer_with("503 x", n++ == 0 ? "Retry-After: 7\r\n" : ""));
  });
  HttpClient client(peer.settings());
  CHECK(to_outcome(client.send("{}", {}, kNever)).retry_after_ms == 7'000);
  CHECK(to_outcome(client.send("{}", {}, kNever)).retry_after_ms == -1);
}

TEST_CASE("other answers are dead letters with their first KiB") {
  for (const char* status : {"400 x", "401 x", "404 x", "409 x", "410 x", "422 x", "304 x"}) {
    INFO(status);
    CHECK(answered(status).status == MLMON_DEAD);
    CHECK(answered(status).text == "HTTP " + std::string(status, 3));
  }
  const Outcome outcome = answered("400 Bad", "", "{\"error\":\"" + std::string(9'000, 'x'));
  CHECK(outcome.status == MLMON_DEAD);
  CHECK(outcome.text == "HTTP 400: {\"error\":\"" + std::string(1'014, 'x'));
}

TEST_CASE("a redirect is not followed, its Location is shown") {
  std::atomic<int> n = 0;
  const Peer peer([&](int fd, const std::string&) {
    ++n;
    Peer::say(fd, answer_with("302 Found", "Location: /round\r\n", "moved"));
  });
  const Outcome outcome = post(peer.settings());
  CHECK(outcome.status == MLMON_DEAD);
  CHECK(outcome.text == "HTTP 302 to /round (redirects are not followed): moved");
  CHECK(n == 1);
}

TEST_CASE("no connection, an answer cut short and nonsense are tried again") {
  HttpSettings nobody;
  nobody.url = "http://127.0.0.1:1/";
  const Outcome refused = post(nobody);
  CHECK(refused.status == MLMON_RETRY);
  CHECK(refused.text.find("Failed to connect to 127.0.0.1 port 1") == 0);
  CHECK(refused.text.find("password") == std::string::npos);

  for (const char* text : {"", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
                           "220 mail.example ESMTP\r\n", "HTTP/1.1 200 OK\r\nContent-Le"}) {
    INFO(text);
    const Peer peer{std::string(text)};
    const Outcome outcome = post(peer.settings());
    CHECK(outcome.status == MLMON_RETRY);
    CHECK_FALSE(outcome.text.empty());
  }
}

TEST_CASE("a reset is tried again") {
  const Peer peer([](int fd, const std::string&) {
    const linger at_once{1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  });
  const Outcome outcome = post(peer.settings());
  CHECK(outcome.status == MLMON_RETRY);
  CHECK(outcome.text.find("reset") != std::string::npos);
}

TEST_CASE("the timeout is for the whole try: hanging and dripping servers") {
  const Peer::Answer hang = [](int fd, const std::string&) { Peer::hear(fd); };
  const Peer::Answer drip = [](int fd, const std::string&) {
    Peer::say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (Peer::say(fd, "x")) std::this_thread::sleep_for(20ms);
  };
  const Peer::Answer drip_headers = [](int fd, const std::string&) {
    Peer::say(fd, "HTTP/1.1 200 OK\r\n");
    while (Peer::say(fd, "X: y\r\n")) std::this_thread::sleep_for(20ms);
  };
  for (const Peer::Answer& answer : {hang, drip, drip_headers}) {
    const Peer peer(answer);
    HttpSettings settings = peer.settings();
    settings.timeout_ms = 300;
    const auto begin = steady_clock::now();
    const Outcome outcome = post(settings);
    CHECK(outcome.status == MLMON_RETRY);
    CHECK(outcome.text == "time-out after 300 ms");
    CHECK(steady_clock::now() - begin < 5s);
  }
}

TEST_CASE("of an endless answer 64 KiB are read, and the status counts") {
  std::atomic<bool> sent_all = false;
  for (const auto& [head, expected] : std::vector<std::pair<std::string, std::uint32_t>>{
           {"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", MLMON_DELIVERED},
           {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", MLMON_DELIVERED},
           {"HTTP/1.1 503 x\r\nRetry-After: 9\r\nConnection: close\r\n\r\n", MLMON_RETRY},
           {"HTTP/1.1 400 x\r\nConnection: close\r\n\r\n", MLMON_DEAD}}) {
    INFO(head);
    const Peer peer([&](int fd, const std::string&) {
      const std::string much(1 << 16, 'x');
      bool open = Peer::say(fd, head);
      for (int i = 0; i < 16'384 && open; ++i) open = Peer::say(fd, much);
      sent_all = open;
    });
    HttpClient client(peer.settings());
    const HttpAnswer answer = client.send("{}", {}, kNever);
    CHECK(answer.failure.empty());
    CHECK(answer.body.size() <= kMostRead);
    const Outcome outcome = to_outcome(answer);
    CHECK(outcome.status == expected);
    if (expected == MLMON_RETRY) CHECK(outcome.retry_after_ms == 9'000);
    CHECK(outcome.text.size() < 1'100);
  }
  CHECK_FALSE(sent_all);
}

TEST_CASE("endless headers cost no memory") {
  for (const char* first : {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n"}) {
    const Peer peer([&](int fd, const std::string&) {
      const std::string filler = "X-Filler: " + std::string(900, 'x') + "\r\n";
      const std::string line = first[9] == '1' ? first : filler;
      Peer::say(fd, first);
      for (int i = 0; i < 10'000'000 && Peer::say(fd, line); ++i) {
      }
    });
    HttpClient client(peer.settings());
    const HttpAnswer answer = client.send("{}", {}, kNever);
    CHECK(to_outcome(answer).status == (first[9] == '1' ? MLMON_RETRY : MLMON_DELIVERED));
  }
}

TEST_CASE("a request carries what the contract names") {
  const Peer peer(answer_with("200 OK"));
  HttpSettings settings = peer.settings();
  settings.token = "s3cret";
  settings.headers = {{"X-Team", "risk"}, {"X-Empty", ""}};
  post(settings);
  const std::string request = peer.requests().at(0);
  CHECK(request.find("POST /hook HTTP/1.1\r\n") == 0);
  for (const char* header : {"User-Agent: mlmon/", "Content-Type: application/json\r\n",
                             "Idempotency-Key: 01ID\r\n", "Authorization: Bearer s3cret\r\n",
                             "X-Team: risk\r\n", "X-Empty:\r\n"}) {
    INFO(header);
    CHECK(request.find(header) != std::string::npos);
  }
  CHECK(request.find("Expect:") == std::string::npos);
  CHECK(request.substr(request.find("\r\n\r\n")) == "\r\n\r\n{}");
}

TEST_CASE("username and password are Basic; own headers replace the usual ones; any method") {
  const Peer peer(answer_with("200 OK"));
  HttpSettings settings = peer.settings();
  settings.method = "PUT";
  settings.username = "ann";
  settings.password = "pa:ss";
  settings.headers = {{"content-type", "application/x-mlmon"}, {"user-agent", "me"}};
  post(settings);
  const std::string request = peer.requests().at(0);
  CHECK(request.find("PUT /hook") == 0);
  CHECK(request.find("Authorization: Basic YW5uOnBhOnNz\r\n") != std::string::npos);
  CHECK(request.find("application/json") == std::string::npos);
  CHECK(request.find("application/x-mlmon") != std::string::npos);
  CHECK(request.find("mlmon/0") == std::string::npos);
  CHECK(request.find("user-agent: me\r\n") != std::string::npos);
}

TEST_CASE("a large body is sent whole and without waiting for a Continue") {
  const Peer peer(answer_with("200 OK"));
  HttpClient client(peer.settings());
  const std::string body(3 << 20, 'x');
  CHECK(to_outcome(client.send(body, {}, kNever)).status == MLMON_DELIVERED);
  CHECK(peer.requests().at(0).size() > body.size());
}

TEST_CASE("the connection is kept, and a closed one is no failure") {
  std::atomic<int> connections = 0, heard = 0;
  const Peer peer([&](int fd, const std::string& first) {
    ++connections;
    for (std::string request = first; !request.empty(); request = Peer::hear(fd)) {
      Peer::say(fd, "HTTP/1.1 204 x\r\n\r\n");
      if (++heard == 3) return;  // without a word
    }
  });
  HttpClient client(peer.settings());
  for (int i = 0; i < 6; ++i) {
    CHECK(to_outcome(client.send("{}", {}, kNever)).status == MLMON_DELIVERED);
  }
  CHECK(connections == 2);
  CHECK(heard == 6);
}

TEST_CASE("a request is given up when the process is ending") {
  std::atomic<bool> ending = false;
  const Peer peer([&](int fd, const std::string&) {
    ending = true;
    Peer::hear(fd);
  });
  const auto begin = steady_clock::now();
  const Outcome outcome = post(peer.settings(), [&] { return ending.load(); });
  CHECK(outcome.status == MLMON_RETRY);
  CHECK(outcome.text == "interrupted: the process is ending");
  CHECK(steady_clock::now() - begin < 5s);
}

TEST_CASE("HTTP settings that cannot be meant are refused, and show no secret") {
  const auto complaint = [](const std::string& keys) {
    return message([&] {
      const std::string table = R"({"url":"https://x.example/","ca_file":"/ca",)" + keys + "}";
      read_http_settings(Json::parse("{\"t\":" + table + "}").at("t"), 1'000);
    });
  };
  CHECK(complaint(R"("token":"t")") == "");
  CHECK(complaint(R"("username":"u","password":"")") == "");
  CHECK(complaint(R"("token":"s3cret","username":"u","password":"p")") ==
        "t: expected one of token, username and the header Authorization");
  CHECK(complaint(R"("token":"s3cret","headers":{"authorization":"x"})").find("expected one of") !=
        std::string::npos);
  CHECK(complaint(R"("username":"u")").find("username and password together") != std::string::npos);
  CHECK(complaint(R"("password":"s3cret")").find("username and password") != std::string::npos);
  CHECK(complaint(R"("token":"s3cret\r\nX: y")") ==
        "t.token: expected no control characters in it");
  CHECK(complaint(R"("headers":{"X":"s3cret\n"})") ==
        "t.headers.X: expected no control characters in it");
  CHECK(complaint(R"("headers":{"X Y":"s3cret"})") == "t.headers.X Y: expected the name of a header");
  CHECK(complaint(R"("headers":{"a":"1","A":"2"})") == "t.headers.A: is given twice");
  CHECK(complaint(R"("headers":{"Idempotency-Key":"1"})") ==
        "t.headers.Idempotency-Key: mlmon sets this header itself");
  const auto about_url = [](const std::string& url) {
    return message([&] { read_http_settings(Json::parse(R"({"url":")" + url + "\"}"), 1'000); });
  };
  for (const char* url : {"", "x", "ftp://x/", "file:///etc/passwd", "//x/"}) {
    INFO(url);
    CHECK(about_url(url) == "url: expected a URL with http:// or https://");
  }
  for (const char* url : {"https://x:99999/", "https://x:99999999/"}) {
    CHECK(about_url(url) == "url: expected a port from 0 to 65535 in the URL");
  }
  for (const char* url : {"http://", "HTTP://a b/"}) {
    CHECK(about_url(url).starts_with("url: expected a URL with "));
  }
  CHECK(problem_of_http_url("HTTPS://user:pw@[::1]:8443/a?b=c").empty());
}

TEST_CASE("a command gets stdin and its environment, and its output is kept") {
  const Ending ending = run_process(
      {"sh", "-c", "cat; echo \"$A $HOME\" >&2; exit 3"},
      {{"A", "1"}, {"HOME", "/nowhere"}, {"A", "2"}}, "line\n", 20'000, kNever);
  CHECK(ending.how == Ending::How::kExit);
  CHECK(ending.number == 3);
  CHECK(ending.said == "line\n2 /nowhere\n");
}

TEST_CASE("a command that reads nothing, closes everything or reads by name does no harm") {
  const std::string large(1 << 20, 'x');
  CHECK(run("exit 0", 20'000, kNever, large).number == 0);
  CHECK(run("exec <&- >&- 2>&-; sleep 0.1; exit 4").number == 4);
  CHECK(run("cat /dev/stdin").said == "in\n");
  CHECK(run("wc -c", 20'000, kNever, large).said == "1048576\n");
}

TEST_CASE("of what a command writes 64 KiB are kept and the rest is read") {
  const Ending ending = run("head -c 10000000 /dev/zero; exit 5");
  CHECK(ending.number == 5);
  CHECK(ending.said.size() == kMostRead);
}

TEST_CASE("a command that cannot be started says why; there is no shell") {
  CHECK(run_process({"no-such-program"}, {}, "", 1'000, kNever).number == ENOENT);
  CHECK(run_process({"/etc/passwd"}, {}, "", 1'000, kNever).number == EACCES);
  CHECK(run_process({"/"}, {}, "", 1'000, kNever).number == EACCES);
  CHECK(run_process({"echo hello"}, {}, "", 1'000, kNever).how == Ending::How::kNotStarted);
  CHECK(run_process({"echo", "$HOME;*"}, {}, "", 9'000, kNever).said == "$HOME;*\n");
}

TEST_CASE("a script without #! is run by sh") {
  const std::string script = std::filesystem::temp_directory_path() / ("mlmon-script." + std::to_string(getpid()));
  std::ofstream(script) << "echo \"$1 from $0\"; exit 3\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  const Ending ending = run_process({script, "word; *"}, {}, "", 9'000, kNever);
  std::filesystem::remove(script);
  CHECK(ending.number == 3);
  CHECK(ending.said == "word; * from " + script + "\n");
}

TEST_CASE("a signal that ends a command is told") {
  const Ending ending = run("kill -9 $$");
  CHECK(ending.how == Ending::How::kSignal);
  CHECK(ending.number == SIGKILL);
}

TEST_CASE("a command starts with default signals, none blocked, and three files") {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  auto* old = std::signal(SIGPIPE, SIG_IGN);
  const int open = dup(0);  // not close-on-exec
  const Ending ending =
      run("grep -E '^Sig(Blk|Ign)' /proc/self/status;"
          " ls /proc/self/fd | tr '\\n' ' '");
  close(open);
  std::signal(SIGPIPE, old);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  // 32 and 33 belong to the C library, which ignores them in what it spawns.
  CHECK(ending.said == "SigBlk:\t0000000000000000\nSigIgn:\t0000000180000000\n0 1 2 3 ");
}

TEST_CASE("after the timeout the whole group gets SIGTERM, and SIGKILL if that does not help") {
  const Ending polite = run("trap 'echo bye; exit 1' TERM; while :; do sleep 0.05; done", 200);
  CHECK(polite.how == Ending::How::kTimeout);
  CHECK(polite.said.find("bye") != std::string::npos);

  const auto stubborn_begin = steady_clock::now();
  const Ending stubborn =
      run("trap '' TERM; sleep 100 & echo $!; while :; do sleep 0.05; done", 200);
  CHECK(stubborn.how == Ending::How::kTimeout);
  CHECK(steady_clock::now() - stubborn_begin > 2s);
  CHECK(steady_clock::now() - stubborn_begin < 9s);
  const pid_t sleeper = std::stoi(stubborn.said);
  const auto gone = [&] {  // or a zombie, until init has it
    std::ifstream status("/proc/" + std::to_string(sleeper) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(status), {}};
    return text.empty() || text.find(") Z ") != text.npos;
  };
  while (!gone() && steady_clock::now() - stubborn_begin < 9s) std::this_thread::yield();
  CHECK(gone());
}

TEST_CASE("members of the group that end well get the time, though their parent went at once") {
  const Ending ending = run(
      "(trap 'sleep 0.3; echo saved; exit' TERM; while :; do sleep 0.05; done) & sleep 100", 300);
  CHECK(ending.how == Ending::How::kTimeout);
  CHECK(ending.said.find("saved") != std::string::npos);
}

TEST_CASE("what a command leaves in the background is not waited for, nor ended") {
  const auto begin = steady_clock::now();
  const Ending ending = run("sleep 30 & echo $!");
  CHECK(ending.how == Ending::How::kExit);
  CHECK(steady_clock::now() - begin < 10s);
  const pid_t left = std::stoi(ending.said);
  CHECK(kill(left, 0) == 0);
  kill(left, SIGKILL);
}

TEST_CASE("a command is ended when the process is ending") {
  std::atomic<bool> ending = false;
  std::thread later([&] {
    std::this_thread::sleep_for(100ms);
    ending = true;
  });
  const auto begin = steady_clock::now();
  CHECK(run("sleep 100", 60'000, [&] { return ending.load(); }).how == Ending::How::kCancelled);
  CHECK(steady_clock::now() - begin < 10s);
  later.join();
}

TEST_CASE("no descriptor and no zombie is left behind") {
  const auto count = [] {
    std::size_t n = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) (void)entry, ++n;
    return n;
  };
  run("exit 0");
  const std::size_t before = count();
  for (int i = 0; i < 20; ++i) run("exit 0");
  run_process({"no-such-program"}, {}, "", 1'000, kNever);
  CHECK(count() == before);
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("where SIGCHLD is ignored the lost exit code is told") {
  auto* old = std::signal(SIGCHLD, SIG_IGN);
  const Ending ending = run("exit 0");
  std::signal(SIGCHLD, old);
  CHECK(ending.how == Ending::How::kLost);
}

TEST_CASE("a broken pipe is an error and no signal, which is as it was afterwards") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  {
    const SigpipeBlock block;
    const SigpipeBlock nested;
    CHECK(write(ends[1], "x", 1) == -1);
    CHECK(errno == EPIPE);
  }
  close(ends[1]);
  sigset_t mask, pending;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  sigpending(&pending);
  CHECK(sigismember(&mask, SIGPIPE) == 0);
  CHECK(sigismember(&pending, SIGPIPE) == 0);
}

TEST_CASE("endpoints: keys of other types, missing ones and unknown types are named") {
  const std::vector<EndpointType> types = {{"queue", {}, {}}, {"http", {"url"}, {"token"}}};
  const auto complaint = [&](const std::string& tables) {
    return message([&] {
      read_endpoints(Json::parse("{\"targets\":" + tables + "}"), "targets", R"({"type":"queue"})",
                     {"models"}, types);
    });
  };
  CHECK(complaint(R"([{"type":"http"}])") == "targets[0]: type \"http\" needs url");
  CHECK(complaint(R"([{"type":"queue"},{"type":"queue","token":"s3cret"}])") ==
        "targets[1].token: type \"queue\" takes no token");
  CHECK(complaint(R"([{"type":"fax"}])") == "targets[0].type: there is no such type");
  CHECK(complaint(R"([{"type":"http","url":"x","models":[]}])") == "");
  const auto none = read_endpoints(Json::parse("{}"), "targets", R"({"type":"queue"})", {}, types);
  REQUIRE(none.size() == 1);
  CHECK(none[0].text("type") == "queue");
}

TEST_CASE("endpoints: timeout and retry") {
  const auto spec = [](const char* json) { return read_spec(Json::parse(json), "x"); };
  CHECK(spec("{}").timeout_ms == 30'000);
  CHECK(spec("{}").retry_give_up_ms == 86'400'000);
  const EndpointSpec own =
      spec(R"({"timeout":"5s","retry":{"initial":"10ms","give_up":"7d"}})");
  CHECK(own.timeout_ms == 5'000);
  CHECK(own.retry_initial_ms == 10);
  CHECK(own.retry_max_ms == 60'000);
  CHECK(own.retry_give_up_ms == 604'800'000);
  CHECK(message([&] { spec(R"({"timeout":"0s"})"); }) == "timeout: expected a duration above zero");
}

}  // namespace
}  // namespace mlmon::transport
