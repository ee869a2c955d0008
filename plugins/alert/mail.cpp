#include "plugins/alert/mail.h"

#include <algorithm>
#include <cstdint>
#include <ctime>

namespace mlmon::alert {
namespace {

constexpr const char* kLineEnd = "\r\n";
constexpr char kHex[] = "0123456789ABCDEF";

bool is_plain(char c) { return c >= 0x20 && c < 0x7F; }

std::size_t end_of_character(std::string_view text, std::size_t at) {
  do {
    ++at;
  } while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  return at;
}

std::string base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += j <= count ? kDigits[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return out;
}

/// The text of a header: as it is where that is short ASCII, else in encoded words (RFC 2047) of whole
/// characters, a line each. Control characters become blanks.
std::string header_text(std::string_view given) {
  constexpr std::size_t kLongestPlain = 60;
  constexpr std::size_t kInWord = 45;  // bytes: 60 in base64, 75 with what is around them
  std::string text(given);
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; }, ' ');
  const bool plain = std::all_of(text.begin(), text.end(), is_plain);
  if (plain && text.size() <= kLongestPlain && text.find("=?") == text.npos) return text;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    for (std::size_t next = at; next < text.size();) {
      next = end_of_character(text, next);
      if (next - at > kInWord && end > at) break;
      end = next;
    }
    out += (out.empty() ? "" : "\r\n ") + ("=?UTF-8?B?" + base64(std::string_view(text).substr(at, end - at)) + "?=");
    at = end;
  }
  return out;
}

/// Quoted-printable (RFC 2045, section 6.7).
std::string quoted_printable(std::string_view text) {
  constexpr std::size_t kLongest = 76;
  std::string out;
  std::size_t column = 0;
  const auto put = [&](std::string_view piece) {
    if (column + piece.size() > kLongest - 1) {
      (out += '=') += kLineEnd;
      column = 0;
    }
    out += piece;
    column += piece.size();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (c == '\n') {
      out += kLineEnd;
      column = 0;
      continue;
    }
    const bool blank_at_end = c == ' ' && (i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r');
    const bool dot_at_start = c == '.' && column == 0;  // no server need be trusted with it
    if (is_plain(c) && c != '=' && !blank_at_end && !dot_at_start) {
      put({&c, 1});
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    const char code[] = {'=', kHex[byte >> 4], kHex[byte & 15]};
    put({code, sizeof code});
  }
  return out + kLineEnd;
}

std::string date_of(std::int64_t at_s) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<std::time_t>(at_s);
  std::tm at{};
  gmtime_r(&seconds, &at);
  char rest[32] = "";
  std::strftime(rest, sizeof rest, "%Y %H:%M:%S +0000", &at);
  return std::string(kDays[at.tm_wday]) + ", " + std::to_string(at.tm_mday) + " " +
         kMonths[at.tm_mon] + " " + rest;
}

/// A quoted-string (RFC 5322, section 3.2.4).
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// A mailbox in a header.
std::string mailbox(const std::string& text) {
  const std::string address = address_in(text);
  if (address == text) return text;
  std::string name = text.substr(0, text.rfind('<'));
  name.erase(name.find_last_not_of(' ') + 1);
  name.erase(0, std::min(name.find_first_not_of(' '), name.size()));
  const bool in_quotes = name.size() > 1 && name.starts_with('"') && name.ends_with('"');
  if (in_quotes) name = name.substr(1, name.size() - 2);
  const std::string shown = header_text(name);
  return (shown == name ? quoted(name) : shown) + " <" + address + ">";
}

}  // namespace

std::string address_in(std::string_view text) {
  if (text.ends_with('>')) {
    const std::size_t open = text.rfind('<');
    if (open == text.npos) return "";
    const std::string_view name = text.substr(0, open);
    const bool odd = std::any_of(name.begin(), name.end(), [](char c) {
      return (c >= 0 && c < 0x20) || c == 0x7F || c == '<' || c == '>' || c == '\\';
    });
    if (odd) return "";
    text = text.substr(open + 1, text.size() - open - 2);
  }
  const std::size_t at = text.find('@');
  const bool fits = at != text.npos && at > 0 && at + 1 < text.size() && text.size() <= 254 &&
                    std::none_of(text.begin(), text.end(), [](char c) {
                      return (c >= 0 && c <= 0x20) || c == 0x7F || c == '<' || c == '>' ||
                             c == ',' || c == ';' || c == '"' || c == '\\';
                    });
  return fits ? std::string(text) : "";
}

std::string to_wire(const Mail& mail) {
  std::string out;
  const auto header = [&out](const char* name, const std::string& value) {
    out += std::string(name) + ": " + value + kLineEnd;
  };
  header("Date", date_of(mail.at_s));
  header("From", mailbox(mail.from));
  std::string to;
  for (const std::string& one : mail.to) to += (to.empty() ? "" : ",\r\n ") + mailbox(one);
  header("To", to);
  header("Message-ID", "<" + mail.id + "@mlmon>");
  header("References", "<" + mail.thread + "@mlmon>");
  header("In-Reply-To", "<" + mail.thread + "@mlmon>");
  header("Subject", header_text(mail.subject));
  header("MIME-Version", "1.0");
  header("Content-Type", "text/plain; charset=utf-8");
  header("Content-Transfer-Encoding", "quoted-printable");
  header("Auto-Submitted", "auto-generated");
  return out + kLineEnd + quoted_printable(mail.text);
}

}  // namespace mlmon::alert
