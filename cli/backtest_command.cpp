#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "cli/backtest_tally.h"
#include "cli/bad_line_report.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/model_text.h"
#include "cli/setup.h"
#include "cli/standard_streams.h"
#include "cli/text_table.h"
#include "core/input/input_paths.h"
#include "core/run/backtest.h"
#include "core/text/quantity.h"

namespace mlmon {
namespace {

using Json = nlohmann::ordered_json;

/// The retraining plugin takes a job for over after its job_timeout: so does a job that takes that long.
void end_jobs_after(AssembledObserver& observer, const BacktestOptions& options) {
  Json own = Json::parse(observer.own, nullptr, false);
  if (!own.is_object() || !own.contains("job_timeout") || !own["job_timeout"].is_string()) return;
  const auto configured = parse_duration_ns(own["job_timeout"].get<std::string>());
  if (configured && *configured > 0 && *configured < options.job_takes_ns) return;
  own["job_timeout"] = options.job_takes;
  observer.own = own.dump();
}

Json json_member(const std::string& json, const char* name) {
  const Json object = Json::parse(json, nullptr, false);
  return object.is_object() && object.contains(name) ? object[name] : Json();
}

/// Models in an order that does not depend on threads, each with its handle.
std::map<std::tuple<std::string, std::string, std::string>, std::uint32_t> in_order(
    const std::map<std::uint32_t, Decision>& by_model, const ModelTable& models) {
  std::map<std::tuple<std::string, std::string, std::string>, std::uint32_t> ordered;
  for (const auto& [handle, decision] : by_model) {
    const Model& model = models.at(handle);
    ordered.emplace(std::tuple(model.name, model.version, model.deployed_text), handle);
  }
  return ordered;
}

/// One `mlmon backtest`, from its options to its exit code.
class BacktestRun {
 public:
  explicit BacktestRun(const BacktestOptions& options)
      : options_(options), terminal_(2), log_(terminal_, LogFormat::kText, LogLevel::kWarn) {}

  int execute() {
    const Result<int> out = claim_stdout();
    if (!out) return refuse(out.error());
    if (!set_up_all()) return kExitUsage;
    const InputPaths inputs = expand_paths(options_.paths);
    for (const Error& error : inputs.errors) fail(error.text);
    Result<Wakeup> wakeup = Wakeup::open();
    if (!wakeup) return refuse(wakeup.error());
    return run(inputs, *wakeup, *out);
  }

 private:
  int refuse(const Error& error) {
    log_.log(LogLevel::kError, "", error.text);
    return kExitUsage;
  }

  void fail(const std::string& why) {
    log_.log(LogLevel::kError, "", why);
    failed_ = true;
  }

  /// One policy for each configuration. False: what is wrong has been told.
  bool set_up_all() {
    std::vector<std::optional<std::string>> files(options_.configs.begin(), options_.configs.end());
    if (files.empty()) files.emplace_back();
    for (const auto& file : files) {
      auto setup = set_up(file, options_.sets, options_.plugin_dirs, log_);
      if (!setup) return false;
      setups_.push_back(std::move(*setup));
      if (options_.job_takes_ns == 0) continue;
      for (AssembledObserver& observer : setups_.back().assembly.observers) {
        end_jobs_after(observer, options_);
      }
    }
    Config::Input first = setups_.front().config.input;
    for (Setup& setup : setups_) {
      setup.config.input.files = first.files;
      if (setup.config.input == first) continue;
      refuse({fmt::format("{}: [input] differs from that of {}: the events are read once for all policies",
                          name_of(setup), name_of(setups_.front()))});
      return false;
    }
    return true;
  }

  static std::string name_of(const Setup& setup) {
    return setup.config.file.empty() ? "built-in defaults" : setup.config.file;
  }

  /// Starts the observers of all policies. False: a plugin found its configuration wrong.
  bool start(const std::shared_ptr<EventWishes>& wishes, Wakeup& wakeup) {
    // First all types: those that only one policy has must not reach the observers of another.
    for (const Setup& setup : setups_) {
      for (const AssembledObserver& observer : setup.assembly.observers) {
        for (const std::string& type : observer.types) wishes->types().intern(type);
      }
    }
    const ObserverSurroundings surroundings{wishes, false, false, models_, log_, [&] { wakeup.wake(); }};
    for (const Setup& setup : setups_) {
      std::vector<ObserverState> states(setup.assembly.observers.size());
      policies_.push_back({name_of(setup),
                           start_observers(setup.assembly.observers, std::move(states), surroundings)});
      if (tell_config_errors(policies_.back().observers, log_)) return false;
    }
    return true;
  }

  int run(const InputPaths& inputs, Wakeup& wakeup, int out) {
    const auto wishes = std::make_shared<EventWishes>(event_rules(setups_.front().config.input));
    if (!start(wishes, wakeup)) return kExitUsage;
    const EventRules rules = wishes->rules();
    BadLineReport bad_lines(log_, nullptr);
    IntakeOptions intake_options;
    intake_options.paths = inputs.files;
    intake_options.rules = rules;
    intake_options.max_line = setups_.front().config.input.max_line;
    intake_options.threads =
        options_.threads > 0 ? options_.threads : std::max(1u, std::thread::hardware_concurrency());
    Intake intake(std::move(intake_options), models_, bad_lines, [&] { wakeup.wake(); });
    BacktestTally tally(policies_.size(), options_.diff);
    Backtest({intake, policies_, models_, rules, wakeup},
             [&](std::size_t policy, const Decision& decision) { tally.add(policy, decision); })
        .run();
    for (const Error& error : intake.errors()) fail(error.text);
    const std::vector<SourceCount> sources = intake.counts();
    bad_lines.finish(sources);
    std::uint64_t events = 0, bad = 0;
    for (const SourceCount& source : sources) {
      events += source.events;
      bad += source.bad;
    }
    for (const Policy& policy : policies_) tell_failures(policy);
    if (!write_stdout(options_.json ? as_json(tally) : as_text(tally), out)) return kExitFailed;
    if (failed_) return kExitFailed;
    return bad > 0 && events == 0 ? kExitBadLines : kExitDone;
  }

