/* Counts backwards. */
#include "../delivers.h"

static int32_t route(mlmon_router* router, const mlmon_delivery_item* item, uint32_t* indices,
                     uint32_t room) {
  (void)router;
  (void)item;
  if (room > 0) indices[0] = 1;
  if (room > 1) indices[1] = 0;
  return 2;
}

DELIVERY_PLUGIN("test.delivery_route", good_endpoints, route, good_create, good_deliver)
