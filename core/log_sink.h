#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mlmon {

enum class LogLevel { kDebug = 1, kInfo = 2, kWarn = 3, kError = 4 };

/// Who hears what the core and its plugins have to tell to the person who runs them. The program decides
/// where that goes. Called from any thread.
class LogSink {
 public:
  virtual ~LogSink() = default;

  /// `origin`: the observer, receiver or part that speaks, or empty.
  virtual void log(LogLevel level, std::string_view origin, std::string_view text) = 0;

  /// Texts meant for the person as they stand, such as alerts, written together; each may have several lines.
  /// False: they could not be written, or not all of them.
  virtual bool tell_all(std::span<const std::string> texts) = 0;

  bool tell(std::string text) { return tell_all({&text, 1}); }
};

}  // namespace mlmon
