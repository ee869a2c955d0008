// What an observer costs beside what it decides: the time that the host needs to hand a batch over and
// have it seen, by observers that count low figures and do nothing else.
//
//     observer_overhead NAME=PLUGIN.so...
//
// One table: nanoseconds a batch and an event, the least of several rounds in which all take turns. The
// first is that of batches of one event, the second what each further event adds in batches of 512.

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

#include "core/observer/observer_host.h"

namespace mlmon {
namespace {

constexpr int kRounds = 7;
constexpr std::uint32_t kViewRows = 512;  // the largest view of the usual queue of 2048 events
constexpr std::uint32_t kCapacity = 1 << 20;  // events: so many that the two threads seldom wait
constexpr int kSmallBatches = 100'000;
constexpr int kLargeBatches = 10'000;

class Silence final : public LogSink {
 public:
  void log(LogLevel, std::string_view, std::string_view) override {}
  bool tell_all(std::span<const std::string>) override { return true; }
};

struct Contender {
  std::string name;
  std::shared_ptr<const PluginLibrary> library;
  double batch_ns = std::numeric_limits<double>::infinity();
  double large_batch_ns = batch_ns;
};

std::shared_ptr<const Batch> batch_of(std::uint32_t rows, std::uint32_t model) {
  auto batch = std::make_shared<Batch>();
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

/// Nanoseconds a batch, from the first offer to the end of the observer's thread.
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
  const auto begin = std::chrono::steady_clock::now();
  for (int left = batches; left > 0;) {
    const std::uint32_t seen = wakes;
    if (host.offer(batch, 0, rows) == rows) {
      --left;
    } else {
      wakes.wait(seen);
    }
  }
  host.finish();
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  const std::uint64_t expected = static_cast<std::uint64_t>(batches) * rows;
  if (host.counts().observed != expected) return Error{contender.name + ": " + host.failure()};
  return took.count() / batches;
}

Result<void> run(std::vector<Contender>& contenders) {
  for (int round = 0; round < kRounds; ++round) {
    for (Contender& contender : contenders) {
      const auto small = time_batches(contender, 1, kSmallBatches);
      if (!small) return small.error();
      const auto large = time_batches(contender, kViewRows, kLargeBatches);
      if (!large) return large.error();
      contender.batch_ns = std::min(contender.batch_ns, *small);
      contender.large_batch_ns = std::min(contender.large_batch_ns, *large);
    }
  }
  return {};
}

Result<std::vector<Contender>> load(int argc, char** argv) {
  std::vector<Contender> contenders;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) return Error{"expected NAME=PLUGIN.so, got " + argument};
    auto library = PluginLibrary::load(argument.substr(equals + 1), "0.0.0");
    if (!library) return library.error();
    contenders.push_back({argument.substr(0, equals), *library});
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
  fmt::print("{:<20} {:>10} {:>10}\n", "observer", "ns/batch", "ns/event");
  for (const mlmon::Contender& one : *contenders) {
    const double event_ns = (one.large_batch_ns - one.batch_ns) / (mlmon::kViewRows - 1);
    fmt::print("{:<20} {:>10.0f} {:>10.2f}\n", one.name, one.batch_ns, event_ns);
  }
}
