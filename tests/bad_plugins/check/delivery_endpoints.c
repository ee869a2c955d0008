/* Two endpoints of one name. */
#include "../delivers.h"

static int32_t endpoints(mlmon_router* router) {
  add(router, "one");
  return add(router, "one");
}

DELIVERY_PLUGIN("test.delivery_endpoints", endpoints, good_route, good_create, good_deliver)
