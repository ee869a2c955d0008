#include <utility>

#include "cli/subcommand.h"
#include "core/text/quantity.h"
#include "core/text/utf8.h"

namespace mlmon {
namespace {

using AlertsVerb = AlertsOptions::Verb;

/// A flag whose value is kept in the state: not empty, and text.
void add_text(Flags& flags, const char* name, std::string& into) {
  flags.value(name, [&into](const std::string& text) -> Result<void> {
    if (text.empty() || !is_utf8(text)) return expected("text in UTF-8, not empty", text);
    into = text;
    return {};
  });
}

Invocation parse_list(const std::vector<std::string>& arguments) {
  AlertsOptions options;
  Flags flags;
  add_state(flags, options.place);
  flags.text("--model", options.model);
  flags.on("--all", options.all);
  flags.on("--silences", options.silences);
  flags.on("--json", options.json);
  return finish("alerts list", flags, options, arguments,
                [&](const std::vector<std::string>& rest) -> Result<void> {
                  if (options.silences && (options.all || !options.model.empty())) {
                    return Error{"--silences goes with neither --all nor --model"};
                  }
                  return take_none(rest);
                });
}

Invocation parse_show(const std::vector<std::string>& arguments) {
  AlertsOptions options;
  options.verb = AlertsVerb::kShow;
  Flags flags;
  add_state(flags, options.place);
  flags.on("--json", options.json);
  return finish("alerts show", flags, options, arguments,
                [&](std::vector<std::string> rest) -> Result<void> {
                  if (rest.empty()) return Error{"expected the ID of an alert's action"};
                  options.id = rest[0];
                  rest.erase(rest.begin());
                  return take_none(rest);
                });
}

Result<void> check_silence(const AlertsOptions& options) {
  const std::pair<const char*, bool> needed[] = {{"--model", options.model.empty()},
                                                 {"--for", options.for_ns == 0},
                                                 {"--by", options.by.empty()},
                                                 {"--reason", options.reason.empty()}};
  std::string missing;
  for (const auto& [flag, is_missing] : needed) {
    if (is_missing) missing += (missing.empty() ? "" : ", ") + std::string(flag);
  }
  return missing.empty() ? Result<void>() : Error{"expected also " + missing};
}

Invocation parse_silence(const std::vector<std::string>& arguments) {
  AlertsOptions options;
  options.verb = AlertsVerb::kSilence;
  Flags flags;
  add_state(flags, options.place);
  add_text(flags, "--model", options.model);
  add_text(flags, "--rule", options.rule);
  add_text(flags, "--by", options.by);
  add_text(flags, "--reason", options.reason);
  flags.value("--for", [&](const std::string& text) -> Result<void> {
    const auto ns = parse_duration_ns(text);
    if (!ns || *ns == 0) return expected("a duration like 30m or 2h, more than 0s", text);
    options.for_ns = *ns;
    return {};
  });
  flags.on("--json", options.json);
  return finish("alerts silence", flags, options, arguments,
                [&](const std::vector<std::string>& rest) -> Result<void> {
                  if (const auto none = take_none(rest); !none) return none;
                  return check_silence(options);
                });
}

Invocation parse_unsilence(const std::vector<std::string>& arguments) {
  AlertsOptions options;
  options.verb = AlertsVerb::kUnsilence;
  Flags flags;
  add_state(flags, options.place);
  add_text(flags, "--model", options.model);
  add_text(flags, "--rule", options.rule);
  return finish("alerts unsilence", flags, options, arguments,
                [&](std::vector<std::string> rest) -> Result<void> {
                  if (!rest.empty()) {
                    options.id = rest[0];
                    rest.erase(rest.begin());
                  }
                  if (options.id.empty() == options.model.empty()) {
                    return Error{"expected either the ID of a silence or its --model"};
                  }
                  return take_none(rest);
                });
}

}  // namespace

Invocation parse_alerts(const std::vector<std::string>& arguments) {
  return parse_command("alerts",
                       {{"list", parse_list},
                        {"show", parse_show},
                        {"silence", parse_silence},
                        {"unsilence", parse_unsilence}},
                       arguments);
}

}  // namespace mlmon
