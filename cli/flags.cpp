#include "cli/flags.h"

#include <CLI/CLI.hpp>

#include "cli/terminal.h"
#include "core/text/quantity.h"

namespace mlmon {
namespace {

CLI::Option* add(CLI::Option* option) {
  return option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

std::string typed(std::string_view word) { return in_quotes(printable(word)); }

Error expected(const std::string& what, const std::string& found) {
  return {"expected " + what + ", got " + typed(found)};
}

bool looks_like_flag(const std::string& argument) {
  return argument.size() > 1 && argument[0] == '-';
}

Flags::Flags() : app_(std::make_unique<CLI::App>()) {
  app_->set_help_flag();
  app_->allow_extras();
  on("-h,--help", help_);
}

Flags::~Flags() = default;

void Flags::on(const std::string& names, bool& into) {
  CLI::Option* option = add(app_->add_flag(names)->disable_flag_override());
  switches_.push_back({option, [&into](std::size_t times) { into = times > 0; }});
}

void Flags::count(const std::string& names, int& into) {
  CLI::Option* option = add(app_->add_flag(names)->disable_flag_override());
  switches_.push_back({option, [&into](std::size_t times) { into = static_cast<int>(times); }});
}

void Flags::value(const std::string& names, Reader reader) {
  CLI::Option* option = add(app_->add_option(names)->allow_extra_args(false));
  values_.push_back({option, std::move(reader)});
}

void Flags::texts(const std::string& names, std::vector<std::string>& into) {
  value(names, [&into](const std::string& text) -> Result<void> {
    into.push_back(text);
    return {};
  });
}

void Flags::duration(const std::string& names, std::int64_t& into) {
  value(names, [&into](const std::string& text) -> Result<void> {
    const auto ns = parse_duration_ns(text);
    if (!ns) return expected("a duration like 500ms, 30s, 5m or 2h", text);
    into = *ns;
    return {};
  });
}

Result<std::vector<std::string>> Flags::parse(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    // CLI11 would take the next argument for the value.
    if (argument.starts_with("--") && argument.find('=') == argument.size() - 1) {
      return Error{argument.substr(0, argument.size() - 1) + ": expected a value"};
    }
  }
  try {
    app_->parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ArgumentMismatch&) {
    return mismatch(arguments);
  } catch (const CLI::Error& error) {
    return Error{printable(error.what())};
  }
  for (const auto& [option, take] : switches_) take(option->count());
  if (help_) return std::vector<std::string>();
  std::vector<std::string> rest;
  bool flags_ended = false;
  for (const std::string& argument : app_->remaining()) {
    if (!flags_ended && looks_like_flag(argument)) {
      if (argument != "--") return unknown(argument);
      flags_ended = true;
    } else {
      rest.push_back(argument);
    }
  }
  if (const auto stored = store(); !stored) return stored.error();
  return rest;
}

Result<void> Flags::store() {
  for (const auto& [option, read] : values_) {
    for (const std::string& text : option->results()) {
      if (const auto result = read(text); !result) return result.error().in(option->get_name());
    }
  }
  return {};
}

Error Flags::unknown(const std::string& flag) const {
  std::vector<std::string> names;
  for (const CLI::Option* option : app_->get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  const std::string name = flag.substr(0, flag.find('='));
  return {"unknown flag " + typed(name) + did_you_mean(name, names)};
}

/// A switch was given a value, or the last flag was not given one.
Error Flags::mismatch(const std::vector<std::string>& arguments) const {
  for (const std::string& argument : arguments) {
    const std::size_t end = argument.find('=');
    const std::string name = argument.substr(0, end);
    for (const auto& [option, take] : switches_) {
      if (end != std::string::npos && option->check_name(name)) return {name + ": takes no value"};
    }
  }
  return {printable(arguments.back()) + ": expected a value"};
}

}  // namespace mlmon
