// Throws out of the wrapper's callbacks, where "how" says.
#include <mlmon/observer.hpp>
#include <stdexcept>
#include <string>

namespace {

constexpr char kSchema[] = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {"how": {"enum": ["exception", "number", "create", "finish"], "default": "exception"}}
})";

class Throws final : public mlmon::Observer {
 public:
  explicit Throws(mlmon::Setup& setup) : how_(setup.config().text("how")) {
    if (how_ == "create") throw std::runtime_error("thrown by the constructor");
  }

  void on_batch(const mlmon::Batch&) override {
    if (how_ == "exception") throw std::runtime_error("thrown by on_batch");
    if (how_ == "number") throw 42;
  }

  void finish() override {
    if (how_ == "finish") throw std::runtime_error("thrown by finish");
  }

 private:
  std::string how_;
};

}  // namespace

MLMON_PLUGIN(mlmon::observer_class<Throws>("test.throws", "1.0.0", "one line", kSchema))
