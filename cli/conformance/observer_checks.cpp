#include "cli/conformance/observer_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/conformance/apart.h"
#include "cli/terminal.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

constexpr std::size_t kLongestShown = 200;

/// "alert low (firing) of fraud at line 65", or all of it.
std::string shown_decision(const std::vector<std::string>& decisions, std::size_t i, bool in_full) {
  if (i >= decisions.size()) return "missing";
  if (in_full) return printable(decisions[i], kLongestShown);
  const SortedJson decision = SortedJson::parse(decisions[i]);
  const std::string state = decision.value("state", "");
  return printable(fmt::format("{} {}{} of {} at line {}", decision.value("action", ""),
                               decision.value("rule", ""), state.empty() ? "" : " (" + state + ")",
                               decision["model"].value("name", ""), decision.value("line", 0)),
                   kLongestShown);
}

std::string shown_decision(const KeptState& state, const KeptState::key_type& at) {
  const auto found = state.find(at);
  return found != state.end() ? printable(found->second, kLongestShown) : "missing";
}

}  // namespace

std::vector<std::string> needs_instance() { return {"schema.configuration", "create.instance"}; }

std::vector<std::string> needs_decisions() {
  return {"schema.configuration", "create.instance",    "batches.ordinary", "memory.bounds",
          "memory.lifetime",      "decisions.accepted", "services.place",   "services.threads"};
}

std::vector<std::string> foreign_types(const Subject& subject) {
  EventTypes of_class;
  for (const std::string& type : subject.item->subscribes) of_class.intern(type);
  const Record instance = record_apart(subject, [&] {
    EventSupply events({}, {});
    ObserverTrial trial(*subject.item, subject.config, events);
    trial.create();
    std::vector<std::string> types = trial.foreign_types();
    trial.destroy();
    return Record{"", std::move(types), {}};
  });
  return instance.failure.empty() ? instance.decisions : of_class.foreign();
}

std::vector<std::string> event_lines(const Subject& subject, std::uint32_t count, std::uint32_t models) {
  if (subject.lines.empty()) return made_up_lines(count, subject.types, models);
  std::vector<std::string> lines;
  for (std::uint32_t i = 0; i < count; ++i) lines.push_back(subject.lines[i % subject.lines.size()]);
  return lines;
}

std::string untried(const ObserverTrial& trial, const EventSupply& events) {
  if (!trial.decisions.empty()) return "";
  const auto absent = [](const ProjectedColumn& column) {
    const auto all = [](const auto& values, auto is_absent) {
      return std::all_of(values.begin(), values.end(), is_absent);
    };
    return all(column.numbers, [](double x) { return x != x; }) &&
           all(column.integers, [](std::int64_t x) { return x == kAbsentInteger; }) &&
           all(column.text_off, [](std::uint32_t x) { return x == kAbsentText; });
  };
  const std::vector<ProjectedColumn>& columns = events.batch.projected.columns;
  if (!columns.empty() && std::all_of(columns.begin(), columns.end(), absent)) {
    return "no event has a field that it asked for";
  }
  return trial.state.empty() ? "it decided and kept nothing" : "it decided nothing";
}

Verdict not_tried(const std::string& why) {
  return Verdict::not_tried(why + " (--events FILE gives it events of its own, --set and -c its keys)");
}

std::string failure_of(const CallResult& result) {
  if (!result.wrong.empty()) return result.wrong;
  return result.code == MLMON_OK ? "" : result.text;
}

std::string breach_of(const CallResult& result) { return result.wrong; }

std::string Record::dump() const {
  SortedJson kept = SortedJson::array();
  for (const auto& [at, value] : state) kept.push_back({at.first, at.second, value});
  std::string bytes;  // CBOR: what is kept need not be UTF-8
  SortedJson::to_cbor({failure, decisions, kept, untried}, bytes);
  return bytes;
}

Record Record::parse(const std::string& text) {
  const SortedJson all = SortedJson::from_cbor(text);
  Record record{all[0], all[1], {}, all[3]};
  for (const SortedJson& item : all[2]) record.state[{item[0], item[1]}] = item[2];
  return record;
}

Record record_apart(const Subject& subject, const std::function<Record()>& work,
                    const std::string& folder) {
  std::string path;  // what the user configured may name files in the user's folder
  if (!subject.folder.empty() && !folder.empty()) {
    path = subject.folder + "/" + folder;
    std::error_code failed;
    std::filesystem::create_directory(path, failed);
  }
  const Apart apart = run_apart([&] { return work().dump(); }, subject.limit_ns / 2, path);
  if (!apart.finished) return {"the plugin " + apart.death};
  return Record::parse(apart.text);
}

/// As the host has them: actions in the order of the events, then what was emitted in that order.
Record in_order(Record record) {
  std::multimap<std::pair<bool, std::uint64_t>, std::string> ordered;
  for (std::string& decision : record.decisions) {
    const SortedJson json = SortedJson::parse(decision, nullptr, false);
    const bool emitted = json.value("action", "") == "emitted";
    ordered.emplace(std::pair(emitted, json.value("line", std::uint64_t{0})), std::move(decision));
  }
  record.decisions.clear();
  for (auto& [place, decision] : ordered) record.decisions.push_back(std::move(decision));
  return record;
}

std::string difference(const Record& unordered, const Record& unordered_other, const std::string& other_name) {
  const Record one = in_order(unordered), other = in_order(unordered_other);
  for (std::size_t i = 0; i < std::max(one.decisions.size(), other.decisions.size()); ++i) {
    if (i < one.decisions.size() && i < other.decisions.size() &&
        one.decisions[i] == other.decisions[i]) {
      continue;
    }
    const bool alike = shown_decision(one.decisions, i, false) == shown_decision(other.decisions, i, false);
    return fmt::format("decision {} is {}, and {} it is {}", i + 1, shown_decision(one.decisions, i, alike),
                       other_name, shown_decision(other.decisions, i, alike));
  }
  KeptState all = one.state;
  all.insert(other.state.begin(), other.state.end());
  for (const auto& [at, value] : all) {
    const std::string a = shown_decision(one.state, at), b = shown_decision(other.state, at);
    if (a == b) continue;
    return fmt::format("what is kept under {} is {}, and {} it is {}", printable(at.second), a,
                       other_name, b);
  }
  return "";
}

}  // namespace mlmon
