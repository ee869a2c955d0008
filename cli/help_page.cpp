#include "cli/help_page.h"

#include <algorithm>

namespace mlmon {
namespace {

constexpr std::size_t kMeaning = 27;  // the column where meanings begin

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == text.npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(' ') + 1 - first));
}

/// The name of an entry, then its meaning: two blanks lie between them, or a line ends.
HelpEntry entry_of(const std::string& line) {
  const std::size_t begin = line.find_first_not_of(' ');
  const std::size_t gap = line.find("  ", begin);
  if (gap != line.npos && line.size() > kMeaning) {
    return {trimmed(line.substr(0, gap)), trimmed(line.substr(gap))};
  }
  if (line.size() > kMeaning && begin < kMeaning && line[kMeaning - 1] == ' ') {
    return {trimmed(line.substr(0, kMeaning)), trimmed(line.substr(kMeaning))};
  }
  return {trimmed(line), ""};
}

bool is_blank(const std::string& line) { return line.find_first_not_of(' ') == line.npos; }
bool is_indented(const std::string& line) { return line.starts_with("  "); }

class Parser {
 public:
  explicit Parser(std::string_view text) : lines_(lines_of(text)) {}

  HelpPage run() {
    for (; at_ < lines_.size(); ++at_) {
      const std::string& line = lines_[at_];
      if (is_blank(line)) {
        in_paragraph_ = false;
      } else if (line.starts_with("Usage: ")) {
        page_.usage = line.substr(7);
      } else if (is_indented(line)) {
        add_indented(line);
      } else if (at_ + 1 < lines_.size() && is_indented(lines_[at_ + 1])) {
        in_example_ = line == "Example";
        if (!in_example_) page_.sections.push_back({line, {}});
      } else {
        add_text(line);
      }
    }
    return std::move(page_);
  }

 private:
  void add_text(const std::string& line) {
    if (in_paragraph_) {
      page_.paragraphs.back() += " " + line;
    } else {
      page_.paragraphs.push_back(line);
    }
    in_paragraph_ = true;
  }

  void add_indented(const std::string& line) {
    if (in_example_) return page_.example.push_back(trimmed(line));
    if (page_.sections.empty()) page_.sections.push_back({"", {}});
    std::vector<HelpEntry>& entries = page_.sections.back().entries;
    if (!entries.empty() && line.find_first_not_of(' ') >= kMeaning) {
      std::string& meaning = entries.back().meaning;
      meaning += (meaning.empty() ? "" : " ") + trimmed(line);
    } else {
      entries.push_back(entry_of(line));
    }
  }

  const std::vector<std::string> lines_;
  std::size_t at_ = 0;
  bool in_paragraph_ = false;
  bool in_example_ = false;
  HelpPage page_;
};

}  // namespace

std::vector<std::string> HelpEntry::flags() const {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < name.size() && name[at] == '-';) {
    const std::size_t end = std::min(name.find_first_of(", ", at), name.size());
    names.push_back(name.substr(at, end - at));
    at = std::min(name.find_first_not_of(", ", end), name.size());
  }
  return names;
}

std::string HelpEntry::argument() const {
  const std::vector<std::string> names = flags();
  if (names.empty()) return "";
  const std::size_t end = name.rfind(names.back()) + names.back().size();
  return end < name.size() ? name.substr(end + 1) : "";
}

HelpPage HelpPage::parse(std::string_view text) { return Parser(text).run(); }

const HelpEntry* HelpPage::flag(std::string_view name) const {
  for (const HelpSection& section : sections) {
    for (const HelpEntry& entry : section.entries) {
      const auto names = entry.flags();
      if (std::find(names.begin(), names.end(), name) != names.end()) return &entry;
    }
  }
  return nullptr;
}

}  // namespace mlmon
