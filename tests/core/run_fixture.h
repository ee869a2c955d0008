#pragma once

#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/run/engine.h"
#include "core/store/sql_store.h"
#include "tests/core/event_lines.h"
#include "tests/core/memory_log.h"
#include "tests/core/test_state.h"

namespace mlmon {

// A run in the process of the test: everything but the plugins is real or in memory. The plugins
// are those of tests/bad_plugins, where `well_behaved` alerts at every event whose f1 is below 0.5.

inline std::string bad_plugin(const std::string& name) {
  return std::string(MLMON_BAD_PLUGINS) + "/" + name + ".so";
}

/// One of tests/good_plugins.
inline std::string good_plugin(const std::string& name) {
  return std::string(MLMON_GOOD_PLUGINS) + "/" + name + ".so";
}

inline std::shared_ptr<const PluginLibrary> load_bad_plugin(const std::string& name) {
  auto library = PluginLibrary::load(bad_plugin(name), "0.0.0");
  if (!library) throw std::runtime_error(library.error().text);
  return *library;
}

/// A folder that is gone at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "mlmon-test-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = path;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

 private:
  std::string path_;
};

/// Time stands still until it is set.
class FakeClock final : public Clock {
 public:
  std::int64_t now_ns() const override { return ns.load(); }
  std::int64_t monotonic_ns() const override { return ns.load(); }
  std::atomic<std::int64_t> ns{1'800'000'000'000'000'000};
};

/// For the few tests in which something must become due.
class RealClock final : public Clock {
 public:
  std::int64_t now_ns() const override { return monotonic_ns(); }
  std::int64_t monotonic_ns() const override {
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  }
};

class MemoryOutput final : public Output {
 public:
  Result<void> write(std::string_view text) override {
    if (++writes >= fail_from) return Error{"the output is full"};
    if (on_write) on_write();
    lines.append(text);
    return {};
  }
  std::string lines;
  std::uint64_t writes = 0;
  std::uint64_t fail_from = ~std::uint64_t{0};
  std::function<void()> on_write;
};

struct ReportedBadLine {
  std::string source;
  std::uint64_t line, offset;
  std::string reason, detail, raw;
};

class BadLineList final : public BadLineReporter {
 public:
  bool wants(BadReason) override { return wanted; }
  void report(const std::string& source, std::uint64_t line, std::uint64_t offset,
              const BadLine& bad, std::string_view raw) override {
    lines.push_back(
        {source, line, offset, std::string(to_string(bad.reason)), bad.detail, std::string(raw)});
  }
  bool wanted = true;
  std::vector<ReportedBadLine> lines;
};

/// A store that fails at will, in front of a real one.
class FailingStore final : public Store {
 public:
  FailingStore() { become(open_test_store()); }
  explicit FailingStore(const std::string& folder) { become(open_store_at(place_of_folder(folder))); }

