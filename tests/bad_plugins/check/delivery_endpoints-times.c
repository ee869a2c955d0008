/* A time-out of 0. */
#include "../delivers.h"

static int32_t endpoints(mlmon_router* router) {
  const mlmon_endpoint endpoint = {.size = sizeof endpoint,
                                   .name = text_of("one"),
                                   .timeout_ms = 0,
                                   .retry_initial_ms = 1,
                                   .retry_max_ms = 2,
                                   .retry_give_up_ms = 1000};
  return router->services->add_endpoint(router->host, &endpoint);
}

DELIVERY_PLUGIN("test.delivery_endpoints", endpoints, good_route, good_create, good_deliver)
