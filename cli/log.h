#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cli/terminal.h"
#include "core/log_sink.h"
#include "core/result.h"

namespace mlmon {

enum class LogFormat { kText, kJson };

/// The least level that is shown: errors with -q (-1), warnings, everything with -v (1 and more).
LogLevel least_level(int verbosity);

/// Logs to stderr. As text: `warning: retraining: what happened`; as JSON, one object a line:
/// `{"time","level","origin","message"}`. Control characters in origin and text are escaped, so
/// that each message is one line; passwords of URLs are hidden. Thread-safe.
class Log final : public LogSink {
 public:
  /// The terminal must outlive the log.
  Log(Terminal& terminal, LogFormat format, LogLevel least);
  ~Log() override;

  void log(LogLevel level, std::string_view origin, std::string_view text) override;

  /// Shown whatever the level is; several lines stay several lines. In JSON it is a message of
  /// level info.
  bool tell_all(std::span<const std::string> texts) override;

  /// As log(), for a message that has a form of its own, such as `FILE:LINE: …`: as text it has no
  /// level and no origin before it.
  void say(LogLevel level, std::string_view origin, std::string_view text);

  bool shows(LogLevel level) const { return level >= least_; }

  /// What log() would write, newline included.
  std::string line(LogLevel level, std::string_view origin, std::string_view text) const;

 private:
  class Sink;

  const LogFormat format_;
  const LogLevel least_;
  Terminal& terminal_;
  const std::unique_ptr<Sink> sink_;
};

/// Logs the error. The exit code of a command that it ends.
int failed(const Error& error, Log& log);

/// The exit code of a command that ends with this; an error is logged.
int ended(const Result<void>& result, Log& log);

}  // namespace mlmon
