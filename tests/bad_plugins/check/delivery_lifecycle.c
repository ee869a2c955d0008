/* Leaves a buffer behind. */
#include "../delivers.h"

static int32_t create(mlmon_delivery_host* host, const mlmon_delivery_services* services,
                      mlmon_str config, uint32_t endpoint, mlmon_delivery** out) {
  void* volatile buffer = malloc(1000);
  (void)buffer;
  return good_create(host, services, config, endpoint, out);
}

DELIVERY_PLUGIN("test.delivery_lifecycle", good_endpoints, good_route, create, good_deliver)
