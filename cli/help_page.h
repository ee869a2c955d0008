#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mlmon {

/// A line of a help that begins with a flag or a command, and what it means.
struct HelpEntry {
  std::string name;  // "-c, --config FILE", "jobs COMMAND"
  std::string meaning;

  bool is_flag() const { return name.starts_with('-'); }

  /// The names of a flag: "-c", "--config".
  std::vector<std::string> flags() const;

  /// What stands after the flag's names: "FILE", "none|alert|any"; empty: it takes no value.
  std::string argument() const;
};

struct HelpSection {
  std::string title;  // "Bad lines"; empty: the first, without one
  std::vector<HelpEntry> entries;
};

/// A help text taken apart: the manual and completions are made of the texts that --help shows. A text is
/// `Usage: …`, paragraphs, and sections of entries, whose meanings begin in column 28.
struct HelpPage {
  std::string usage;  // "mlmon run [FLAGS] [FILE|DIR|-]..."
  std::vector<std::string> paragraphs;
  std::vector<HelpSection> sections;
  std::vector<std::string> example;  // lines

  static HelpPage parse(std::string_view text);

  /// The entry that has a flag, or null.
  const HelpEntry* flag(std::string_view name) const;
};

}  // namespace mlmon
