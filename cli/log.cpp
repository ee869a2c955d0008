#include "cli/log.h"

#include <fmt/format.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <mutex>

#include "cli/exit_code.h"
#include "core/event/instant.h"
#include "core/text/json_text.h"
#include "core/text/url_password.h"
#include "core/text/utf8.h"

namespace mlmon {
namespace {

using Message = spdlog::details::log_msg;
using Buffer = spdlog::memory_buf_t;

std::string_view log_view(spdlog::string_view_t text) { return {text.data(), text.size()}; }

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view level_name(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::info:
      return "info";
    case spdlog::level::warn:
      return "warning";
    default:
      return "error";
  }
}

/// ECMA-48: red, yellow, faint.
std::string_view color_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::err:
      return "\x1b[31m";
    case spdlog::level::warn:
      return "\x1b[33m";
    default:
      return "\x1b[2m";
  }
}

/// `LEVEL: ORIGIN: text`
class TextFormatter final : public spdlog::formatter {
 public:
  explicit TextFormatter(bool color) : color_(color) {}

  void format(const Message& message, Buffer& out) override {
    const std::string_view level = level_name(message.level);
    const auto end = std::back_inserter(out);
    if (color_) {
      fmt::format_to(end, "{}{}:\x1b[0m ", color_of(message.level), level);
    } else {
      fmt::format_to(end, "{}: ", level);
    }
    const std::string_view origin = log_view(message.logger_name);
    if (!origin.empty()) fmt::format_to(end, "{}: ", printable(origin));
    fmt::format_to(end, "{}\n", printable(log_view(message.payload)));
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<TextFormatter>(*this);
  }

 private:
  const bool color_;
};

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, is_utf8(text) ? std::string(text) : printable(text));
  return out;
}

/// `{"time","level","origin","message"}`
class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const Message& message, Buffer& out) override {
    const auto since_1970 =
        std::chrono::floor<std::chrono::milliseconds>(message.time.time_since_epoch());
    const std::string time =
        format_rfc3339(from_unix_ns(std::chrono::nanoseconds(since_1970).count()));
    fmt::format_to(std::back_inserter(out),
                   "{{\"time\":\"{}\",\"level\":\"{}\",\"origin\":{},\"message\":{}}}\n", time,
                   level_name(message.level), json_string(log_view(message.logger_name)),
                   json_string(log_view(message.payload)));
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>(*this);
  }
};

std::unique_ptr<spdlog::formatter> make_formatter(LogFormat format, bool color) {
  if (format == LogFormat::kJson) return std::make_unique<JsonFormatter>();
  return std::make_unique<TextFormatter>(color);
}

/// Lines for people: control characters but newlines are escaped, and there is a newline at the
/// end.
void append_printable_lines(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    append_printable(out, text.substr(0, end));
    out += '\n';
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

}  // namespace

/// Where spdlog's messages go: each in one write.
class Log::Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  Sink(Terminal& terminal, LogFormat format)
      : base_sink(make_formatter(format, terminal.wants_color())), terminal_(terminal) {}

  std::string format(const Message& message) {
    Buffer line;
    formatter_->format(message, line);
    return fmt::to_string(line);
  }

 private:
  void sink_it_(const Message& message) override { terminal_.write(format(message)); }
  void flush_() override {}

  Terminal& terminal_;
};

LogLevel least_level(int verbosity) {
  if (verbosity < 0) return LogLevel::kError;
  return verbosity == 0 ? LogLevel::kWarn : LogLevel::kDebug;
}

Log::Log(Terminal& terminal, LogFormat format, LogLevel least)
    : format_(format),
      least_(least),
      terminal_(terminal),
      sink_(std::make_unique<Sink>(terminal, format)) {}

Log::~Log() = default;

void Log::log(LogLevel level, std::string_view origin, std::string_view text) {
  if (!shows(level)) return;
  const std::string safe = without_url_passwords(text);
  sink_->log(Message({origin.data(), origin.size()}, spdlog_level(level), safe));
}

bool Log::tell_all(std::span<const std::string> texts) {
  std::string lines;
  for (std::string_view text : texts) {
    if (format_ == LogFormat::kText) {
      append_printable_lines(lines, text);
      continue;
    }
    while (text.ends_with('\n')) text.remove_suffix(1);
    lines += line(LogLevel::kInfo, "", text);
  }
  return terminal_.write(lines);
}

void Log::say(LogLevel level, std::string_view origin, std::string_view text) {
  if (format_ == LogFormat::kJson) return log(level, origin, text);
  if (shows(level)) terminal_.write(printable(without_url_passwords(text)) + "\n");
}

std::string Log::line(LogLevel level, std::string_view origin, std::string_view text) const {
  const std::string safe = without_url_passwords(text);
  return sink_->format(Message({origin.data(), origin.size()}, spdlog_level(level), safe));
}

int failed(const Error& error, Log& log) {
  log.log(LogLevel::kError, "", error.text);
  return kExitFailed;
}

int ended(const Result<void>& result, Log& log) {
  return result ? kExitDone : failed(result.error(), log);
}

}  // namespace mlmon
