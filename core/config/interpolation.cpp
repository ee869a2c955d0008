#include "core/config/interpolation.h"

#include <algorithm>
#include <cstdint>

#include "core/text/utf8.h"

namespace mlmon {
namespace {

constexpr std::size_t kMaxSecret = 1 << 20;
constexpr std::string_view kFile = "file:";

bool is_variable_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// Takes the variable that `inside` (between the braces) names.
Result<std::string> take_variable(std::string_view inside, const ConfigEnvironment& environment) {
  const std::size_t dash = inside.find(":-");
  const std::string name(inside.substr(0, dash));
  if (!is_variable_name(name)) {
    return Error{"expected the name of an environment variable in ${...}, got \"" + name +
                 "\" (write $${ for a literal ${)"};
  }
  auto value = environment.variable(name);
  if (dash != std::string_view::npos && (!value || value->empty())) {
    return std::string(inside.substr(dash + 2));
  }
  if (!value) {
    return Error{"environment variable " + name +
                 " is not set: expected a value, or a default as in ${" + name + ":-default}"};
  }
  if (!is_utf8(*value)) return Error{"environment variable " + name + ": expected UTF-8"};
  return std::move(*value);
}

Result<Interpolated> put_in_variables(std::string_view raw, const ConfigEnvironment& environment) {
  Interpolated done;
  std::string problems;
  while (!raw.empty()) {
    const std::size_t dollar = std::min(raw.find('$'), raw.size());
    done.text += raw.substr(0, dollar);
    raw.remove_prefix(dollar);
    if (raw.starts_with("$${")) {
      done.text += "${";
      raw.remove_prefix(3);
    } else if (raw.starts_with("${")) {
      const std::size_t end = raw.find('}');
      if (end == std::string_view::npos) return Error{"expected a } after ${, got none"};
      auto value = take_variable(raw.substr(2, end - 2), environment);
      if (value) {
        done.text += *value;
      } else {
        problems += (problems.empty() ? "" : "; ") + value.error().text;
      }
      done.secret = true;
      raw.remove_prefix(end + 1);
    } else if (!raw.empty()) {
      done.text += raw.front();
      raw.remove_prefix(1);
    }
  }
  if (!problems.empty()) return Error{problems};
  return done;
}

}  // namespace

Result<Interpolated> interpolate(std::string_view raw, const std::string& folder,
                                 const ConfigEnvironment& environment) {
  auto done = put_in_variables(raw, environment);
  if (!done || !raw.starts_with(kFile)) return done;

  const std::string path = path_from(folder, done->text.substr(kFile.size()), home_of(environment));
  // The file's name as it was written: what a variable holds is not shown.
  const std::string shown = "cannot read \"" + std::string(raw) + "\"";
  if (path.find('\0') != path.npos) return Error{"expected a path without NUL"}.in(shown);
  auto file = environment.read(path, kMaxSecret);
  if (!file) return file.error().in(shown);
  std::string& text = file->text;
  if (text.ends_with("\r\n")) {
    text.erase(text.size() - 2);
  } else if (text.ends_with('\n')) {
    text.pop_back();
  }
  if (!is_utf8(text)) return Error{"expected UTF-8"}.in(shown);
  return Interpolated{std::move(text), true};
}

std::string path_from(const std::string& folder, const std::string& path, const std::string& home) {
  if (!home.empty() && (path == "~" || path.starts_with("~/"))) return home + path.substr(1);
  if (folder.empty() || path.starts_with('/')) return path;
  return folder.ends_with('/') ? folder + path : folder + "/" + path;
}

std::string home_of(const ConfigEnvironment& environment) {
  std::string home = environment.variable("HOME").value_or("");
  while (home.size() > 1 && home.ends_with('/')) home.pop_back();
  return home;
}

}  // namespace mlmon
