/* A time-out of 0. */
#include "../delivers.h"

static int32_t endpoints(mlmon_router* router) {
  const mlmon_endpoint endpoint = {sizeof endpoint, 0, text_of("one"), 0, 1, 2, 1000};
  return router->services->add_endpoint(router->host, &endpoint);
}

DELIVERY_PLUGIN("test.delivery_endpoints", endpoints, good_route, good_create, good_deliver)
