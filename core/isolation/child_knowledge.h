#pragma once

#include <mlmon/observer.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mlmon {

/// What the child of an observer has been told of models and of what is kept of them, so that it need not ask: the
/// frames that tell it the rest (sdk/PROTOCOL.md, "From mlmon") are added to those of a call.
class ChildKnowledge {
 public:
  /// Asks these services, on the observer's thread.
  ChildKnowledge(mlmon_observer_host* host, const mlmon_observer_services* services)
      : host_(host), services_(services) {}

  void add_models(std::uint32_t up_to, std::string& frames);

  /// The models of a batch, and what is kept of those that stand in one for the first time.
  void add_batch(const mlmon_batch& batch, std::string& frames);

  void add_all_state(std::string& frames);

 private:
  void add_state(std::uint32_t model, std::string& frames);

  mlmon_observer_host* const host_;
  const mlmon_observer_services* const services_;
  std::uint32_t models_sent_ = 0;
  std::vector<bool> met_;         // models, in a batch
  std::vector<bool> state_sent_;  // of models
};

}  // namespace mlmon