  Result<std::vector<KnownSource>> sources_like(const Fingerprint& head) override {
    return store_->sources_like(head);
  }
  Result<std::vector<std::uint64_t>> head_sizes() override { return store_->head_sizes(); }
  Result<std::vector<KnownSource>> sources_beginning_with(std::string_view text) override {
    return store_->sources_beginning_with(text);
  }
  Result<std::vector<KnownSource>> named_sources() override { return store_->named_sources(); }
  Result<void> rename_source(std::int64_t row, std::string_view path) override {
    return store_->rename_source(row, path);
  }
  Result<void> load_state(const std::string& observer, ModelTable& models, std::int64_t partition,
                          const std::function<void(std::uint32_t, std::string_view,
                                                   std::string_view)>& visit) override {
    return store_->load_state(observer, models, partition, visit);
  }
  Result<void> load_newest(
      ModelTable& models, std::int64_t partition,
      const std::function<void(std::uint32_t, std::int64_t, std::int64_t)>& visit) override {
    return store_->load_newest(models, partition, visit);
  }
  bool is_shared() const override { return store_->is_shared(); }
  Result<std::vector<ClaimedPartition>> claim(const std::vector<KnownSource>& partitions) override {
    return store_->claim(partitions);
  }
  Result<void> let_go(const std::vector<std::int64_t>& rows, std::int64_t written) override {
    return store_->let_go(rows, written);
  }
  Result<Committed> commit(const Checkpoint& checkpoint, const ModelTable& models) override {
    commit_sizes.push_back(checkpoint.actions.size());
    if (on_commit) on_commit();
    if (commit_sizes.size() >= fail_commits_from) return Error{"the store is full"};
    return store_->commit(checkpoint, models);
  }
  Result<std::vector<DueLine>> unwritten(std::int64_t after, std::size_t limit) override {
    return store_->unwritten(after, limit);
  }
  Result<std::int64_t> written() override { return store_->written(); }
  Result<std::optional<OutputPlace>> output_place(std::uint64_t device,
                                                  std::uint64_t inode) override {
    return store_->output_place(device, inode);
  }
  Result<std::uint32_t> endpoint_number(const std::string& name) override {
    return store_->endpoint_number(name);
  }
  Result<Pacing> pacing(std::uint32_t endpoint) override { return store_->pacing(endpoint); }
  bool is_shared_pacing() const override { return store_->is_shared_pacing(); }
  Result<bool> change_pacing(std::uint32_t endpoint, Pacing& pacing, const PacingChange& change) override {
    return store_->change_pacing(endpoint, pacing, change);
  }
  Result<void> prune(std::int64_t now_ns) override { return store_->prune(now_ns); }
  Result<std::vector<OutboxItem>> due(std::uint32_t endpoint, std::int64_t now_ms,
                                      std::size_t limit) override {
    return store_->due(endpoint, now_ms, limit);
  }
  Result<std::optional<std::int64_t>> next_due_ms(std::uint32_t endpoint) override {
    return store_->next_due_ms(endpoint);
  }
  TellingStore& tellings() override { return store_->tellings(); }
  Result<void> settle(const std::vector<Settlement>& settlements) override {
    if (fail_settlements) return Error{"the store is full"};
    return store_->settle(settlements);
  }
  Result<std::vector<OutboxItem>> due_polls(std::uint32_t endpoint, std::int64_t now_ms,
                                            std::size_t limit) override {
    return store_->due_polls(endpoint, now_ms, limit);
  }
  Result<std::optional<std::int64_t>> next_poll_ms(std::uint32_t endpoint) override {
    return store_->next_poll_ms(endpoint);
  }
  Result<void> settle_polls(std::uint32_t endpoint,
                            const std::vector<PollSettlement>& polls) override {
    return store_->settle_polls(endpoint, polls);
  }
  Result<void> reroute(std::int64_t row, const std::vector<std::uint32_t>& endpoints, bool job) override {
    return store_->reroute(row, endpoints, job);
  }
  Result<OutboxTotals> totals() override {
    if (fail_totals) return Error{"the store cannot be read"};
    return store_->totals();
  }
  Result<std::vector<UntoldEnd>> untold_ends(ModelTable& models) override {
    return store_->untold_ends(models);
  }
  Result<bool> changed() override { return store_->changed(); }
  Result<bool> was_requested(std::string_view job) override { return store_->was_requested(job); }
  Result<bool> has_ended(std::string_view job, bool in_replay) override {
    return store_->has_ended(job, in_replay);
  }
  Result<StateFigures> figures(std::int64_t now_ms) override { return store_->figures(now_ms); }
  Result<std::vector<JournalEntry>> journal() override { return store_->journal(); }
  Result<std::vector<ToldPlace>> told_places(std::int64_t source_row) override {
    return store_->told_places(source_row);
  }

  std::function<void()> on_commit;  // called on the thread that commits
  std::vector<std::size_t> commit_sizes;
  std::size_t fail_commits_from = ~std::size_t{0};
  bool fail_settlements = false, fail_totals = false;

 private:
  void become(Result<std::unique_ptr<Store>> opened) {
    if (!opened) throw std::runtime_error(opened.error().text);
    store_ = std::move(*opened);
  }

  std::unique_ptr<Store> store_;
};

/// One observer of a run.
struct TestObserver {
  std::string plugin = "well_behaved";  // one of bad_plugins, or a path
  std::string config = "{}";
  std::uint32_t capacity = 2048;
  bool drop_newest = false;
  std::vector<std::string> models = {"*"};
  std::vector<std::string> types = {};  // empty: those of its class
  std::string name = plugin;
};

/// A run: set what it should do, then run() it, then look at what it did.
class TestRun {
 public:
  explicit TestRun(std::vector<std::string> paths) { intake.paths = std::move(paths); }

  /// One whose state lives in `folder`.
  TestRun(std::vector<std::string> paths, const std::string& folder)
      : store(std::make_unique<FailingStore>(folder)) {
    intake.paths = std::move(paths);
    options.checkpoints.durable = true;
  }

  TestRun& run() {
    models_ = std::make_unique<ModelTable>();
    const std::vector<AssembledObserver> all = assembled(observers);
    EngineOptions engine_options;
    engine_options.intake = intake;
    engine_options.pipeline = options;
    engine_options.explain = explain;
    auto engine = Engine::make({*store, output, bad_lines, *clock, log, *models_}, engine_options, all);
    if (!engine) throw std::runtime_error(engine.error().text);
    if (on_start) on_start((*engine)->pipeline());
    if (on_engine) on_engine(**engine);
    const Result<void> ran = (*engine)->pipeline().run();
    if (on_end) on_end();
    error = ran ? "" : ran.error().text;
    account((*engine)->intake(), (*engine)->pipeline());
    return *this;
  }

