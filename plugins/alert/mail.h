#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlmon::alert {

/// A mail as it goes over the wire (RFC 5322, 2045, 2047): UTF-8 as quoted-printable, lines of at most 76
/// bytes that end in CRLF. No text in it can add a header.
struct Mail {
  std::string from;             // an address, or NAME <ADDRESS>
  std::vector<std::string> to;  // likewise
  std::string id;               // of the message, without <> and domain
  std::string thread;           // likewise: what the message belongs to
  std::string subject, text;
  std::int64_t at_s = 0;  // since 1970
};
std::string to_wire(const Mail& mail);

/// The address in `NAME <ADDRESS>`, or the text itself; empty: it is none.
std::string address_in(std::string_view text);

}  // namespace mlmon::alert
