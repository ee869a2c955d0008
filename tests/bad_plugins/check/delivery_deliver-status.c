/* An answer that there is none of. */
#include "../delivers.h"

static int32_t deliver(mlmon_delivery* self, const mlmon_delivery_item* items, uint32_t n,
                       mlmon_delivery_result* results) {
  (void)self;
  (void)items;
  while (n-- > 0) results[n].status = 77;
  return MLMON_OK;
}

DELIVERY_PLUGIN("test.delivery_deliver", good_endpoints, good_route, good_create, deliver)
