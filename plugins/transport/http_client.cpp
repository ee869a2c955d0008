#include "plugins/transport/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <limits>
#include <new>
#include <stdexcept>
#include <utility>

#include "plugins/transport/excerpt.h"
#include "plugins/transport/proxy.h"
#include "plugins/transport/sigpipe_block.h"

namespace mlmon::transport {
namespace {

constexpr std::int64_t kLongestRetryAfter = std::int64_t{200} * 366 * 86'400;  // seconds; more would not fit into ns
constexpr std::int64_t kLongestTryMs = std::numeric_limits<int>::max();

/// The process-wide part of libcurl, which is never taken down: plugins stay loaded.
void* make_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::runtime_error(curl_easy_strerror(started));
  CURL* curl = curl_easy_init();
  if (!curl) throw std::bad_alloc();
  return curl;
}

/// A list of header lines.
class Lines {
 public:
  ~Lines() { curl_slist_free_all(list_); }

  void add(const std::string& name, const std::string& value) {
    // "Name:" would take the header out, "Name;" sends it empty.
    const std::string line = value.empty() ? name + ";" : name + ": " + value;
    curl_slist* longer = curl_slist_append(list_, line.c_str());
    if (!longer) throw std::bad_alloc();
    list_ = longer;
  }

  void take_out(const std::string& name) {
    curl_slist* longer = curl_slist_append(list_, (name + ":").c_str());
    if (!longer) throw std::bad_alloc();
    list_ = longer;
  }

  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

/// Throws where libcurl was built without the option or has no memory.
template <class Value>
void set(CURL* curl, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(curl, option, value);
  if (code != CURLE_OK) throw std::runtime_error(curl_easy_strerror(code));
}

/// A line of the head is longer than libcurl takes (100 KiB): for it the memory of older versions is out.
bool is_too_long(int code) {
  constexpr int kTooLarge = 100;  // CURLE_TOO_LARGE, since 8.6
  return code == CURLE_OUT_OF_MEMORY || code == kTooLarge;
}

/// How long the answer asks to wait, in seconds; 0: it does not.
std::int64_t retry_after_s(CURL* curl) {
  curl_off_t seconds = 0;
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
  if (seconds > 0) return std::min<std::int64_t>(seconds, kLongestRetryAfter);
  curl_header* header = nullptr;
  if (curl_easy_header(curl, "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return 0;
  // To libcurl a number that it cannot hold is none.
  const std::string_view value = header->value;
  const bool number = value.find_first_not_of("0123456789") == value.npos;
  return number && value.find_first_not_of('0') != value.npos ? kLongestRetryAfter : 0;
}

}  // namespace

/// One request on its way.
struct HttpClient::Transfer {
  explicit Transfer(const Cancelled& given) : cancelled(given) {}

  const Cancelled& cancelled;
  std::size_t read = 0;  // bytes of the answer, headers included
  bool cut = false;      // it is longer than we read
  bool head_ended = false;
  std::string body;

  /// Less than it was given ends the transfer.
  std::size_t take(const char* data, std::size_t size, bool is_body) {
    const std::size_t taken = std::min(size, kMostRead - read);
    if (is_body) body.append(data, taken);
    read += taken;
    cut = cut || taken < size;
    return taken;
  }

  /// One line; an empty one ends the head, of each informational answer too.
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.head_ended = size <= 2;
    return transfer.take(data, size, false);
  }
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->take(data, size, true);
  }
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Transfer*>(self)->cancelled() ? 1 : 0;
  }
};

HttpClient::HttpClient(HttpSettings settings)
    : settings_(std::move(settings)), curl_(make_curl(), curl_easy_cleanup) {
  CURL* curl = curl_.get();
  set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  set(curl, CURLOPT_PATH_AS_IS, 1L);
  set(curl, CURLOPT_NOSIGNAL, 1L);
  set(curl, CURLOPT_QUICK_EXIT, 1L);  // a resolver that hangs outlives the try, not the timeout
  set(curl, CURLOPT_USERAGENT, "mlmon/" MLMON_VERSION);
  if (settings_.keeps_session) set(curl, CURLOPT_COOKIEFILE, "");
  if (!settings_.ca_file.empty()) {
    set(curl, CURLOPT_CAINFO, settings_.ca_file.c_str());
    set(curl, CURLOPT_CAPATH, nullptr);
  }
  if (settings_.sigv4.empty()) {
    set(curl, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  } else {
    set(curl, CURLOPT_AWS_SIGV4, settings_.sigv4.c_str());
  }
  set(curl, CURLOPT_HEADERFUNCTION, Transfer::on_header);
  set(curl, CURLOPT_WRITEFUNCTION, Transfer::on_body);
  set(curl, CURLOPT_XFERINFOFUNCTION, Transfer::on_progress);
}

HttpClient::~HttpClient() {
  const SigpipeBlock no_sigpipe;  // closing a TLS connection writes
  curl_.reset();
}

HttpAnswer HttpClient::send(const std::string& body, const std::vector<Header>& headers,
                            const Cancelled& cancelled) {
  HttpRequest request;
  request.method = settings_.method;
  request.url = settings_.url;
  request.body = body;
  request.headers = headers;
  return send(request, settings_.timeout_ms, cancelled);
}

HttpAnswer HttpClient::send(const HttpRequest& request, std::int64_t timeout_ms,
                            const Cancelled& cancelled) {
  CURL* curl = curl_.get();
  Lines lines;
  // A signature would cover the header that is taken out. Without it, only large bodies wait for an answer.
  if (settings_.sigv4.empty()) lines.take_out("Expect");
  if (request.body.empty() && request.method == "GET") {
    set(curl, CURLOPT_HTTPGET, 1L);
  } else {
    set(curl, CURLOPT_POST, 1L);
    set(curl, CURLOPT_POSTFIELDS, request.body.c_str());
    set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    if (!settings_.has_header("content-type")) lines.add("Content-Type", request.content_type);
  }
  set(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  set(curl, CURLOPT_URL, request.url.c_str());
  const std::string& token = request.bearer.empty() ? settings_.token : request.bearer;
  if (!token.empty()) lines.add("Authorization", "Bearer " + token);
  set_credentials(request);
  for (const Header& header : settings_.headers) lines.add(header.first, header.second);
  for (const Header& header : request.headers) {
    if (!settings_.has_header(header.first)) lines.add(header.first, header.second);
  }
  const auto limit_ms = static_cast<long>(std::clamp<std::int64_t>(timeout_ms, 1, kLongestTryMs));
  set(curl, CURLOPT_TIMEOUT_MS, limit_ms);
  set(curl, CURLOPT_CONNECTTIMEOUT_MS, limit_ms);

  Transfer transfer(cancelled);
  char error[CURL_ERROR_SIZE] = "";
  set(curl, CURLOPT_ERRORBUFFER, error);
  set(curl, CURLOPT_HTTPHEADER, lines.get());
  set(curl, CURLOPT_HEADERDATA, &transfer);
  set(curl, CURLOPT_WRITEDATA, &transfer);
  set(curl, CURLOPT_XFERINFODATA, &transfer);
  set(curl, CURLOPT_NOPROGRESS, 0L);
  CURLcode code;
  {
    const SigpipeBlock no_sigpipe;
    code = curl_easy_perform(curl);
  }
  // Nothing of this call may be touched by the next, or when the connection is closed.
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 1L);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, nullptr);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, nullptr);
  return to_answer(code, error, transfer);
}

