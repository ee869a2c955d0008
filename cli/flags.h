#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/text/suggest.h"
#include "core/text/wording.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace mlmon {

/// What somebody typed, as it stands in a message.
std::string typed(std::string_view word);

/// "expected WHAT, got FOUND".
Error expected(const std::string& what, const std::string& found);

bool looks_like_flag(const std::string& argument);

/// The flags of one command. `names` are as "-c,--config". What is read goes to the given places.
class Flags {
 public:
  using Reader = std::function<Result<void>(const std::string&)>;

  Flags();
  ~Flags();

  void on(const std::string& names, bool& into);
  void count(const std::string& names, int& into);
  void value(const std::string& names, Reader reader);

  /// `into`: a string, or an optional one.
  template <class T>
  void text(const std::string& names, T& into) {
    value(names,
          [&into](const std::string& text) -> Result<void> { return into = text, Result<void>(); });
  }

  /// The same for a path, which is not empty.
  template <class T>
  void path(const std::string& names, T& into) {
    value(names, [&into](const std::string& text) -> Result<void> {
      if (text.empty()) return expected("a path", text);
      return into = text, Result<void>();
    });
  }

  void texts(const std::string& names, std::vector<std::string>& into);
  void duration(const std::string& names, std::int64_t& into);

  template <class T>
  void choice(const std::string& names, T& into, std::vector<std::pair<std::string, T>> choices) {
    value(names, [&into, choices = std::move(choices)](const std::string& text) -> Result<void> {
      std::vector<std::string> words;
      for (const auto& [word, meaning] : choices) {
        if (text == word) return into = meaning, Result<void>();
        words.push_back(word);
      }
      return Error{expected(one_of(words), text).text + did_you_mean(text, words)};
    });
  }

  /// Reads the arguments and returns those that are no flags.
  Result<std::vector<std::string>> parse(const std::vector<std::string>& arguments);

  /// Help was asked for; then parse() has not complained of what it could read.
  bool help() const { return help_; }

 private:
  Error unknown(const std::string& flag) const;
  Error mismatch(const std::vector<std::string>& arguments) const;
  Result<void> store();

  const std::unique_ptr<CLI::App> app_;
  std::vector<std::pair<CLI::Option*, std::function<void(std::size_t)>>> switches_;
  std::vector<std::pair<CLI::Option*, Reader>> values_;
  bool help_ = false;
};

}  // namespace mlmon
