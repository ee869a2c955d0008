// What an observer costs beside what it decides: the time that the host needs to hand a batch over and
// have it seen, by observers that count low figures and do nothing else.
//
//     observer_overhead NAME=PLUGIN.so|NAME=+WORD,WORD...
//
// With a `+` the observer is in a process of its own, which these words start. One table: microseconds a batch,
// nanoseconds an event, and both as multiples of those of the first; the least of several rounds in which all take
// turns. The first figure is that of batches of one event, the second what each further event adds in batches of 512.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/isolation/isolated_plugin.h"
#include "core/observer/observer_host.h"

namespace mlmon {
namespace {

constexpr int kRounds = 40;  // short ones: on a busy machine a few are left alone
constexpr std::uint32_t kViewRows = 512;  // the largest view of the usual queue of 2048 events
constexpr std::uint32_t kCapacity = 1 << 20;  // events: so many that the two threads seldom wait
constexpr int kSmallBatches = 10'000;
constexpr int kLargeBatches = 2'000;
constexpr int kFirstBatches = 20;  // not timed

class Silence final : public LogSink {
 public:
  void log(LogLevel, std::string_view, std::string_view) override {}
  bool tell_all(std::span<const std::string>) override { return true; }
};

constexpr int kApart = 200;  // batches of either kind for an observer in a process of its own

struct Contender {
  std::string name;
  std::shared_ptr<const PluginLibrary> library;
  bool apart = false;
  double batch_ns = std::numeric_limits<double>::infinity();
  double large_batch_ns = batch_ns;
};

std::shared_ptr<const Batch> batch_of(std::uint32_t rows, std::uint32_t model) {
  auto batch = std::make_shared<Batch>();
  batch->source = std::make_shared<const std::string>("bench");
  batch->time_ns.assign(rows, 1'800'000'000'000'000'000);
  batch->model.assign(rows, model);
  batch->kind.assign(rows, MLMON_KIND_METRICS);
  for (auto* column : {&batch->accuracy, &batch->precision, &batch->recall, &batch->f1,
                       &batch->p_value, &batch->magnitude}) {
    for (std::uint32_t row = 0; row < rows; ++row) column->push_back(row % 2 == 0 ? 0.4 : 0.9);
  }
  batch->samples.assign(rows, -1);
  batch->line.assign(rows, 1);
  batch->offset.assign(rows, 0);
  batch->raw_off.assign(rows, 0);
  batch->raw_len.assign(rows, 0);
  return batch;
}

/// Nanoseconds a batch, from the first offer until a barrier behind the last has passed.
Result<double> time_batches(const Contender& contender, std::uint32_t rows, int batches) {
  Silence log;
  ModelTable models;
  const auto batch = batch_of(rows, models.intern("bench", "1.0.0", Instant{}));
  ObserverSetup setup;
  setup.name = contender.name;
  setup.library = contender.library;
  setup.config = "{}";
  setup.capacity = kCapacity;
  std::atomic<std::uint32_t> wakes = 0;
  ObserverHost host(std::move(setup), models, log, [&] {
    ++wakes;
    wakes.notify_one();
  });
  if (const auto started = host.start(); !started) return started.error();
  host.settle({});  // as in a run whose observers all see every kind: nothing is selected
  const auto observe = [&](int left) {
    while (left > 0) {
      const std::uint32_t seen = wakes;
      if (host.offer(batch, 0, rows) == rows) {
        --left;
      } else {
        wakes.wait(seen);
      }
    }
    host.put_barrier();
    for (std::uint32_t seen = wakes; !host.barrier_passed(); seen = wakes) wakes.wait(seen);
  };
  observe(kFirstBatches);
  const auto begin = std::chrono::steady_clock::now();
  observe(batches);
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  host.finish();
  const std::uint64_t expected = static_cast<std::uint64_t>(batches + kFirstBatches) * rows;
  if (host.counts().observed != expected) return Error{contender.name + ": " + host.failure()};
  return took.count() / batches;
}

Result<void> run(std::vector<Contender>& contenders) {
  for (int round = 0; round < kRounds; ++round) {
    for (Contender& contender : contenders) {
      const auto small = time_batches(contender, 1, contender.apart ? kApart : kSmallBatches);
      if (!small) return small.error();
      const auto large = time_batches(contender, kViewRows, contender.apart ? kApart : kLargeBatches);
      if (!large) return large.error();
      contender.batch_ns = std::min(contender.batch_ns, *small);
      contender.large_batch_ns = std::min(contender.large_batch_ns, *large);
    }
  }
  return {};
}

Result<std::shared_ptr<const PluginLibrary>> load_apart(std::string_view words) {
  IsolationPlan plan;
  for (std::size_t end = 0; end != words.npos; words.remove_prefix(end == words.npos ? 0 : end + 1)) {
    end = words.find(',');
    plan.command.words.emplace_back(words.substr(0, end));
  }
  auto about = IsolatedObserver::ask(plan);
  const std::string path = plan.command.words.back();
  if (!about) return about.error().in(path);
  return isolated_plugin(path, std::move(*about), std::move(plan));
}

Result<std::vector<Contender>> load(int argc, char** argv) {
  std::vector<Contender> contenders;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) return Error{"expected NAME=PLUGIN.so, got " + argument};
    const std::string plugin = argument.substr(equals + 1);
    const bool apart = plugin.starts_with('+');
    auto library = apart ? load_apart(std::string_view(plugin).substr(1)) : PluginLibrary::load(plugin, "0.0.0");
    if (!library) return library.error();
    contenders.push_back({argument.substr(0, equals), *library, apart});
  }
  return contenders;
}

}  // namespace
}  // namespace mlmon

int main(int argc, char** argv) {
  auto contenders = mlmon::load(argc, argv);
  const auto done = contenders ? mlmon::run(*contenders) : contenders.error();
  if (!done) {
    fmt::print(stderr, "observer_overhead: {}\n", done.error().text);
    return 1;
  }
  fmt::print("{:<28} {:>9} {:>9} {:>8} {:>8}\n", "observer", "µs/batch", "ns/event", "batch", "event");
  const auto event_ns = [](const mlmon::Contender& one) {
    return (one.large_batch_ns - one.batch_ns) / (mlmon::kViewRows - 1);
  };
  const mlmon::Contender& first = contenders->front();
  for (const mlmon::Contender& one : *contenders) {
    fmt::print("{:<28} {:>9.2f} {:>9.2f} {:>7.1f}x {:>7.1f}x\n", one.name, one.batch_ns / 1000, event_ns(one),
               one.batch_ns / first.batch_ns, event_ns(one) / event_ns(first));
  }
}
