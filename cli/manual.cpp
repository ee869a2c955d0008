#include "cli/manual.h"

#include "cli/exit_code.h"
#include "cli/help.h"
#include "cli/help_page.h"
#include "cli/key_tables.h"

namespace mlmon {
namespace {

/// Text as roff takes it: nothing in it is a request or an escape.
std::string roff_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += "\\&";
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + roff_text(text) + "\\fR"; }

std::string head(const char* name, const char* section, const std::string& date,
                 const char* summary) {
  return std::string(".TH ") + name + " " + section + " " + date + " \"mlmon " MLMON_VERSION "\"\n" +
         ".SH NAME\n" + (section == std::string("1") ? "mlmon" : "mlmon.toml") + " \\- " + summary +
         "\n";
}

void add_paragraphs(std::string& out, const HelpPage& page) {
  for (const std::string& paragraph : page.paragraphs) out += ".PP\n" + roff_text(paragraph) + "\n";
}

void add_entries(std::string& out, const HelpPage& page) {
  for (const HelpSection& section : page.sections) {
    if (!section.title.empty()) out += ".PP\n" + roff_text(section.title) + ":\n";
    for (const HelpEntry& entry : section.entries) {
      if (entry.name == "-h, --help") continue;
      out += ".TP\n" + bold(entry.name) + "\n" + roff_text(entry.meaning) + "\n";
    }
  }
}

void add_example(std::string& out, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  out += ".PP\n.RS 4\n.nf\n";
  for (const std::string& line : lines) out += roff_text(line) + "\n";
  out += ".fi\n.RE\n";
}

void add_item(std::string& out, const std::string& name, const std::string& text) {
  out += ".TP\n" + bold(name) + "\n" + roff_text(text) + "\n";
}

void add_key(std::string& out, const KeyText& key) {
  std::string text = key.meaning;
  if (!key.type.empty()) text += (text.empty() ? "" : "; ") + key.type;
  if (!key.standard.empty()) text += "; default " + key.standard;
  add_item(out, key.name, text);
}

void add_key_list(std::string& out, const KeyTable& table) {
  out += ".SS " + roff_text(table.heading()) + "\n";
  if (!table.meaning.empty()) out += roff_text(table.meaning) + "\n";
  for (const KeyText& key : table.keys) add_key(out, key);
}

}  // namespace

std::string commands_manual(const std::string& date) {
  const HelpPage root = HelpPage::parse(help_text(""));
  std::string out = head("MLMON", "1", date, "watches monitoring events of machine-learning models");
  out += ".SH SYNOPSIS\n" + bold("mlmon") + " COMMAND [FLAGS]\n.SH DESCRIPTION\n";
  add_paragraphs(out, root);
  add_entries(out, root);
  out += ".SH COMMANDS\n";
  for (const std::string& command : help_commands()) {
    const HelpPage page = HelpPage::parse(help_text(command));
    out += ".SS \"" + roff_text(page.usage) + "\"\n";
    add_paragraphs(out, page);
    add_entries(out, page);
    add_example(out, page.example);
  }
  out += ".SH EXIT STATUS\n";
  for (const ExitMeaning& exit : kExitMeanings) {
    add_item(out, std::to_string(exit.code), exit.meaning);
  }
  out += ".SH ENVIRONMENT\n";
  add_item(out, "MLMON_STATE", "the state folder, unless --state names one");
  add_item(out, "MLMON_PLUGIN_PATH", "folders of plugins, separated by colons, after --plugin-dir");
  add_item(out, "MLMON_WORKER", "who claims jobs, unless --worker says so");
  add_item(out, "NO_COLOR", "no colours");
  out += ".SH FILES\n";
  add_item(out, "./mlmon.toml, $XDG_CONFIG_HOME/mlmon/mlmon.toml, /etc/mlmon/mlmon.toml",
           "the configuration: the first that is there, unless -c names one");
  add_item(out, "$STATE_DIRECTORY, $XDG_STATE_HOME/mlmon, ~/.local/state/mlmon",
           "state between runs: the first that is set");
  out += ".SH EXAMPLES\n";
  add_example(out, root.example);
  return out + ".SH SEE ALSO\n\\fBmlmon.toml\\fR(5)\n";
}

std::string configuration_manual(const std::vector<AssembledObserver>& observers,
                                 const std::string& date) {
  std::string out = head("MLMON.TOML", "5", date, "configuration of mlmon");
  out += ".SH DESCRIPTION\n" +
         roff_text("What mlmon(1) does, in TOML. `mlmon config init` writes such a file with all keys as "
                 "comments, `mlmon check` says what is wrong with one, `mlmon config show` what is in "
                 "force. `--set KEY=VALUE` overrides one value.") +
         "\n.PP\n" +
         roff_text("${NAME} and ${NAME:-default} in a string take a variable of the environment, "
                 "file:PATH the content of a file: both are secrets and are shown nowhere. Relative "
                 "paths go from the folder of the file. Durations: 500ms 30s 5m 6h 7d; sizes: 64KiB "
                 "1MiB.") +
         "\n.PP\n" +
         roff_text("With any [observers.NAME] table exactly those observers run that the file names; "
                 "without one, retraining and alert.") +
         "\n.SH KEYS\n";
  for (const KeyTable& table : host_tables()) add_key_list(out, table);
  for (const AssembledObserver& observer : observers) {
    if (!observer.library) continue;
    const mlmon_class& about = observer.library->classes().front().about;
    out += ".SH \"KEYS OF THE PLUGIN " + roff_text(observer.config.plugin) + "\"\nThe plugin " +
           roff_text(observer.config.plugin) + " " + roff_text(about.summary) + ".\n";
    for (const KeyTable& table :
         plugin_tables(observer.config.name, about.config_schema ? about.config_schema : "{}")) {
      add_key_list(out, table);
    }
  }
  return out + ".SH SEE ALSO\n\\fBmlmon\\fR(1)\n";
}

}  // namespace mlmon
