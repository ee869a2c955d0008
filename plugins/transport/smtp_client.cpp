#include "plugins/transport/smtp_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>
#include <utility>

#include "plugins/transport/excerpt.h"
#include "plugins/transport/sigpipe_block.h"

namespace mlmon::transport {
namespace {

void* make_smtp_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::runtime_error(curl_easy_strerror(started));
  CURL* curl = curl_easy_init();
  if (!curl) throw std::bad_alloc();
  return curl;
}

template <class Value>
void set_option(CURL* curl, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(curl, option, value);
  if (code != CURLE_OK) throw std::runtime_error(curl_easy_strerror(code));
}

class Recipients {
 public:
  explicit Recipients(const std::vector<std::string>& all) {
    for (const std::string& one : all) {
      curl_slist* longer = curl_slist_append(list_, one.c_str());
      if (!longer) throw std::bad_alloc();
      list_ = longer;
    }
  }
  ~Recipients() { curl_slist_free_all(list_); }
  Recipients(const Recipients&) = delete;
  Recipients& operator=(const Recipients&) = delete;
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

std::string without_end(std::string line) {
  line.erase(line.find_last_not_of("\r\n") + 1);
  return line;
}

/// As much as people are shown.
void note(std::string& list, const std::string& one) {
  if (list.size() < kMostShown) list += (list.empty() ? "" : "; ") + one;
}

}  // namespace

/// One mail on its way.
struct SmtpClient::Transfer {
  Transfer(const std::string& what, const Cancelled& when) : message(what), cancelled(when) {}

  const std::string& message;
  const Cancelled& cancelled;
  std::size_t sent = 0;
  std::size_t read = 0;
  std::string command;                  // that we said last, QUIT aside
  std::string answer;                   // the last line of that to it; empty: none yet
  std::vector<std::string> recipients;  // the answers to the RCPTs, likewise
  bool quits = false;                   // the answer to QUIT says nothing of the mail

  static std::size_t on_read(char* into, std::size_t, std::size_t room, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const std::size_t count = std::min(room, transfer.message.size() - transfer.sent);
    std::memcpy(into, transfer.message.data() + transfer.sent, count);
    transfer.sent += count;
    return count;
  }
  static int on_debug(CURL*, curl_infotype type, char* data, std::size_t size, void* self) {
    if (type == CURLINFO_HEADER_OUT) static_cast<Transfer*>(self)->on_command({data, size});
    return 0;
  }
  void on_command(std::string_view line) {
    quits = line.starts_with("QUIT");
    if (quits) return;
    command = line.substr(0, line.find_first_of(" \r\n"));
    answer.clear();
    if (command == "RCPT") recipients.emplace_back();
  }
  static std::size_t on_line(char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.read += size;
    if (transfer.read > kMostRead) return 0;
    const std::string line = without_end({data, size});
    const bool last = line.size() < 4 || line[3] != '-';
    if (!last || transfer.quits) return size;
    transfer.answer = line;
    if (transfer.command == "RCPT") transfer.recipients.back() = line;
    return size;
  }
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Transfer*>(self)->cancelled() ? 1 : 0;
  }

  bool no() const { return answer.starts_with('4') || answer.starts_with('5'); }

  /// Each recipient was answered, and none took it: no mail was sent.
  bool all_refused(const Envelope& envelope) const {
    return command == "RCPT" && recipients.size() == envelope.to.size() &&
           std::none_of(recipients.begin(), recipients.end(),
                        [](const std::string& one) { return one.empty() || one.starts_with('2'); });
  }

  /// The try ended by the answer to its last command, and that was 5yz.
  bool refused(int code) const {
    if (!answer.starts_with('5') || command == "RCPT") return false;
    // libcurl goes on after a 5yz to others than these: where it could not, the connection broke.
    return code != CURLE_SEND_ERROR || command == "MAIL" || command == "DATA";
  }
};

