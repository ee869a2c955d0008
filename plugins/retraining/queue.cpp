#include "plugins/retraining/queue.h"

namespace mlmon::retraining {

std::vector<EndpointSpec> QueueRouter::endpoints() const {
  EndpointSpec queue;
  queue.name = "queue";
  queue.flags = MLMON_ENDPOINT_QUEUE;
  return {queue};
}

std::vector<std::uint32_t> QueueRouter::route(const Item& item) const {
  if (item.read().text("action") == "retrain") return {0};
  return {};
}

}  // namespace mlmon::retraining
