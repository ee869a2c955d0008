// Behaves up to the event whose "samples" is 13; there it does what "how" says. With "where" it does so in
// another function, or in a thread of its own.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <mlmon/observer.hpp>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

std::size_t deeper(volatile char* above, std::size_t depth) {
  volatile char here[4096];
  here[0] = above[0];
  return depth == 0 ? 0 : deeper(here, depth - 1) + static_cast<std::size_t>(here[0]);
}

void die(const std::string& how) {
  if (how == "segv") raise(SIGSEGV);
  if (how == "null") {
    volatile int* nowhere = nullptr;
    *nowhere = 1;
  }
  if (how == "abort") std::abort();
  // Its child holds the socket to the host.
  if (how == "fork" || how == "fork_spin") {
    if (::fork() == 0) {
      for (;;) ::pause();
    }
    if (how == "fork") std::abort();
  }
  if (how == "heap") {
    const std::unique_ptr<char[]> room(new char[8]);
    const volatile std::size_t behind = 8;
    room[behind] = 1;
  }
  if (how == "exit") std::exit(0);
  if (how == "_exit") ::_exit(0);
  if (how == "overflow") {
    char top = 0;
    deeper(&top, ~std::size_t{0});
  }
  if (how == "terminate") std::thread([] { throw std::runtime_error("thrown by a thread"); }).join();
  if (how == "memory") {
    for (std::string all(1, 'x');;) all += all;
  }
  while (how == "hang") ::pause();
  while (how == "spin" || how == "fork_spin") {
    volatile int turns = 0;
    turns = turns + 1;
  }
}

class Dies final : public mlmon::Observer {
 public:
  explicit Dies(mlmon::Setup& setup)
      : how_(setup.config().text("how")), where_(setup.config().text("where")) {
    if (where_ == "create") die(how_);
  }

  void on_batch(const mlmon::Batch& batch) override {
    for (const mlmon::Event& event : batch) {
      if (event.samples() == 13 && where_ == "event") {
        if (how_ == "refused") act_badly(event);
        die(how_);
      }
      const auto n = kept(event.model(), "n");
      const std::string count = std::to_string(n ? std::stoll(std::string(*n)) + 1 : 1);
      keep(event.model(), "n", count);
      if (event.f1() < 0.5) act(event, "alert", "low", "firing", mlmon::Fields().text("count", count));
    }
  }

  void finish() override {
    if (where_ == "finish") die(how_);
  }

 private:
  /// What the host refuses does not matter where the call never returns.
  void act_badly(const mlmon::Event& event) {
    try {
      act(event, "no such TYPE", "low", "firing", mlmon::Fields());
    } catch (const std::exception&) {
    }
    std::abort();
  }

  std::string how_, where_;
};

}  // namespace

MLMON_PLUGIN(mlmon::observer_class<Dies>("test.dies", "1.0.0", "dies", R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "how": {"type": "string", "default": "segv"},
    "where": {"enum": ["event", "create", "finish"], "default": "event"}}})"))
