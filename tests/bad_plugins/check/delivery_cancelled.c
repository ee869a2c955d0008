/* Waits for the process not to end. */
#include "../delivers.h"

static int32_t deliver(mlmon_delivery* self, const mlmon_delivery_item* items, uint32_t n,
                       mlmon_delivery_result* results) {
  while (self->services->cancelled(self->host)) {
  }
  return good_deliver(self, items, n, results);
}

DELIVERY_PLUGIN("test.delivery_cancelled", good_endpoints, good_route, good_create, deliver)
