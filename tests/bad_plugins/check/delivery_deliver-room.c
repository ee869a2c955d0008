/* One answer too many. */
#include "../delivers.h"

static int32_t deliver(mlmon_delivery* self, const mlmon_delivery_item* items, uint32_t n,
                       mlmon_delivery_result* results) {
  results[n].status = MLMON_DELIVERED;
  return good_deliver(self, items, n, results);
}

DELIVERY_PLUGIN("test.delivery_deliver", good_endpoints, good_route, good_create, deliver)
