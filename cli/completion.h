#pragma once

#include <string>
#include <vector>

namespace mlmon {

/// Names that a completion may offer, as the state and the plugin folders have them.
class CompletionNames {
 public:
  virtual ~CompletionNames() = default;
  virtual std::vector<std::string> models() = 0;
  virtual std::vector<std::string> jobs() = 0;
  virtual std::vector<std::string> deliveries() = 0;  // ids of actions in the outbox
  virtual std::vector<std::string> alerts() = 0;      // ids
  virtual std::vector<std::string> observers() = 0;
  virtual std::vector<std::string> plugins() = 0;
};

/// What may stand in place of the word that is being typed.
struct Completion {
  enum class Files { kNone, kFiles, kFolders };

  std::vector<std::string> words;  // each in place of the whole word, `--flag=` included
  Files files = Files::kNone;      // the shell is to offer these as well
};

/// Completes the last of the words of `mlmon WORDS...`. Knows of commands and flags what their help says.
Completion complete(const std::vector<std::string>& words, CompletionNames& names);

}  // namespace mlmon