  void tell_failures(const Policy& policy) {
    for (const PipelineObserver& observer : policy.observers) {
      const std::string failure = observer.host ? observer.host->failure() : observer.failure;
      if (!failure.empty()) fail(fmt::format("{}: {}: {}", policy.name, observer.name, failure));
    }
  }

  /// Over all observers of a policy.
  static std::map<std::string, std::uint64_t> suppressed_by(const Policy& policy) {
    std::map<std::string, std::uint64_t> by_reason;
    for (const PipelineObserver& observer : policy.observers) {
      if (!observer.host) continue;
      const ObserverCounts counts = observer.host->counts();
      for (const auto& [why, count] : counts.suppressed_by.all()) by_reason[why] += count;
    }
    return by_reason;
  }

  std::string as_json(const BacktestTally& tally) const {
    std::string lines;
    const auto add = [&](const Json& json) {
      lines += json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    };
    for (std::size_t p = 0; p < policies_.size(); ++p) {
      const BacktestTally::PolicyCount& count = tally.counts()[p];
      Json json = {{"policy", policies_[p].name}, {"requests", count.requests},
                   {"alerts", count.alerts},      {"resolved", count.resolved},
                   {"suppressed", Json::object()}, {"first", Json::array()}};
      if (count.others > 0) json["other_actions"] = count.others;
      for (const auto& [why, times] : suppressed_by(policies_[p])) json["suppressed"][why] = times;
      for (const auto& [model, handle] : in_order(count.first, models_)) {
        const Decision& decision = count.first.at(handle);
        json["first"].push_back({{"model", json_member(decision.json, "model")},
                                 {"action", decision.type},
                                 {"rule", json_member(decision.json, "rule")},
                                 {"event_time", json_member(decision.json, "event_time")}});
      }
      add(json);
    }
    for (const auto& difference : tally.differences()) {
      add({{"only", deciders(difference)}, {"action", Json::parse(difference.json, nullptr, false)}});
    }
    return lines;
  }

  std::vector<std::string> deciders(const BacktestTally::Difference& difference) const {
    std::vector<std::string> names;
    for (std::size_t p = 0; p < policies_.size(); ++p) {
      if (difference.decided_by[p]) names.push_back(policies_[p].name);
    }
    return names;
  }

  std::string as_text(const BacktestTally& tally) const {
    TextTable policies({"<policy", ">requests", ">alerts", ">resolved", "<suppressed"});
    for (std::size_t p = 0; p < policies_.size(); ++p) {
      const BacktestTally::PolicyCount& count = tally.counts()[p];
      std::string suppressed;
      for (const auto& [why, times] : suppressed_by(policies_[p])) {
        suppressed += fmt::format("{}{} {}", suppressed.empty() ? "" : ", ", printable(why), grouped(times));
      }
      policies.add({printable(policies_[p].name), grouped(count.requests), grouped(count.alerts),
                    grouped(count.resolved), suppressed.empty() ? "-" : suppressed});
    }
    return policies.text("policy", TextTable::kAllRows) + first_actions(tally) + differences(tally);
  }

  /// A row for each model, a column for each policy.
  std::string first_actions(const BacktestTally& tally) const {
    std::map<std::tuple<std::string, std::string, std::string>, std::vector<std::string>> rows;
    for (std::size_t p = 0; p < policies_.size(); ++p) {
      const auto& first = tally.counts()[p].first;
      for (const auto& [model, handle] : in_order(first, models_)) {
        const Decision& decision = first.at(handle);
        std::vector<std::string>& cells = rows[model];
        cells.resize(policies_.size(), "-");
        cells[p] = json_member(decision.json, "event_time").get<std::string>() + " " + printable(decision.type);
      }
    }
    if (rows.empty()) return "";
    std::vector<std::string> headings = {"<first action of"};
    for (const Policy& policy : policies_) headings.push_back("<" + printable(policy.name));
    TextTable table(headings);
    for (auto& [model, cells] : rows) {
      const auto& [name, version, deployed_at] = model;
      cells.insert(cells.begin(), model_name(name, version, deployed_at));
      table.add(std::move(cells));
    }
    return "\n" + table.text("model", TextTable::kAllRows);
  }

  std::string differences(const BacktestTally& tally) const {
    if (!options_.diff) return "";
    std::string text;
    for (const auto& difference : tally.differences()) {
      text += fmt::format("{} only: {}\n", printable(fmt::format("{}", fmt::join(deciders(difference), ", "))),
                          printable(difference.json));
    }
    return text.empty() ? "\nall of them decide the same\n" : "\n" + text;
  }

  const BacktestOptions& options_;
  Terminal terminal_;
  Log log_;
  ModelTable models_;
  std::vector<Setup> setups_;
  std::vector<Policy> policies_;
  bool failed_ = false;
};

}  // namespace

int backtest_command(const BacktestOptions& options) { return BacktestRun(options).execute(); }

}  // namespace mlmon
