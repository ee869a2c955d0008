#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "plugins/transport/sender.h"

namespace mlmon::transport {

struct SmtpSettings {
  std::string url;        // smtp://host:port or smtps://host:port
  bool starttls = true;   // of smtp://: without it nothing is sent
  std::string username, password;
  std::string ca_file;  // empty: what the system trusts
  std::int64_t timeout_ms = 30'000;
};

/// To whom a mail goes. A try takes out of `to` whoever took it or refused it for good; the next one goes on with it.
struct Envelope {
  std::string from;
  std::vector<std::string> to;
  bool taken = false;   // by somebody
  std::string refused;  // recipients, and what the server said of each
};

/// Sends mails to one server (RFC 5321), each over a connection of its own. TLS is verified. 4yz, no connection and a
/// connection that breaks are a retry, and so is a mail that some recipients have taken while others were answered with
/// 4yz; 5yz is a dead letter with what the server said; a recipient that is refused beside others that are not is
/// told with the answer. One thread.
class SmtpClient {
 public:
  explicit SmtpClient(SmtpSettings settings);

  /// One try. `message`: with CRLF at the end of each line.
  Outcome send(Envelope& envelope, const std::string& message, const Cancelled& cancelled);

 private:
  struct Transfer;
  static Outcome settle(Envelope& envelope, const Transfer& transfer);
  Outcome failure(int code, const char* error, const Transfer& transfer) const;

  const SmtpSettings settings_;
  std::unique_ptr<void, void (*)(void*)> curl_;  // CURL*
};

/// With scheme smtp or smtps and a host.
bool is_smtp_url(const std::string& url);

}  // namespace mlmon::transport
