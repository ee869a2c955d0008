/* A class that delivers to two endpoints and behaves, from which bad plugins depart. */
#ifndef BAD_PLUGINS_DELIVERS_H
#define BAD_PLUGINS_DELIVERS_H

#include <mlmon/note.h>
#include <stdlib.h>
#include <string.h>

struct mlmon_router {
  mlmon_delivery_host* host;
  const mlmon_delivery_services* services;
  uint32_t calls;
};

struct mlmon_delivery {
  mlmon_delivery_host* host;
  const mlmon_delivery_services* services;
};

static inline mlmon_str text_of(const char* text) {
  mlmon_str str = {text, strlen(text)};
  return str;
}

static inline int32_t good_router_create(mlmon_delivery_host* host,
                                         const mlmon_delivery_services* services, mlmon_str config,
                                         mlmon_router** out) {
  (void)config;
  *out = (mlmon_router*)calloc(1, sizeof **out);
  (*out)->host = host;
  (*out)->services = services;
  return MLMON_OK;
}

static inline int32_t add(mlmon_router* router, const char* name) {
  const mlmon_endpoint endpoint = {.size = sizeof endpoint,
                                   .name = text_of(name),
                                   .timeout_ms = 1000,
                                   .retry_initial_ms = 1,
                                   .retry_max_ms = 2,
                                   .retry_give_up_ms = 1000};
  return router->services->add_endpoint(router->host, &endpoint);
}

static inline int32_t good_endpoints(mlmon_router* router) {
  add(router, "one");
  return add(router, "two");
}

static inline int32_t good_route(mlmon_router* router, const mlmon_delivery_item* item,
                                 uint32_t* indices, uint32_t room) {
  uint32_t i;
  (void)router;
  (void)item;
  for (i = 0; i < room && i < 2; ++i) indices[i] = i;
  return 2;
}

static inline void good_router_destroy(mlmon_router* router) { free(router); }

static inline int32_t good_create(mlmon_delivery_host* host,
                                  const mlmon_delivery_services* services, mlmon_str config,
                                  uint32_t endpoint, mlmon_delivery** out) {
  (void)config;
  (void)endpoint;
  *out = (mlmon_delivery*)calloc(1, sizeof **out);
  (*out)->host = host;
  (*out)->services = services;
  return MLMON_OK;
}

static inline int32_t good_deliver(mlmon_delivery* self, const mlmon_delivery_item* items,
                                   uint32_t n, mlmon_delivery_result* results) {
  uint32_t i;
  (void)self;
  (void)items;
  for (i = 0; i < n; ++i) results[i].status = MLMON_DELIVERED;
  return MLMON_OK;
}

static inline void good_destroy(mlmon_delivery* self) { free(self); }

#define DELIVERY_PLUGIN(ID, ENDPOINTS, ROUTE, CREATE, DELIVER)                    \
  static const mlmon_delivery_role role = {.size = sizeof(mlmon_delivery_role),   \
                                           .router_create = good_router_create,   \
                                           .endpoints = ENDPOINTS,                \
                                           .route = ROUTE,                        \
                                           .router_destroy = good_router_destroy, \
                                           .create = CREATE,                      \
                                           .deliver = DELIVER,                    \
                                           .destroy = good_destroy};              \
  MLMON_DELIVERY_PLUGIN(ID, "1.0.0", "one line", NULL, &role)

#endif
