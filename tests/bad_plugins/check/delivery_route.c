/* Takes turns. */
#include "../delivers.h"

static int32_t route(mlmon_router* router, const mlmon_delivery_item* item, uint32_t* indices,
                     uint32_t room) {
  (void)item;
  if (room > 0) indices[0] = router->calls++ % 2;
  return 1;
}

DELIVERY_PLUGIN("test.delivery_route", good_endpoints, route, good_create, good_deliver)
