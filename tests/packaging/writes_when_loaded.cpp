// Leaves a trace wherever its code runs: it must not be there after `mlmon plugin list`.
#include <cstdio>
#include <mlmon/observer.hpp>

namespace {
const bool loaded = [] {
  if (std::FILE* trace = std::fopen("loaded", "w")) std::fclose(trace);
  return true;
}();
}  // namespace

class Idle final : public mlmon::Observer {
 public:
  explicit Idle(mlmon::Setup&) {}
  void on_batch(const mlmon::Batch&) override {}
};

MLMON_PLUGIN(mlmon::observer_class<Idle>("org.example.idle", "1.0.0", "does nothing"))
