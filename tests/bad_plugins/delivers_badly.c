/* Alerts as the base does, and has two endpoints that get every alert; "how" says what goes wrong
 * with the first ("one"), or with the router. */
#include "base.h"

struct mlmon_router {
  mlmon_delivery_host* host;
  const mlmon_delivery_services* services;
  char how[32];
};

struct mlmon_delivery {
  struct mlmon_router router;
  uint32_t endpoint;
};

static void read_setup(struct mlmon_router* router, mlmon_delivery_host* host,
                       const mlmon_delivery_services* services, mlmon_str config) {
  const char* how = base_value(config, "how");
  size_t i = 0;
  router->host = host;
  router->services = services;
  for (++how; *how != '"' && i + 1 < sizeof router->how; ++how, ++i) router->how[i] = *how;
}

static int is(const struct mlmon_router* router, const char* how) {
  return strcmp(router->how, how) == 0;
}

static int32_t failed(const struct mlmon_router* router, const char* text) {
  router->services->set_error(router->host, base_str(text));
  return MLMON_E_FAILED;
}

static int32_t router_create(mlmon_delivery_host* host, const mlmon_delivery_services* services,
                             mlmon_str config, mlmon_router** out) {
  mlmon_router* router = (mlmon_router*)calloc(1, sizeof *router);
  read_setup(router, host, services, config);
  if (is(router, "router_create")) {
    const int32_t result = failed(router, "no map");
    free(router);
    return result;
  }
  *out = router;
  return MLMON_OK;
}

static void add(mlmon_router* router, const char* name) {
  mlmon_endpoint endpoint;
  memset(&endpoint, 0, sizeof endpoint);
  endpoint.size = sizeof endpoint;
  endpoint.name = base_str(name);
  endpoint.timeout_ms = 1000;
  endpoint.retry_initial_ms = 1;
  endpoint.retry_max_ms = 2;
  endpoint.retry_give_up_ms = 1000;
  router->services->add_endpoint(router->host, &endpoint);
}

static int32_t endpoints(mlmon_router* router) {
  if (is(router, "endpoints")) return failed(router, "no roads");
  add(router, "one");
  add(router, is(router, "same_name") ? "one" : "two");
  return MLMON_OK;
}

static int32_t route(mlmon_router* router, const mlmon_delivery_item* item, uint32_t* indices,
                     uint32_t room) {
  uint32_t i;
  (void)item;
  if (is(router, "route")) return failed(router, "lost");
  if (is(router, "nobody")) return 0;
  for (i = 0; i < room && i < 2; ++i) indices[i] = i;
  if (is(router, "routes_too_many")) return 3;
  if (is(router, "routes_to_none_such")) indices[0] = 7;
  return 2;
}

static void router_destroy(mlmon_router* router) { free(router); }

static int32_t delivery_create(mlmon_delivery_host* host, const mlmon_delivery_services* services,
                               mlmon_str config, uint32_t endpoint, mlmon_delivery** out) {
  mlmon_delivery* self = (mlmon_delivery*)calloc(1, sizeof *self);
  read_setup(&self->router, host, services, config);
  self->endpoint = endpoint;
  if (endpoint == 0 && is(&self->router, "create")) {
    const int32_t result = failed(&self->router, "no truck");
    free(self);
    return result;
  }
  *out = self;
  return MLMON_OK;
}

static int32_t deliver(mlmon_delivery* self, const mlmon_delivery_item* items, uint32_t n,
                       mlmon_delivery_result* results) {
  const int bad = self->endpoint == 0;
  uint32_t i;
  if (bad && is(&self->router, "deliver")) return failed(&self->router, "flat tyre");
  for (i = 0; i < n; ++i) {
    results[i].status = MLMON_DELIVERED;
    if (bad && is(&self->router, "retry")) {
      results[i].status = MLMON_RETRY;
      results[i].text = base_str("nobody home");
    } else if (bad && is(&self->router, "second_try") && items[i].attempt < 2) {
      results[i].status = MLMON_RETRY;
      results[i].retry_after_ms = 20;
    } else if (bad && is(&self->router, "dead")) {
      results[i].status = MLMON_DEAD;
      results[i].text = base_str("moved away");
    } else if (bad && is(&self->router, "nonsense")) {
      results[i].status = 77;
    }
  }
  return MLMON_OK;
}

static void delivery_destroy(mlmon_delivery* self) { free(self); }

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
static const mlmon_delivery_role delivery = {.size = sizeof(mlmon_delivery_role),
                                             .router_create = router_create,
                                             .endpoints = endpoints,
                                             .route = route,
                                             .router_destroy = router_destroy,
                                             .create = delivery_create,
                                             .deliver = deliver,
                                             .destroy = delivery_destroy};
MLMON_OBSERVER_DELIVERY_PLUGIN(
    "test.delivers_badly", "1.0.0", "one line",
    "{\"type\":\"object\",\"properties\":{\"how\":{\"type\":\"string\"}},"
    "\"required\":[\"how\"],\"additionalProperties\":false}",
    &role, &delivery)
