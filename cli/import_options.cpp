#include <algorithm>
#include <array>
#include <string>

#include "cli/subcommand.h"
#include "core/import/cells.h"
#include "core/import/tool_time.h"

namespace mlmon {
namespace {

Result<std::pair<std::string, std::string>> read_pair(const std::string& text, const std::string& what) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos || equals == 0) return expected(what, text);
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

void add_pairs(Flags& flags, const std::string& names, const std::string& what,
               std::vector<std::pair<std::string, std::string>>& into) {
  flags.value(names, [what, &into](const std::string& text) -> Result<void> {
    auto pair = read_pair(text, what);
    if (!pair) return pair.error();
    into.push_back(std::move(*pair));
    return {};
  });
}

Result<void> read_time(const std::string& text, const std::string& or_else, std::optional<Instant>& into) {
  into = read_tool_time(text);
  if (!into) return expected("a time like 2026-01-31T08:00:00Z" + or_else, text);
  return {};
}

Result<void> read_at(const std::string& text, ImportOptions& options) {
  options.at_mtime = text == "mtime";
  options.given.at.reset();
  return options.at_mtime ? Result<void>() : read_time(text, " or mtime", options.given.at);
}

Result<void> read_delimiter(const std::string& text, char& into) {
  if (text == "tab" || text == "\\t") return into = '\t', Result<void>();
  const std::string_view never = "\"\r\n";
  if (text.size() != 1 || never.find(text[0]) != never.npos) return expected("one character, or tab", text);
  into = text[0];
  return {};
}

void add_common(Flags& flags, ImportOptions& options) {
  flags.text("--model", options.given.name);
  flags.text("--version", options.given.version);
  flags.value("--deployed-at", [&](const std::string& text) {
    return read_time(text, "", options.given.deployed_at);
  });
  flags.value("--at", [&](const std::string& text) { return read_at(text, options); });
  flags.value("--samples", [&](const std::string& text) -> Result<void> {
    options.given.samples = count_of(text);
    if (!options.given.samples) return expected("an integer from 0 to 9223372036854775807", text);
    return {};
  });
  add_pairs(flags, "--label", "K=V", options.given.labels);
  flags.text("-c,--config", options.config);
  flags.texts("--set", options.sets);
}

void add_evidently(Flags& flags, ImportChoices& choices) {
  flags.texts("--p-value", choices.p_value_methods);
  flags.texts("--distance", choices.distance_methods);
}

void add_delimiter(Flags& flags, ImportChoices& choices) {
  flags.value("--delimiter", [&](const std::string& text) { return read_delimiter(text, choices.delimiter); });
}

void add_nannyml(Flags& flags, ImportChoices& choices) {
  flags.choice<bool>("--period", choices.all_periods, {{"analysis", false}, {"all", true}});
  add_delimiter(flags, choices);
}

void add_alibi(Flags& flags, ImportChoices& choices) { flags.texts("--feature", choices.features); }

void add_mlflow(Flags& flags, ImportChoices& choices) { flags.text("--prefix", choices.prefix); }

void add_none(Flags&, ImportChoices&) {}

void add_csv(Flags& flags, ImportChoices& choices) {
  add_pairs(flags, "--map", "FIELD=COLUMN", choices.map);
  add_delimiter(flags, choices);
}

void add_json(Flags& flags, ImportChoices& choices) {
  add_pairs(flags, "--map", "FIELD=/POINTER", choices.map);
  flags.text("--each", choices.each);
}

Invocation parse_format(const std::string& format, void (*add_own)(Flags&, ImportChoices&),
                        const std::vector<std::string>& arguments) {
  ImportOptions options;
  options.format = format;
  Flags flags;
  add_common(flags, options);
  add_own(flags, options.choices);
  return finish("import", flags, options, arguments, [&](std::vector<std::string> rest) -> Result<void> {
    options.paths = std::move(rest);
    if (options.paths.empty()) options.paths.emplace_back("-");
    return {};
  });
}

}  // namespace

Invocation parse_import(const std::vector<std::string>& arguments) {
  static constexpr std::pair<const char*, void (*)(Flags&, ImportChoices&)> kFormats[] = {
      {"evidently", add_evidently}, {"nannyml", add_nannyml}, {"alibi", add_alibi},
      {"mlflow", add_mlflow},       {"sagemaker", add_none},  {"csv", add_csv},
      {"json", add_json}};
  std::vector<Command> commands;
  for (const auto& [name, add_own] : kFormats) {
    commands.push_back({name, [name = name, add_own = add_own](const std::vector<std::string>& rest) {
                          return parse_format(name, add_own, rest);
                        }});
  }
  return parse_command("import", commands, arguments);
}

}  // namespace mlmon
