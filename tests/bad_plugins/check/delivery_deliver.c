/* Answers for the first action only. */
#include "../delivers.h"

static int32_t deliver(mlmon_delivery* self, const mlmon_delivery_item* items, uint32_t n,
                       mlmon_delivery_result* results) {
  (void)self;
  (void)items;
  (void)n;
  results[0].status = MLMON_DELIVERED;
  return MLMON_OK;
}

DELIVERY_PLUGIN("test.delivery_deliver", good_endpoints, good_route, good_create, deliver)
