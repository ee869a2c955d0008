// An inline variable that the loader makes one with that of any other plugin.
#include <mlmon/observer.hpp>

struct __attribute__((visibility("default"))) Shared {
  static inline int counter = 0;
};

namespace {

class Unique final : public mlmon::Observer {
 public:
  explicit Unique(mlmon::Setup&) {}
  void on_batch(const mlmon::Batch&) override { ++Shared::counter; }
};

}  // namespace

MLMON_PLUGIN(mlmon::observer_class<Unique>("test.file_unique", "1.0.0", "one line"))
