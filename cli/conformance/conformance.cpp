#include "cli/conformance/conformance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "cli/conformance/apart.h"
#include "cli/conformance/observer_checks.h"
#include "cli/conformance/plugin_schema.h"
#include "cli/plugin_loader.h"
#include "core/event/event_parser.h"
#include "core/plugin/plugin_path.h"

namespace mlmon {
namespace {

namespace fs = std::filesystem;
using SortedJson = nlohmann::json;

/// A folder for the checks to work in, gone with this object.
class WorkFolder {
 public:
  WorkFolder() {
    std::error_code failed;
    std::string path = (fs::temp_directory_path(failed) / "mlmon-check-XXXXXX").string();
    if (!failed && ::mkdtemp(path.data()) != nullptr) path_ = path;
  }
  ~WorkFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  /// A new empty folder in it.
  std::string next() {
    if (path_.empty()) return "";
    std::string folder = path_ + "/" + std::to_string(++made_);
    std::error_code failed;
    return fs::create_directory(folder, failed) ? folder : "";
  }

 private:
  std::string path_;
  int made_ = 0;
};

/// A class as the plugin describes it, as seen from a process that has not loaded it.
struct ClassSurvey {
  std::string id;
  bool observes = false, delivers = false;
};

std::string survey_text(const std::string& path) {
  SortedJson classes = SortedJson::array();
  const auto library = load_plugin(path);
  if (library) {
    for (const PluginClass& item : (*library)->classes()) {
      classes.push_back({item.about.id, item.observes(), item.delivers()});
    }
  }
  return classes.dump(-1, ' ', false, SortedJson::error_handler_t::replace);
}

/// Nothing if it cannot be loaded, or must not be.
std::vector<ClassSurvey> survey(const Subject& subject) {
  std::vector<ClassSurvey> classes;
  if (!check_plugin_file(subject.path)) return classes;
  const Apart apart = run_apart([&] { return survey_text(subject.path); }, subject.limit_ns);
  if (!apart.finished) return classes;
  for (const SortedJson& item : SortedJson::parse(apart.text)) classes.push_back({item[0], item[1], item[2]});
  return classes;
}

bool concerns(const Check& check, const ClassSurvey& item) {
  return check.about == Check::About::kClass ||
         (check.about == Check::About::kObserver && item.observes) ||
         (check.about == Check::About::kDelivery && item.delivers);
}

std::string with_defaults(const PluginClass& item, const std::string& own) {
  const Result<Schema> schema = schema_of(item);
  return schema ? schema->validate(own).json : own;
}

/// In the child.
std::string run_check(const Check& check, Subject subject, std::size_t class_index) {
  std::shared_ptr<const PluginLibrary> library;
  if (check.about != Check::About::kFile) {
    library = *load_plugin(subject.path);
    subject.item = &library->classes()[class_index];
    subject.config = with_defaults(*subject.item, subject.own);
    if (check.about == Check::About::kObserver) subject.types = foreign_types(subject);
  }
  const Verdict verdict = check.run(subject);
  return std::to_string(static_cast<int>(verdict.result)) + verdict.detail;
}

/// The checks of one file or class: each is left out when one that it needs was not passed.
class Round {
 public:
  Round(const ConformanceRequest& request, const std::function<void(const Finding&)>& found)
      : request_(request), found_(found) {
    for (const Check& check : all_checks()) needs_[check.name] = check.needs;
    for (const auto& [name, needs] : needs_) {
      if (is_chosen(name, request.only)) want(name);
    }
  }

  void run(const Check& check, Subject subject, std::size_t class_index, const std::string& id) {
    if (!wanted_.contains(check.name)) return;
    const Verdict verdict = verdict_of(check, std::move(subject), class_index);
    passed_[check.name] =
        verdict.result != Verdict::Result::kFailed && verdict.result != Verdict::Result::kSkipped;
    if (is_chosen(check.name, request_.only)) found_({check.name, id, verdict});
  }

  /// What holds of the file holds of each class of it.
  Round of_class() const { return *this; }

 private:
  /// It and what it needs, which is not told unless it was chosen too.
  void want(const std::string& name) {
    if (!wanted_.insert(name).second) return;
    for (const std::string& need : needs_[name]) want(need);
  }

