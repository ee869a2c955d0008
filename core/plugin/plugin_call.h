#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mlmon {

/// A call into a plugin on this thread, while the object lives. Whatever ends the process meanwhile can
/// name the plugin and what it was given: the text of place() is made beforehand, so that a signal handler
/// may read it.
class PluginCall {
 public:
  /// `who`: the observer, or OBSERVER.ENDPOINT. `what`: the function, or the place of the events.
  PluginCall(std::string_view who, std::string_view what);
  ~PluginCall();
  PluginCall(const PluginCall&) = delete;
  PluginCall& operator=(const PluginCall&) = delete;

  /// "WHO: WHAT"; ends with NUL.
  const char* place() const { return text_.data(); }

  /// The call that this thread is in; null: none. Safe in a signal handler.
  static const PluginCall* current();

  /// A call of any thread that has lasted longest, as text; empty: there is none. `seconds`: so long.
  static std::string oldest(std::int64_t& seconds);

 private:
  std::array<char, 512> text_;
  PluginCall* outer_;  // of this thread
  std::int64_t begun_ns_;
};

/// "SOURCE:FIRST-LAST", or "SOURCE:LINE" of one line; control characters are escaped.
std::string place_of_lines(const std::string& source, std::uint64_t first, std::uint64_t last);

}  // namespace mlmon
