/* Other endpoints when asked again. */
#include "../delivers.h"

static int32_t endpoints(mlmon_router* router) {
  add(router, router->calls++ % 2 == 0 ? "one" : "three");
  return add(router, "two");
}

DELIVERY_PLUGIN("test.delivery_endpoints", endpoints, good_route, good_create, good_deliver)
