#pragma once

#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "core/log_sink.h"

namespace mlmon {

/// Keeps all that was logged. Thread-safe.
class MemoryLog final : public LogSink {
 public:
  void log(LogLevel, std::string_view origin, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    text_.append(origin).append(": ").append(text).append("\n");
  }
  bool tell_all(std::span<const std::string> texts) override {
    for (const std::string& text : texts) log(LogLevel::kInfo, "tell", text);
    return true;
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

}  // namespace mlmon
