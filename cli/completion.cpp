#include "cli/completion.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "cli/help.h"
#include "cli/help_page.h"
#include "core/config/config_keys.h"

namespace mlmon {
namespace {

using Words = std::vector<std::string>;

Words split(std::string_view text, char at) {
  Words parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_command(const std::string& name) {
  const auto all = help_commands();
  return std::find(all.begin(), all.end(), name) != all.end();
}

/// The commands within one: "" has "run", "jobs"; "jobs" has "list", "show".
Words commands_of(const std::string& within) {
  Words names;
  for (const std::string_view command : help_commands()) {
    std::string_view rest = command;
    if (!within.empty()) {
      if (!rest.starts_with(within + " ")) continue;
      rest.remove_prefix(within.size() + 1);
    }
    if (!rest.empty() && rest.find(' ') == rest.npos) names.emplace_back(rest);
  }
  return names;
}

class Completer {
 public:
  Completer(const Words& words, CompletionNames& names) : words_(words), names_(names) {}

  Completion run() {
    std::size_t at = find_command();
    page_ = HelpPage::parse(help_text(command_));
    const std::string word = words_.back();
    if (at + 1 == words_.size() && !commands_of(command_).empty() && !word.starts_with('-')) {
      offer(commands_of(command_), "", word);
      return std::move(done_);
    }
    const std::optional<std::string> flag = flag_before();
    if (after_dashes_) {
      done_.files = Completion::Files::kFiles;  // of a command that is run
    } else if (flag) {
      offer_values(page_.flag(*flag)->argument(), "", word);
    } else if (word.starts_with('-')) {
      offer_flags(word);
    } else {
      offer_arguments(word);
    }
    return std::move(done_);
  }

 private:
  /// Reads the command; gives the index of the first word after it.
  std::size_t find_command() {
    std::size_t at = 0;
    while (at + 1 < words_.size()) {
      const std::string longer = command_.empty() ? words_[at] : command_ + " " + words_[at];
      if (!is_command(longer)) break;
      command_ = longer;
      ++at;
    }
    first_ = at;
    return at;
  }

  /// The flag whose value is being typed as a word of its own.
  std::optional<std::string> flag_before() {
    std::optional<std::string> flag;
    for (std::size_t i = first_; i + 1 < words_.size(); ++i) {
      if (flag) {
        flag.reset();
      } else if (words_[i] == "--") {
        after_dashes_ = true;
        return std::nullopt;
      } else if (const HelpEntry* entry = page_.flag(words_[i]); entry && !entry->argument().empty()) {
        flag = words_[i];
      }
    }
    return flag;
  }

  void offer(const Words& candidates, const std::string& before, const std::string& typed) {
    for (const std::string& candidate : candidates) {
      if (candidate.starts_with(typed)) done_.words.push_back(before + candidate);
    }
  }

  void offer_flags(const std::string& word) {
    const std::size_t equals = word.find('=');
    if (equals != word.npos) {
      const HelpEntry* entry = page_.flag(word.substr(0, equals));
      if (entry) {
        offer_values(entry->argument(), word.substr(0, equals + 1), word.substr(equals + 1));
      }
      return;
    }
    for (const HelpSection& section : page_.sections) {
      for (const HelpEntry& entry : section.entries) {
        if (entry.is_flag()) offer({entry.flags().back()}, "", word);
      }
    }
  }

  /// Values of a flag with such an argument, or arguments of a command.
  void offer_values(const std::string& what, const std::string& before, const std::string& typed) {
    using enum Completion::Files;
    if (what.find('|') != what.npos && what.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ%") == what.npos) {
      offer(split(what, '|'), before, typed);
    } else if (what == "GLOB" || what == "MODEL") {
      offer(names_.models(), before, typed);
    } else if (what.starts_with("FILE")) {
      done_.files = kFiles;
    } else if (what.starts_with("DIR")) {
      done_.files = kFolders;
    } else if (what == "OBSERVER" || (what == "NAME" && before.empty() && command_ == "why")) {
      offer(names_.observers(), before, typed);
    } else if (what == "KEY=VALUE") {
      offer_keys(before, typed);
    } else if (what == "STATUS") {
      offer({"queued", "claimed", "done", "failed", "cancelled"}, before, typed);
    }
  }

  void offer_keys(const std::string& before, const std::string& typed) {
    for (const ConfigKey& key : config_keys()) {
      if (key.table == "observers.NAME") continue;
      offer({std::string(key.table) + "." + std::string(key.name) + "="}, before, typed);
    }
    for (const std::string& observer : names_.observers()) {
      offer({"observers." + observer + "."}, before, typed);
    }
  }

  /// What the usage says behind the command: `[FILE|DIR|-]...`, `ID`, `[GLOB]`.
  void offer_arguments(const std::string& word) {
    std::string_view usage = page_.usage;
    usage.remove_prefix(std::min(usage.size(), usage.find(command_) + command_.size()));
    for (std::string what : split(usage, ' ')) {
      std::erase_if(what, [](char c) { return c == '[' || c == ']' || c == '.'; });
      if (what.starts_with("FILE") || what.find("FILE") != what.npos) {
        done_.files = Completion::Files::kFiles;
        if (what.starts_with("NAME")) offer(names_.plugins(), "", word);
      } else if (what.starts_with("ID")) {
        offer(command_.starts_with("jobs")     ? names_.jobs()
              : command_.starts_with("outbox") ? names_.deliveries()
                                               : names_.alerts(),
              "", word);
      } else {
        offer_values(what, "", word);
      }
    }
  }

  const Words& words_;
  CompletionNames& names_;
  std::string command_;
  std::size_t first_ = 0;
  bool after_dashes_ = false;
  HelpPage page_;
  Completion done_;
};

}  // namespace

Completion complete(const std::vector<std::string>& words, CompletionNames& names) {
  return Completer(words, names).run();
}

}  // namespace mlmon
