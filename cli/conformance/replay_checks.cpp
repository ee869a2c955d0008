#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "cli/conformance/observer_checks.h"
#include "core/action/plugin_members.h"

namespace mlmon {
namespace {

constexpr std::uint32_t kReplayEvents = 2'000;
constexpr std::uint32_t kReplayAtOnce = 64;
constexpr std::uint32_t kLostEvents = 100;  // events behind the last checkpoint

/// Made-up events among which the jobs end that the observer asked for, so that it may ask again.
std::vector<std::string> lines_for(const Subject& subject) {
  const std::vector<std::string> lines = event_lines(subject, kReplayEvents);
  const Record first = record_apart(
      subject,
      [&] {
        EventSupply events(lines, subject.types);
        ObserverTrial trial(*subject.item, subject.config, events);
        trial.live(kReplayAtOnce);
        return Record{"", trial.decisions, {}};
      },
      "jobs");
  return with_ends(lines, first.decisions);
}

/// `world`: the folder in which it lives.
Record record_life(const Subject& subject, const std::vector<std::string>& lines, std::uint32_t size,
            const std::string& world) {
  return record_apart(
      subject,
      [&] {
        EventSupply events(lines, subject.types);
        ObserverTrial trial(*subject.item, subject.config, events);
        std::string failure = failure_of(trial.live(size));
        return Record{std::move(failure), trial.decisions, trial.state, untried(trial, events)};
      },
      world);
}

Verdict repeated(const Subject& subject) {
  const std::vector<std::string> lines = lines_for(subject);
  const Record one = record_life(subject, lines, kReplayAtOnce, "one");
  if (!one.failure.empty()) return Verdict::failed(one.failure);
  if (!one.untried.empty()) return not_tried(one.untried);
  const Record other = record_life(subject, lines, kReplayAtOnce, "other");
  if (std::string found = difference(one, other, "a second time"); !found.empty()) {
    return Verdict::failed(found);
  }
  return Verdict::ok(fmt::format("{} decisions", one.decisions.size()));
}

Verdict batches(const Subject& subject) {
  const std::vector<std::string> lines = lines_for(subject);
  const Record one = record_life(subject, lines, 1, "1");
  if (!one.failure.empty()) return Verdict::failed(one.failure);
  bool tried = one.untried.empty();
  for (const std::uint32_t size : {7u, 64u, 4096u}) {
    const Record other = record_life(subject, lines, size, std::to_string(size));
    if (!other.failure.empty()) return Verdict::failed(other.failure);
    const std::string found =
        difference(one, other, fmt::format("in batches of {} instead of 1", size));
    if (!found.empty()) return Verdict::failed(found);
    tried |= other.untried.empty();
  }
  return tried ? Verdict::ok() : not_tried(one.untried);
}

/// Only what `sel` names: the same decisions as when nothing else is in the batch.
Verdict selection(const Subject& subject) {
  EventSupply events(event_lines(subject, kReplayEvents), subject.types);
  std::vector<std::uint32_t> selected;
  for (std::uint32_t row = 1; row < kReplayAtOnce; row += row % 4 + 1) selected.push_back(row);
  const auto run = [&](bool alone) {
    ObserverTrial trial(*subject.item, subject.config, events);
    CallResult result = trial.create();
    for (std::uint32_t at = 0; at + kReplayAtOnce <= kReplayEvents && result.ok(); at += kReplayAtOnce) {
      BatchSlice slice{at, kReplayAtOnce, selected, 0, 0};
      if (!alone) result = trial.observe(slice);
      for (std::size_t i = 0; alone && i < selected.size() && result.ok(); ++i) {
        result = trial.feed(at + selected[i], at + selected[i] + 1, 1);
      }
    }
    trial.destroy();
    return Record{failure_of(result), trial.decisions, trial.state, untried(trial, events)};
  };
  const Record sparse = record_apart(
      subject, [&] { return run(false); }, "sparse");
  const Record alone = record_apart(
      subject, [&] { return run(true); }, "alone");
  if (!sparse.failure.empty()) return Verdict::failed(sparse.failure);
  if (!sparse.untried.empty()) return not_tried(sparse.untried);
  return Verdict::unless(difference(sparse, alone, "with the selected events alone"));
}

/// A run whose process ends after `end` events, those up to `committed` in a checkpoint; then
/// another process goes on from there, in which models have other handles.
Record interrupted(const Subject& subject, const std::vector<std::string>& lines,
                   std::uint32_t committed, std::uint32_t end) {
  const std::string world = std::to_string(end);
  Record first = record_apart(
      subject,
      [&] {
        EventSupply events(lines, subject.types);
        ObserverTrial trial(*subject.item, subject.config, events);
        CallResult result = trial.create();
        if (result.ok()) result = trial.feed(0, committed, kReplayAtOnce);
        const Record checkpoint{failure_of(result), trial.decisions, trial.state};
        if (result.ok()) trial.feed(committed, end, kReplayAtOnce);
        trial.abandon();
        return checkpoint;
      },
      world);
  if (!first.failure.empty()) return first;
  Record second = record_apart(
      subject,
      [&] {
        EventSupply events(lines, subject.types, 5);
        ObserverTrial trial(*subject.item, subject.config, events, {}, first.state);
        CallResult result = trial.create();
        if (result.ok()) result = trial.feed(committed, events.batch.rows(), kReplayAtOnce);
        if (result.ok()) result = trial.finish();
        trial.destroy();
        return Record{failure_of(result), trial.decisions, trial.state};
      },
      world);
  second.decisions.insert(second.decisions.begin(), first.decisions.begin(), first.decisions.end());
  return second;
}

/// After which of so many events to make the last checkpoint: primes, so that no period of a plugin's comes out even
/// at all of them.
std::array<std::uint32_t, 3> checkpoints_among(std::uint32_t events) {
  constexpr std::array<std::uint32_t, 3> kUsual = {67, 331, 1283};
  if (events > kUsual.back() + kLostEvents) return kUsual;
  return {events / 3, events / 2, events - events / 7};
}

Verdict go_on(const Subject& subject, std::uint32_t lost) {
  const std::vector<std::string> lines = lines_for(subject);
  const Record undisturbed = record_life(subject, lines, kReplayAtOnce, "undisturbed");
  if (!undisturbed.untried.empty()) return not_tried(undisturbed.untried);
  const auto events = static_cast<std::uint32_t>(lines.size());
  for (const std::uint32_t committed : checkpoints_among(events)) {
    const std::uint32_t end = std::min(committed + lost, events);
    const Record other = interrupted(subject, lines, committed, end);
    if (!other.failure.empty()) return Verdict::failed(other.failure);
    const std::string found = difference(undisturbed, other,
                                         fmt::format("after a restart at event {}{}", end,
                                                     lost > 0 ? ", the last ones replayed," : ""));
    if (!found.empty()) return Verdict::failed(found);
  }
  return Verdict::ok();
}

Verdict restart(const Subject& subject) { return go_on(subject, 0); }

Verdict replay(const Subject& subject) { return go_on(subject, kLostEvents); }

/// State of an older version comes as it was kept, and state that is none comes too.
Verdict migration(const Subject& subject) {
  const std::uint32_t version = subject.item->about.state_version;
  if (version == 0 || subject.item->observer.migrate == nullptr) {
    return Verdict::ok("there is no older version");
  }
  const std::vector<std::string> lines = event_lines(subject, kReplayEvents);
  KeptState kept = record_life(subject, lines, kReplayAtOnce, "before").state;
  for (const bool damaged : {false, true}) {
    for (auto& [at, value] : kept) {
      if (damaged) value = "no value of this plugin's";
    }
    if (damaged) kept[{"", "no key of this plugin's"}] = "";
    const Record record = record_apart(subject, [&] {
      EventSupply events(lines, subject.types);
      Manners manners;
      manners.migrate_from = version - 1;
      ObserverTrial trial(*subject.item, subject.config, events, manners, kept);
      return Record{breach_of(trial.live(kReplayAtOnce)), {}, {}};
    });
    if (!record.failure.empty()) return Verdict::failed(record.failure);
  }
  return Verdict::ok();
}

/// Asked after a restart it says one object or nothing, and decides and keeps nothing.
Verdict explanation(const Subject& subject) {
  if (subject.item->observer.explain == nullptr) return Verdict::ok("it does not say");
  const std::vector<std::string> lines = event_lines(subject, kReplayEvents);
  const KeptState kept = record_life(subject, lines, kReplayAtOnce, "before").state;
  const Record record = record_apart(subject, [&]() -> Record {
    EventSupply events(lines, subject.types);
    ObserverTrial trial(*subject.item, subject.config, events, {}, kept);
    CallResult result = trial.create();
    if (!result.ok()) return {failure_of(result), {}, {}};
    for (mlmon_model model = 1; model <= events.models.size(); ++model) {
      std::string said;
      result = trial.explain(model, said);
      const auto object = PluginMembers().read({said.data(), said.size()}, {});
      std::string wrong = failure_of(result);
      if (wrong.empty() && !object) wrong = "explain: " + object.error().text;
      if (wrong.empty()) wrong = trial.misuse;
      if (wrong.empty() && trial.state != kept) wrong = "explain changed what is kept";
      if (!wrong.empty()) return {wrong, {}, {}};
      if (!said.empty()) trial.decisions.push_back(said);
    }
    trial.destroy();
    return {"", trial.decisions, {}};
  });
  if (!record.failure.empty()) return Verdict::failed(record.failure);
  return Verdict::ok(record.decisions.empty() ? "it does not say" : "");
}

}  // namespace

std::vector<Check> replay_checks() {
  using enum Check::About;
  std::vector<std::string> alike = needs_decisions();
  alike.push_back("determinism.repeated");
  std::vector<std::string> any_split = alike;
  any_split.push_back("determinism.batches");
  std::vector<std::string> restarts = any_split;
  restarts.push_back("state.restart");
  return {
      {"determinism.repeated", "the same events give the same decisions", kObserver, repeated,
       needs_decisions()},
      {"determinism.batches", "in batches of any size", kObserver, batches, alike},
      {"determinism.selection", "as if what `sel` leaves out were not there", kObserver, selection,
       any_split},
      {"state.restart", "a new process goes on with what was kept", kObserver, restart, any_split},
      {"state.replay", "also from before the events that were seen last", kObserver, replay,
       restarts},
      {"state.migration", "older state is taken over, or refused with a text", kObserver, migration,
       any_split},
      {"state.explain", "it says how its rules stand as JSON, and decides nothing by that", kObserver,
       explanation, any_split},
  };
}

}  // namespace mlmon
