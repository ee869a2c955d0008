#include <algorithm>

#include "cli/subcommand.h"

namespace mlmon {
namespace {

Invocation parse_config_show(const std::vector<std::string>& arguments) {
  ConfigOptions options;
  Flags flags;
  flags.text("-c,--config", options.place.config);
  flags.texts("--set", options.place.sets);
  flags.text("--state", options.place.state);
  flags.texts("--plugin-dir", options.plugin_dirs);
  flags.on("--json", options.json);
  return finish("config show", flags, options, arguments, take_none);
}

Invocation parse_config_init(const std::vector<std::string>& arguments) {
  ConfigOptions options;
  options.verb = ConfigOptions::Verb::kInit;
  Flags flags;
  flags.texts("--plugin-dir", options.plugin_dirs);
  return finish("config init", flags, options, arguments,
                [&](std::vector<std::string> rest) -> Result<void> {
                  if (rest.empty()) return {};
                  if (rest[0].empty()) return Error{"expected a FILE, got \"\""};
                  options.file = rest[0];
                  rest.erase(rest.begin());
                  return take_none(rest);
                });
}

Invocation parse_models_verb(ModelsOptions::Verb verb, const std::string& name,
                             const std::vector<std::string>& arguments) {
  using Verb = ModelsOptions::Verb;
  ModelsOptions options;
  options.verb = verb;
  Flags flags;
  add_state(flags, options.place);
  if (verb != Verb::kForget) flags.on("--json", options.json);
  return finish("models " + name, flags, options, arguments,
                [&](std::vector<std::string> rest) -> Result<void> {
                  if (rest.empty() && verb == Verb::kList) return {};
                  if (rest.empty() || rest[0].empty()) {
                    return Error{"expected the name of a model, or a GLOB"};
                  }
                  options.model = rest[0];
                  rest.erase(rest.begin());
                  return take_none(rest);
                });
}

}  // namespace

Invocation parse_status(const std::vector<std::string>& arguments) {
  StatusOptions options;
  Flags flags;
  add_state(flags, options.place);
  flags.text("--model", options.model);
  flags.choice<StatusOptions::FailOn>("--fail-on", options.fail_on,
                                      {{"firing", {true, false, false}},
                                       {"job", {false, true, false}},
                                       {"silent", {false, false, true}},
                                       {"any", {true, true, true}}});
  flags.duration("--silent-after", options.silent_after_ns);
  flags.on("--json", options.json);
  return finish("status", flags, options, arguments, take_none);
}

Invocation parse_models(const std::vector<std::string>& arguments) {
  using Verb = ModelsOptions::Verb;
  std::vector<Command> commands;
  const std::pair<std::string, Verb> verbs[] = {
      {"list", Verb::kList}, {"show", Verb::kShow}, {"forget", Verb::kForget}};
  for (const auto& [name, verb] : verbs) {
    commands.push_back({name, [name = name, verb = verb](const std::vector<std::string>& rest) {
                          return parse_models_verb(verb, name, rest);
                        }});
  }
  return parse_command("models", commands, arguments);
}

Invocation parse_why(const std::vector<std::string>& arguments) {
  WhyOptions options;
  Flags flags;
  add_state(flags, options.place);
  flags.texts("--plugin-dir", options.plugin_dirs);
  flags.text("--observer", options.observer);
  flags.on("--json", options.json);
  return finish("why", flags, options, arguments,
                [&](std::vector<std::string> rest) -> Result<void> {
                  if (rest.empty() || rest[0].empty()) return Error{"expected the name of a MODEL"};
                  options.model = rest[0];
                  rest.erase(rest.begin());
                  return take_none(rest);
                });
}

Invocation parse_config(const std::vector<std::string>& arguments) {
  return parse_command("config", {{"show", parse_config_show}, {"init", parse_config_init}},
                       arguments);
}

Invocation parse_completion(const std::vector<std::string>& arguments) {
  CompletionOptions options;
  Flags flags;
  flags.text("--line", options.line);
  return finish("completion", flags, options, arguments,
                [&](std::vector<std::string> rest) -> Result<void> {
                  if (options.line && rest.empty()) return {};
                  const std::vector<std::string> shells = {"bash", "zsh", "fish"};
                  if (rest.empty()) return Error{"expected bash, zsh or fish"};
                  if (std::find(shells.begin(), shells.end(), rest[0]) == shells.end()) {
                    return Error{expected("bash, zsh or fish", rest[0]).text +
                                 did_you_mean(rest[0], shells)};
                  }
                  options.shell = rest[0];
                  rest.erase(rest.begin());
                  return take_none(rest);
                });
}

Invocation parse_doctor(const std::vector<std::string>& arguments) {
  DoctorOptions options;
  Flags flags;
  add_state(flags, options.place);
  flags.texts("--plugin-dir", options.plugin_dirs);
  flags.on("--online", options.online);
  flags.on("--json", options.json);
  return finish("doctor", flags, options, arguments, take_none);
}

Invocation parse_report(const std::vector<std::string>& arguments) {
  ReportOptions options;
  Flags flags;
  add_state(flags, options.place);
  flags.texts("--plugin-dir", options.plugin_dirs);
  flags.value("-o,--output", [&](const std::string& text) -> Result<void> {
    if (text.empty()) return expected("a file", text);
    options.output = text;
    return {};
  });
  flags.text("--model", options.model);
  return finish("report", flags, options, arguments,
                [&](std::vector<std::string> rest) -> Result<void> {
                  options.paths = std::move(rest);
                  return {};
                });
}

}  // namespace mlmon
