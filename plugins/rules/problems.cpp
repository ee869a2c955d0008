#include "plugins/rules/problems.h"

namespace mlmon::rules {

void Problems::add(const std::string& path, const std::string& text) {
  add_line(path + ": " + text);
}

void Problems::add_line(const std::string& line) {
  if (!lines_.empty()) lines_ += '\n';
  lines_ += line;
}

void Problems::throw_any() const {
  if (!lines_.empty()) throw config_error(lines_);
}

}  // namespace mlmon::rules
