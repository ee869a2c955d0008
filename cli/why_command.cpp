#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/log.h"
#include "cli/model_text.h"
#include "cli/setup.h"
#include "cli/standard_streams.h"
#include "cli/terminal.h"
#include "cli/why_text.h"
#include "core/config/config_environment.h"
#include "core/run/explain.h"
#include "core/store/overview.h"
#include "core/store/state_folder.h"
#include "core/store/state_schema.h"
#include "core/text/glob.h"
#include "core/text/suggest.h"
#include "core/text/wording.h"

namespace mlmon {
namespace {

using Json = nlohmann::ordered_json;

/// Asks observers about one deployment after the other.
class Asker {
 public:
  Asker(const WhyOptions& options, const std::vector<AssembledObserver>& observers, Overview& overview, Log& log)
      : options_(options), observers_(observers), overview_(overview), log_(log) {}

  Result<std::vector<WhyAnswer>> ask(const ModelStanding& model) {
    auto kept = overview_.kept(model.row);
    if (!kept) return kept.error();
    kept_.clear();
    for (KeptItem& item : *kept) kept_[item.observer].push_back(std::move(item));
    std::vector<WhyAnswer> answers;
    for (const AssembledObserver& observer : observers_) {
      if (!asked_for(observer.config.name)) continue;
      auto answer = ask(observer, model);
      if (!answer) return answer.error();
      answers.push_back(std::move(*answer));
    }
    for (const auto& [name, items] : kept_) {
      if (!asked_for(name) || is_configured(name)) continue;
      WhyAnswer answer;
      answer.observer = name;
      answer.instead = "is not among the observers that run: it is not configured, or disabled";
      if (auto shown = show_state(answer); !shown) return shown.error();
      if (!answer.kept.empty()) answers.push_back(std::move(answer));
    }
    return answers;
  }

  /// An observer could not be asked that runs.
  bool failed() const { return failed_; }

  /// All that a person may name: what runs, and what keeps anything of the model that was asked for last.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const AssembledObserver& observer : observers_) names.push_back(observer.config.name);
    for (const auto& [name, items] : kept_) {
      if (!is_configured(name)) names.push_back(name);
    }
    return names;
  }

 private:
  bool asked_for(const std::string& name) const { return !options_.observer || *options_.observer == name; }

  bool is_configured(const std::string& name) const {
    return std::any_of(observers_.begin(), observers_.end(),
                       [&](const AssembledObserver& one) { return one.config.name == name; });
  }

  Result<WhyAnswer> ask(const AssembledObserver& observer, const ModelStanding& model) {
    WhyAnswer answer;
    answer.observer = observer.config.name;
    if (observer.library) answer.class_id = observer.library->classes().front().about.id;
    if (!GlobList(observer.config.models).matches(model.name)) {
      answer.instead = "does not see this model: its `models` leave it out";
      return answer;
    }
    const std::uint32_t handle = models_.intern(model.name, model.version, model.deployed_at);
    ObserverState state;
    for (const KeptItem& item : kept_[answer.observer]) {
      state.load(item.of_model ? handle : 0, item.key, item.value);
    }
    Explained said = explain(observer, std::move(state), models_, handle, log_);
    answer.json = std::move(said.json);
    if (!answer.json.empty()) return with_closed_jobs(std::move(answer));
    answer.failed = !said.failure.empty();
    answer.instead = answer.failed ? "cannot be asked: " + said.failure : "does not say how its rules stand";
    failed_ |= answer.failed;
    if (const auto shown = show_state(answer); !shown) return shown.error();
    return answer;
  }

  /// A job may have been closed since the observer last heard of anything.
  Result<WhyAnswer> with_closed_jobs(WhyAnswer answer) {
    const Json said = Json::parse(answer.json, nullptr, false);
    std::set<std::string> jobs;
    for (const Json& rule : said.value("rules", Json::array())) {
      if (rule.is_object() && rule.contains("after_job") && rule["after_job"].is_string()) {
        jobs.insert(rule["after_job"].get<std::string>());
      }
    }
    for (const std::string& job : jobs) {
      const auto status = overview_.closed_as(job);
      if (!status) return status.error();
      if (!status->empty()) answer.closed_jobs.emplace_back(job, *status);
    }
    return answer;
  }

  /// In place of an answer what the state has.
  Result<void> show_state(WhyAnswer& answer) {
    for (const KeptItem& item : kept_[answer.observer]) {
      if (item.of_model) answer.kept.emplace_back(item.key, item.value);
    }
    auto counters = overview_.counters(answer.observer);
    if (!counters) return counters.error();
    answer.counters = std::move(*counters);
    return {};
  }

  const WhyOptions& options_;
  const std::vector<AssembledObserver>& observers_;
  Overview& overview_;
  Log& log_;
  ModelTable models_;
  std::map<std::string, std::vector<KeptItem>> kept_;  // of one model, by observer
  bool failed_ = false;
};

/// What a person may have meant.
Error unknown_model(const WhyOptions& options, Overview& overview) {
  std::vector<std::string> names;
  bool matches = false;
  const auto listed = overview.names([&](std::string_view name) {
    matches |= glob_matches(options.model, name);
    names.emplace_back(name);
  });
  if (!listed) return listed.error();
  const std::string text = "no model is called " + in_quotes(printable(options.model));
  if (matches) return Error{text + ": expected one name, as `mlmon models list` shows them"};
  return Error{text + did_you_mean(options.model, names)};
}

int answer(const WhyOptions& options, const std::vector<AssembledObserver>& observers, Overview& overview,
           Log& log) {
  const auto models = overview.deployments(options.model);
  if (!models) return failed(models.error(), log);
  if (models->empty()) return failed(unknown_model(options, overview), log);
  Asker asker(options, observers, overview, log);
  std::string out;
  bool any = false;
  for (const ModelStanding& model : *models) {
    const auto answers = asker.ask(model);
    if (!answers) return failed(answers.error(), log);
    any |= !answers->empty();
    out += options.json ? why_json(model, *answers) : (out.empty() ? "" : "\n") + why_text(model, *answers);
  }
  if (!any && options.observer) {
    log.log(LogLevel::kError, "", "no observer is called " + in_quotes(printable(*options.observer)) +
                                      did_you_mean(*options.observer, asker.names()));
    return kExitUsage;
  }
  if (!write_stdout(out)) return kExitFailed;
  return asker.failed() ? kExitFailed : kExitDone;
}

}  // namespace

int why_command(const WhyOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const std::optional<Setup> setup =
      set_up_to_ask(options.place.config, options.place.sets, options.plugin_dirs, log);
  if (!setup) return kExitUsage;
  const Result<std::string> folder =
      state_folder(options.place.state, setup->config.state.place(), SystemEnvironment());
  if (!folder) {
    log.log(LogLevel::kError, "", folder.error().text);
    return kExitUsage;
  }
  if (!holds_state(*folder)) {
    return failed({"no model is called " + in_quotes(printable(options.model)) + ": " + printable(*folder) +
                   " holds no state"}, log);
  }
  Result<Database> database = open_state_database(*folder, false);
  if (!database) return failed(database.error(), log);
  Overview overview(std::move(*database));
  return answer(options, setup->assembly.observers, overview, log);
}

}  // namespace mlmon
