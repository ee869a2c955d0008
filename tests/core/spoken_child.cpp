#include "tests/core/spoken_child.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/event/block_parser.h"
#include "core/isolation/isolated_observer.h"
#include "tests/core/event_lines.h"
#include "tests/core/memory_log.h"

namespace mlmon {
namespace {

class Children {
 public:
  Children(std::uint32_t has, const std::function<std::string()>& life) : has_(has), life_(life) {}
  ~Children() {
    for (const int end : ends_) ::close(end);
  }

  std::shared_ptr<const PluginLibrary> library() {
    PluginClass item{};
    item.about.size = sizeof item.about;
    item.about.id = "fuzzed";
    item.about.version = "1.0.0";
    item.about.summary = "";
    item.subscribes = kOwnTypes;
    item.emits = {"seen"};
    item.observer = IsolatedObserver::role(has_);
    item.make = [this](mlmon_observer_host* host, const mlmon_observer_services* services, mlmon_str config,
                       mlmon_observer** out) {
      auto child = std::make_unique<IsolatedObserver>(FrameSocket(born()), region(), host, services, IsolationPlan{});
      const std::int32_t code = child->begin(config);
      if (code == MLMON_OK) *out = reinterpret_cast<mlmon_observer*>(child.release());
      return code;
    };
    return PluginLibrary::of("fuzzed", {std::move(item)}, nullptr);
  }

 private:
  int born() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("socketpair");
    ends_.push_back(ends[1]);
    const std::string bytes = life_();
    const ssize_t sent = ::send(ends[1], bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != static_cast<ssize_t>(bytes.size())) throw std::runtime_error("a life longer than a socket holds");
    ::shutdown(ends[1], SHUT_WR);
    return ends[0];
  }

  static BatchRegion region() {
    auto region = BatchRegion::create();
    if (!region) throw std::runtime_error(region.error().text);
    return std::move(*region);
  }

  const std::uint32_t has_;
  const std::function<std::string()>& life_;
  std::vector<int> ends_;
};

std::shared_ptr<const Batch> events(ModelTable& models, const EventRules& rules) {
  auto batch = std::make_shared<Batch>();
  const std::string text = event_lines(kChildRows, 2, 3);
  batch->block.buffer.assign(text.begin(), text.end());
  batch->block.buffer.resize(text.size() + RawBlock::kPadding);
  batch->block.size = text.size();
  BlockParser(rules, models, 1 << 20).parse(*batch);
  batch->source = std::make_shared<const std::string>("a");
  batch->place(0, 0);
  return batch;
}

bool is_possible(const Decision& decision, const ChildOutcome& outcome) {
  const auto line = nlohmann::json::parse(decision.json, nullptr, false);
  return decision.model - 1 < outcome.models && decision.seq <= kChildRows * Batch::kSeqStep && line.is_object() &&
         line.value("observer", "") == "mine" && line.at("model").at("version") == "1.0.0" &&
         line.at("line").get<std::uint32_t>() - 1 < kChildRows && line.count("id") == (decision.suppressed ? 0 : 1);
}

bool is_possible(const ObserverState::Change& change, const ChildOutcome& outcome) {
  // What is longer may be deleted: it was never there.
  return change.model <= outcome.models && change.key != "mlmon:stolen" && (!change.value || change.key.size() <= 1024);
}

}  // namespace

ChildOutcome observe(std::uint32_t has, bool explain, const std::function<std::string()>& life) {
  Children children(has, life);
  ModelTable models;
  MemoryLog log;
  ObserverSetup setup;
  setup.name = "mine";
  setup.library = children.library();
  setup.config = "{}";
  setup.capacity = 8;  // so that it is called for two rows at a time
  setup.explain = explain;
  const auto wishes = setup.wishes;
  std::atomic<std::uint32_t> wakes{0};
  ObserverHost host(std::move(setup), models, log, [&] { ++wakes, wakes.notify_one(); });
  ChildOutcome outcome;
  if (!host.start()) return outcome;
  outcome.started = true;
  const auto batch = events(models, wishes->rules());
  outcome.models = models.size();
  host.settle({}, {"seen"});
  for (std::uint32_t first = 0; first < kChildRows;) {
    const std::uint32_t before = wakes.load(), taken = host.offer(batch, first, kChildRows);
    host.flush();
    if ((first += taken) < kChildRows && taken == 0) wakes.wait(before);
  }
  host.put_barrier();
  for (std::uint32_t before = wakes.load(); !host.barrier_passed(); before = wakes.load()) wakes.wait(before);
  outcome.epoch = host.collect();
  host.finish();
  outcome.counts = host.counts();
  outcome.failure = host.failure();
  return outcome;
}

std::string impossible_in(const ChildOutcome& outcome) {
  if (!outcome.started) return {};
  const ObserverCounts& counts = outcome.counts;
  if (counts.observed + counts.dropped + counts.poisoned != kChildRows) {
    return "of " + std::to_string(kChildRows) + " events " + std::to_string(counts.observed) + " observed, " +
           std::to_string(counts.dropped) + " dropped, " + std::to_string(counts.poisoned) + " given up";
  }
  for (const Decision& decision : outcome.epoch.decisions) {
    if (!is_possible(decision, outcome)) return "a decision: " + decision.json;
  }
  for (const ObserverState::Change& change : outcome.epoch.changes) {
    if (!is_possible(change, outcome)) return "a change of the state, at " + change.key;
  }
  return {};
}

}  // namespace mlmon
