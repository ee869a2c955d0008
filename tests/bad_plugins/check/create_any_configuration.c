/* Believes that "limits" is an array, which its schema does not say. */
#include "../base.h"

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  *out = base_new(host, services, config);
  if (*base_value(config, "limits") != '[') abort();
  return MLMON_OK;
}

BASE_ROLE(create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.create_any_configuration", "1.0.0", "one line",
                      "{\"type\":\"object\",\"additionalProperties\":false,"
                      "\"properties\":{\"limits\":{\"default\":[1]}}}",
                      &role)
