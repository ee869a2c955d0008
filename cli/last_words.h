#pragma once

namespace mlmon {

/// While it lives, a plugin that crashes or calls exit() is named before it takes the process along: one
/// line `fatal: OBSERVER: SOURCE:FIRST-LAST: what` on stderr, and exit code 1. A crash outside of any call
/// into a plugin has its default effect. One a process.
class LastWords {
 public:
  LastWords();
  ~LastWords();
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;
};

}  // namespace mlmon
