/* Takes more room than there is. */
#include "../delivers.h"

static int32_t route(mlmon_router* router, const mlmon_delivery_item* item, uint32_t* indices,
                     uint32_t room) {
  (void)router;
  (void)item;
  (void)room;
  indices[0] = 0;
  indices[1] = 1;
  return 2;
}

DELIVERY_PLUGIN("test.delivery_route", good_endpoints, route, good_create, good_deliver)