SmtpClient::SmtpClient(SmtpSettings settings)
    : settings_(std::move(settings)), curl_(make_smtp_curl(), curl_easy_cleanup) {
  CURL* curl = curl_.get();
  set_option(curl, CURLOPT_URL, settings_.url.c_str());
  set_option(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set_option(curl, CURLOPT_USE_SSL, static_cast<long>(settings_.starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  const auto longest = static_cast<std::int64_t>(std::numeric_limits<int>::max());
  const auto timeout_ms = static_cast<long>(std::min(settings_.timeout_ms, longest));
  set_option(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
  set_option(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
  set_option(curl, CURLOPT_NOSIGNAL, 1L);
  set_option(curl, CURLOPT_QUICK_EXIT, 1L);
  set_option(curl, CURLOPT_UPLOAD, 1L);
  set_option(curl, CURLOPT_FORBID_REUSE, 1L);  // all that the server says is said within the call
  set_option(curl, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  if (!settings_.ca_file.empty()) {
    set_option(curl, CURLOPT_CAINFO, settings_.ca_file.c_str());
    set_option(curl, CURLOPT_CAPATH, nullptr);
  }
  if (!settings_.username.empty()) {
    set_option(curl, CURLOPT_USERNAME, settings_.username.c_str());
    set_option(curl, CURLOPT_PASSWORD, settings_.password.c_str());
  }
  set_option(curl, CURLOPT_READFUNCTION, Transfer::on_read);
  set_option(curl, CURLOPT_HEADERFUNCTION, Transfer::on_line);
  set_option(curl, CURLOPT_WRITEFUNCTION, Transfer::on_line);
  set_option(curl, CURLOPT_XFERINFOFUNCTION, Transfer::on_progress);
  set_option(curl, CURLOPT_DEBUGFUNCTION, Transfer::on_debug);
}

Outcome SmtpClient::send(Envelope& envelope, const std::string& message,
                         const Cancelled& cancelled) {
  CURL* curl = curl_.get();
  const Recipients recipients(envelope.to);
  Transfer transfer(message, cancelled);
  char error[CURL_ERROR_SIZE] = "";
  set_option(curl, CURLOPT_ERRORBUFFER, error);
  set_option(curl, CURLOPT_MAIL_FROM, envelope.from.c_str());
  set_option(curl, CURLOPT_MAIL_RCPT, recipients.get());
  set_option(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(message.size()));
  set_option(curl, CURLOPT_READDATA, &transfer);
  set_option(curl, CURLOPT_HEADERDATA, &transfer);
  set_option(curl, CURLOPT_WRITEDATA, &transfer);
  set_option(curl, CURLOPT_XFERINFODATA, &transfer);
  set_option(curl, CURLOPT_DEBUGDATA, &transfer);
  set_option(curl, CURLOPT_VERBOSE, 1L);  // shows on_debug the commands; nothing is printed
  set_option(curl, CURLOPT_NOPROGRESS, 0L);
  CURLcode code;
  {
    const SigpipeBlock no_sigpipe;
    code = curl_easy_perform(curl);
  }
  // Nothing of this call may be touched by the next, or when the connection is closed.
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 1L);
  curl_easy_setopt(curl, CURLOPT_VERBOSE, 0L);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, nullptr);
  const bool decided = code == CURLE_OK || transfer.all_refused(envelope);
  return decided ? settle(envelope, transfer) : failure(code, error, transfer);
}

/// The server has taken the mail, or every recipient was answered and none of them with yes.
Outcome SmtpClient::settle(Envelope& envelope, const Transfer& transfer) {
  std::vector<std::string> left;
  std::string later;
  for (std::size_t i = 0; i < envelope.to.size(); ++i) {
    const std::string& to = envelope.to[i];
    const std::string answer = i < transfer.recipients.size() ? transfer.recipients[i] : "";
    if (answer.empty() || answer.starts_with('2')) {
      envelope.taken = true;
    } else if (answer.starts_with('5')) {
      note(envelope.refused, to + ": " + answer);
    } else {
      note(later, to + ": " + answer);
      left.push_back(to);
    }
  }
  envelope.to = std::move(left);
  if (!later.empty()) return Outcome::retry(with_excerpt("recipients are asked again", later));
  if (!envelope.taken) return Outcome::dead(with_excerpt("no recipient takes the mail", envelope.refused));
  std::string said = transfer.no() ? "taken before" : transfer.answer;
  if (!envelope.refused.empty()) said += "; refused: " + envelope.refused;
  return Outcome::delivered(excerpt(said));
}

Outcome SmtpClient::failure(int code, const char* error, const Transfer& transfer) const {
  if (code == CURLE_ABORTED_BY_CALLBACK) return interrupted();
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return Outcome::retry("time-out after " + std::to_string(settings_.timeout_ms) + " ms");
  }
  // CURLINFO_RESPONSE_CODE would be that of the QUIT after it.
  std::string why = *error ? error : curl_easy_strerror(static_cast<CURLcode>(code));
  if (code == CURLE_USE_SSL_FAILED && settings_.starttls) {
    why += " (the server offers no encryption: \"starttls = false\" sends without it)";
  }
  if (transfer.refused(code)) return Outcome::dead(with_excerpt(why, transfer.answer));
  return Outcome::retry(with_excerpt(why, transfer.no() ? transfer.answer : ""));
}

bool is_smtp_url(const std::string& url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parts(curl_url(), curl_url_cleanup);
  if (!parts || curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return false;
  char* scheme = nullptr;
  if (curl_url_get(parts.get(), CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK) return false;
  const std::string found = scheme;
  curl_free(scheme);
  return found == "smtp" || found == "smtps";
}

}  // namespace mlmon::transport
