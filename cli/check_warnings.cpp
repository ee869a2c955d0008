#include "cli/check_warnings.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "cli/dead_ends.h"
#include "cli/endpoint_tables.h"
#include "cli/terminal.h"
#include "core/store/state_folder.h"
#include "core/store/state_schema.h"
#include "core/text/glob.h"
#include "core/text/wording.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

std::vector<SortedJson> tables_of(const std::string& keys, const char* name) {
  return tables_in(SortedJson::parse(keys, nullptr, false), name);
}

bool is_program(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0;
}

/// As execvp(3) looks for it.
bool can_be_run(const std::string& word) {
  if (word.find('/') != std::string::npos) return is_program(word);
  const char* given = std::getenv("PATH");
  std::string_view folders = given != nullptr ? given : "/bin:/usr/bin";
  for (;;) {
    const std::size_t colon = std::min(folders.find(':'), folders.size());
    const std::string folder(folders.substr(0, colon));
    if (is_program((folder.empty() ? "." : folder) + "/" + word)) return true;
    if (colon == folders.size()) return false;
    folders.remove_prefix(colon + 1);
  }
}

void add_commands(const AssembledObserver& observer, const char* key,
                  std::vector<std::string>& warnings) {
  const std::vector<SortedJson> endpoints = tables_of(observer.own, key);
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const SortedJson command = endpoints[i].value("command", SortedJson());
    if (!command.is_array() || command.empty() || !command[0].is_string()) continue;
    const std::string word = command[0].get<std::string>();
    if (can_be_run(word)) continue;
    warnings.push_back(fmt::format("observers.{}.{}[{}].command: there is no program {} now",
                                   observer.config.name, key, i, in_quotes(printable(word))));
  }
}

std::vector<GlobList> target_lists(const AssembledObserver& observer) {
  std::vector<GlobList> lists;
  for (const SortedJson& target : tables_of(observer.given, "targets")) {
    lists.emplace_back(models_of(target));
  }
  return lists;
}

/// The names of all models in the state, each once.
std::set<std::string> names_in(const std::string& state_folder) {
  std::set<std::string> names;
  if (!holds_state(state_folder)) return names;
  Result<Database> database = read_state_database(state_folder);
  if (!database) return names;
  Result<Statement> select = database->prepare("SELECT DISTINCT name FROM models");
  if (!select) return names;
  for (Result<bool> row = select->step(); row && *row; row = select->step()) {
    names.emplace(select->text(0));
  }
  return names;
}

/// Globs that match none of the names.
void add_idle_globs(const std::string& place, const std::vector<std::string>& globs,
                    const std::set<std::string>& names, std::vector<std::string>& warnings) {
  for (const std::string& glob : globs) {
    const std::string_view pattern = std::string_view(glob).substr(glob.starts_with('!') ? 1 : 0);
    const auto matches = [&](const std::string& name) { return glob_matches(pattern, name); };
    if (std::any_of(names.begin(), names.end(), matches)) continue;
    warnings.push_back(fmt::format("{}.models: {} matches no model in the state", place,
                                   in_quotes(printable(glob))));
  }
}

void add_all_idle_globs(const AssembledObserver& observer, const std::set<std::string>& names,
                        std::vector<std::string>& warnings) {
  if (names.empty()) return;  // nothing is known yet
  const std::string place = "observers." + observer.config.name;
  add_idle_globs(place, observer.config.models, names, warnings);
  if (!has_known_rules(observer)) return;
  for (const char* key : {"rules", "targets", "receivers"}) {
    const std::vector<SortedJson> all = tables_of(observer.given, key);
    for (std::size_t i = 0; i < all.size(); ++i) {
      add_idle_globs(fmt::format("{}.{}[{}]", place, key, i), models_of(all[i]), names, warnings);
    }
  }
}

}  // namespace

std::vector<std::string> warnings_of(const AssembledObserver& observer, const std::string& state_folder) {
  std::vector<std::string> warnings;
  for (const char* key : {"targets", "receivers"}) add_commands(observer, key, warnings);
  for (std::string& dead_end : dead_ends_of(observer)) warnings.push_back(printable(dead_end));
  add_all_idle_globs(observer, names_in(state_folder), warnings);
  return warnings;
}

std::vector<std::string> target_globs(const AssembledObserver& observer) {
  std::vector<std::string> globs;
  for (const SortedJson& target : tables_of(observer.given, "targets")) {
    const std::vector<std::string> models = models_of(target);
    if (GlobList(models).matches_everything()) return {};
    globs.insert(globs.end(), models.begin(), models.end());
  }
  return globs;
}

std::vector<std::string> models_without_target(const AssembledObserver& observer,
                                               const std::string& state_folder) {
  std::vector<std::string> found;
  const std::vector<GlobList> lists = target_lists(observer);
  const GlobList own(observer.config.models);
  for (const std::string& name : names_in(state_folder)) {
    const auto takes = [&](const GlobList& list) { return list.matches(name); };
    if (own.matches(name) && std::none_of(lists.begin(), lists.end(), takes)) found.push_back(name);
  }
  return found;
}

}  // namespace mlmon
