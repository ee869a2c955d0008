#include <filesystem>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/completion.h"
#include "cli/completion_scripts.h"
#include "cli/exit_code.h"
#include "cli/find_state.h"
#include "cli/setup.h"
#include "cli/standard_streams.h"
#include "cli/typed_line.h"
#include "core/plugin/plugin_path.h"
#include "core/store/query.h"
#include "core/store/state_folder.h"
#include "core/store/state_schema.h"

namespace mlmon {
namespace {

/// The words after `names` on a command line, or after `=`.
std::vector<std::string> values_of(const std::vector<std::string>& words,
                                   const std::vector<std::string>& names) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    for (const std::string& name : names) {
      if (words[i] == name) values.push_back(words[i + 1]);
      if (words[i].starts_with(name + "=")) values.push_back(words[i].substr(name.size() + 1));
    }
  }
  return values;
}

/// Names from the state folder that the command line means. Reads only; what cannot be read gives none.
class NamesOfState final : public CompletionNames {
 public:
  explicit NamesOfState(const std::vector<std::string>& words) : words_(words) {}

  std::vector<std::string> models() override { return ask("SELECT DISTINCT name FROM models"); }
  std::vector<std::string> jobs() override {
    return ask("SELECT id FROM jobs ORDER BY status IN ('queued', 'claimed') DESC, n DESC");
  }
  std::vector<std::string> deliveries() override {
    return ask("SELECT DISTINCT a.id FROM outbox o JOIN actions a ON a.n = o.action");
  }
  std::vector<std::string> alerts() override {
    return ask("SELECT a.id FROM alerts f JOIN actions a ON a.n = f.newest "
               "WHERE f.state IN ('firing', 'flapping')");
  }
  std::vector<std::string> observers() override { return ask("SELECT DISTINCT observer FROM state"); }
  std::vector<std::string> plugins() override {
    std::vector<std::string> names;
    for (const std::string& path : list_plugin_files(plugin_folders_of({}))) {
      names.push_back(std::filesystem::path(path).stem().string());
    }
    return names;
  }

 private:
  std::vector<std::string> ask(const char* sql) {
    Terminal terminal(2);
    Log log(terminal, LogFormat::kText, LogLevel::kError);
    StateOptions place;
    const auto files = values_of(words_, {"-c", "--config"}), states = values_of(words_, {"--state"});
    if (!files.empty()) place.config = files.back();
    if (!states.empty()) place.state = states.back();
    std::vector<std::string> names;
    const std::optional<std::string> folder = find_state(place, log);
    if (!folder || !holds_state(*folder)) return names;
    Result<Database> database = read_state_database(*folder);
    constexpr std::size_t kMost = 1000;  // nobody reads more
    if (!database) return names;
    const Result<void> asked = each_row_of(*database, sql, [&](const Statement& row) {
      if (names.size() < kMost) names.emplace_back(row.text(0));
    });
    if (!asked) log.log(LogLevel::kError, "", asked.error().text);
    return names;
  }

  const std::vector<std::string>& words_;
};

std::string answer_line(const std::string& line) {
  std::vector<std::string> words = typed_words(line);
  words.erase(words.begin());  // the program
  if (words.empty()) words.emplace_back();
  NamesOfState names(words);
  const Completion found = complete(words, names);
  std::string text = found.files == Completion::Files::kFiles     ? "files\n"
                     : found.files == Completion::Files::kFolders ? "folders\n"
                                                                  : "none\n";
  for (const std::string& word : found.words) {
    if (word.find('\n') == std::string::npos) text += word + "\n";
  }
  return text;
}

}  // namespace

int completion_command(const CompletionOptions& options) {
  const std::string text =
      options.line ? answer_line(*options.line) : std::string(completion_script(options.shell));
  return write_stdout(text) ? kExitDone : kExitFailed;
}

}  // namespace mlmon