  IntakeOptions intake;
  std::vector<TestObserver> observers = {{}};
  PipelineOptions options;
  bool explain = false;
  FakeClock standing_clock;
  const Clock* clock = &standing_clock;
  std::unique_ptr<FailingStore> store = std::make_unique<FailingStore>();
  MemoryOutput output;
  MemoryLog log;
  BadLineList bad_lines;
  std::function<void(Pipeline&)> on_start;
  std::function<void(Engine&)> on_engine;
  std::function<void()> on_end;  // the run is over, and its pipeline still there

  std::string error;
  Receipt receipt;
  std::vector<std::string> failures, input_errors;

  std::vector<std::string> lines() const {
    std::vector<std::string> result;
    std::size_t at = 0;
    for (std::size_t end; (end = output.lines.find('\n', at)) != std::string::npos; at = end + 1) {
      result.push_back(output.lines.substr(at, end - at));
    }
    return result;
  }

  std::vector<AssembledObserver> assembled(const std::vector<TestObserver>& wanted) {
    std::vector<AssembledObserver> all;
    for (const TestObserver& observer : wanted) all.push_back(assembled_one(observer));
    return all;
  }

  const ObserverReceipt& observer(std::size_t i) const { return receipt.observers.at(i); }

  /// The equations of the contract's section 3, as far as `subscribed` says what each observer
  /// subscribed to; empty: all of them hold.
  std::string contradictions(const std::vector<std::uint64_t>& subscribed) const {
    std::string wrong;
    for (const SourceCount& source : receipt.sources) {
      if (source.lines != source.events + source.bad + source.empty) wrong += "lines of a source; ";
    }
    for (std::size_t i = 0; i < receipt.observers.size(); ++i) {
      const ObserverCounts& counts = receipt.observers[i].counts;
      if (counts.observed + counts.dropped != subscribed.at(i)) {
        wrong += receipt.observers[i].observer + ": " + std::to_string(counts.observed) + " + " +
                 std::to_string(counts.dropped) + " of " + std::to_string(subscribed[i]) + "; ";
      }
    }
    const ActionCounts& actions = receipt.actions;
    std::uint64_t said = 0;
    for (const ObserverReceipt& one : receipt.observers) said += one.counts.actions;
    if (actions.decided != said) wrong += "decided is not what the observers said; ";
    if (actions.decided != actions.fresh + actions.already_known) wrong += "decided; ";
    if (actions.fresh != actions.delivered + actions.queued + actions.waiting + actions.dead) {
      wrong += "new; ";
    }
    return wrong;
  }
  /// The same where every observer subscribed to everything.
  std::string contradictions() const {
    return contradictions(std::vector<std::uint64_t>(receipt.observers.size(), receipt.events()));
  }

 private:
  void make_router(AssembledObserver& observer) {
    bool bad_config = false;
    auto router = RouterHost::create(observer.config.name, observer.library, observer.own, log,
                                     bad_config);
    if (router) {
      observer.router = std::move(*router);
    } else {
      observer.failure = router.error().text;
      observer.library = nullptr;
    }
  }

  AssembledObserver assembled_one(const TestObserver& observer) {
    AssembledObserver result;
    result.config.name = observer.name;
    result.config.models = observer.models;
    result.config.capacity = observer.capacity;
    result.config.overflow = observer.drop_newest ? ObserverConfig::Overflow::kDropNewest
                                                  : ObserverConfig::Overflow::kBlock;
    const bool is_path = observer.plugin.find('/') != std::string::npos;
    result.path = is_path ? observer.plugin : bad_plugin(observer.plugin);
    auto library = PluginLibrary::load(result.path, "0.0.0");
    if (library) {
      result.library = *library;
      result.loaded = true;
    } else {
      result.failure = library.error().text;
    }
    result.own = observer.config;
    result.types = observer.types;
    if (result.types.empty()) {
      result.types = library ? (*library)->classes().front().subscribes
                             : std::vector<std::string>{"metrics", "drift", "job"};
    }
    if (library && (*library)->classes().front().delivers()) make_router(result);
    return result;
  }

  void account(const Intake& reading, const Pipeline& pipeline) {
    receipt.sources = reading.counts();
    receipt.observers = pipeline.observer_receipts();
    receipt.actions = pipeline.actions();
    receipt.models = model_receipts(pipeline.tally(), *models_);
    failures = pipeline.failures();
    for (const Error& input_error : reading.errors()) input_errors.push_back(input_error.text);
  }

  std::unique_ptr<ModelTable> models_;  // of the last run
};

}  // namespace mlmon
