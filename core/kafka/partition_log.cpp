#include "core/kafka/partition_log.h"

namespace mlmon {

void LogNews::clear() {
  found.clear();
  given.clear();
  taken_back.clear();
  all_found = over = group_waits = false;
  records.clear();
  ends.clear();
  gone.clear();
  failed.clear();
  for (auto* texts : {&failures, &troubles, &remarks}) texts->clear();
}

std::string partition_name(const std::string& topic, std::int32_t number) {
  return "kafka://" + topic + "/" + std::to_string(number);
}

}  // namespace mlmon
