#pragma once

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

  /// Text meant for the person as it stands, such as an alert; may have several lines. False: it could not be
  /// written.
  virtual bool tell(std::string_view text) = 0;
};

}  // namespace mlmon