/// Basic, or the keys of a signature.
void HttpClient::set_credentials(const HttpRequest& request) {
  const bool has = !settings_.username.empty() && request.bearer.empty();
  set(curl_.get(), CURLOPT_USERNAME, has ? settings_.username.c_str() : nullptr);
  set(curl_.get(), CURLOPT_PASSWORD, has ? settings_.password.c_str() : nullptr);
}

HttpAnswer HttpClient::to_answer(int code, const char* error, Transfer& transfer) const {
  CURL* curl = curl_.get();
  HttpAnswer answer;
  answer.cancelled = code == CURLE_ABORTED_BY_CALLBACK;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  // The status line came before it.
  if (is_too_long(code) && answer.status >= 200 && !transfer.head_ended) transfer.cut = true;
  if (code == CURLE_OPERATION_TIMEDOUT) {
    answer.failure = "time-out after " + std::to_string(settings_.timeout_ms) + " ms";
  } else if (code != CURLE_OK && !transfer.cut) {
    const std::string unread = "the answer's head has a line that is too long, or there is no memory";
    const char* said = *error ? error : curl_easy_strerror(static_cast<CURLcode>(code));
    answer.failure = excerpt(is_too_long(code) ? unread : said);
    const std::string proxy = proxy_blamed(settings_.url, answer.failure);
    if (!proxy.empty()) answer.failure = "proxy (" + proxy + "): " + answer.failure;
  } else if (answer.status < 200 || (!transfer.head_ended && !transfer.cut)) {
    answer.failure = "the answer ends before its head does";
  }
  if (!answer.failure.empty()) return answer;

  const std::int64_t seconds = retry_after_s(curl);
  if (seconds > 0) answer.retry_after_ms = seconds * 1'000;
  curl_header* location = nullptr;
  if (curl_easy_header(curl, "Location", 0, CURLH_HEADER, -1, &location) == CURLHE_OK) {
    answer.location = location->value;
  }
  answer.body = std::move(transfer.body);
  answer.cut = transfer.cut;
  return answer;
}

HttpTry::HttpTry(HttpClient& client, const Cancelled& cancelled)
    : client_(client),
      cancelled_(cancelled),
      end_(std::chrono::steady_clock::now() +
           std::chrono::milliseconds(std::min(client.settings().timeout_ms, kLongestTryMs))) {}

HttpAnswer HttpTry::send(const HttpRequest& request) {
  using std::chrono::milliseconds;
  const auto left =
      std::chrono::duration_cast<milliseconds>(end_ - std::chrono::steady_clock::now()).count();
  if (left > 0) return client_.send(request, left, cancelled_);
  HttpAnswer late;
  late.failure = "time-out after " + std::to_string(client_.settings().timeout_ms) + " ms";
  return late;
}

std::string problem_of_http_url(const std::string& url) {
  const std::string expected = "expected a URL with http:// or https://";
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parts(curl_url(), curl_url_cleanup);
  if (!parts) throw std::bad_alloc();
  const CURLUcode code = curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0);
  if (code == CURLUE_BAD_PORT_NUMBER) return "expected a port from 0 to 65535 in the URL";
  if (code == CURLUE_NO_HOST || code == CURLUE_BAD_HOSTNAME) return "expected a URL with a host";
  char* scheme = nullptr;
  if (code != CURLUE_OK ||
      curl_url_get(parts.get(), CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK) {
    return expected;
  }
  const std::string_view found = scheme;
  const bool known = found == "http" || found == "https";
  curl_free(scheme);
  return known ? "" : expected;
}

}  // namespace mlmon::transport