  Verdict verdict_of(const Check& check, Subject subject, std::size_t class_index) {
    for (const std::string& need : check.needs) {
      if (!passed_[need]) return Verdict::skipped("needs " + need);
    }
    const Apart apart = run_apart([&] { return run_check(check, subject, class_index); },
                                  subject.limit_ns, subject.folder);
    if (!apart.finished) return Verdict::failed("the plugin " + apart.death);
    return {static_cast<Verdict::Result>(apart.text[0] - '0'), apart.text.substr(1)};
  }

  const ConformanceRequest& request_;
  const std::function<void(const Finding&)>& found_;
  std::map<std::string, std::vector<std::string>> needs_;
  std::set<std::string> wanted_;
  std::map<std::string, bool> passed_;
};

}  // namespace

std::vector<Check> all_checks() {
  std::vector<Check> all;
  for (const auto group :
       {file_checks, load_checks, descriptor_checks, schema_checks, create_checks, batch_checks,
        memory_checks, configuration_checks, service_checks, replay_checks, lifecycle_checks,
        host_checks, delivery_checks, speed_checks}) {
    for (Check& check : group()) all.push_back(std::move(check));
  }
  return all;
}

bool is_chosen(const std::string& name, const std::vector<std::string>& only) {
  return only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& chosen) {
           return name == chosen || name.starts_with(chosen + ".");
         });
}

Result<void> check_own_keys(const ConformanceRequest& request) {
  const auto first_mistake = [&]() -> std::string {
    const auto library = load_plugin(request.path);
    if (!library) return "";
    const Result<Schema> schema = schema_of((*library)->classes().front());
    return schema ? mistake_in(*schema, request.own) : "";
  };
  if (!check_plugin_file(request.path)) return {};
  const Apart apart = run_apart(first_mistake, request.limit_ns);
  if (apart.finished && !apart.text.empty()) return Error{apart.text};
  return {};
}

Result<void> check_lines(const ConformanceRequest& request) {
  const auto first_mistake = [&]() -> std::string {
    const auto library = load_plugin(request.path);
    if (!library || !(*library)->classes().front().observes()) return "";
    Subject subject;
    subject.item = &(*library)->classes().front();
    subject.config = with_defaults(*subject.item, request.own);
    subject.limit_ns = request.limit_ns;
    EventRules rules;
    rules.foreign_types = foreign_types(subject);
    EventParser parser(rules);
    Event event;
    BadLine bad;
    for (std::size_t i = 0; i < request.lines.size(); ++i) {
      if (parser.parse(request.lines[i], true, event, bad)) continue;
      return fmt::format("line {}: {}: {}", i + 1, to_string(bad.reason), bad.detail);
    }
    return "";
  };
  if (!check_plugin_file(request.path)) return {};
  const Apart apart = run_apart(first_mistake, request.limit_ns);
  if (apart.finished && !apart.text.empty()) return Error{apart.text};
  return {};
}

void check_conformance(const ConformanceRequest& request,
                       const std::function<void(const Finding&)>& found) {
  WorkFolder folder;
  const std::vector<Check> checks = all_checks();
  Subject subject;
  subject.path = request.path;
  subject.limit_ns = request.limit_ns;
  subject.lines = request.lines;
  Round file(request, found);
  const bool python = is_python_plugin(request.path);
  for (const Check& check : checks) {
    if (check.about != Check::About::kFile || python) continue;
    subject.folder = folder.next();
    file.run(check, subject, 0, "");
  }
  const std::vector<ClassSurvey> classes = survey(subject);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    Round round = file.of_class();
    subject.configured = i == 0 && request.configured;
    subject.own = subject.configured ? request.own : "{}";
    subject.may_deliver = !subject.configured || request.deliver;
    for (const Check& check : checks) {
      if (!concerns(check, classes[i]) || (python && is_chosen(check.name, {"hosts"}))) continue;
      subject.folder = subject.configured ? "" : folder.next();
      round.run(check, subject, i, classes[i].id);
    }
  }
}

}  // namespace mlmon
