/* create() fails, in the way that "how" names. */
#include "base.h"

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  mlmon_observer* self = base_new(host, services, config);
  int32_t result = MLMON_E_FAILED;
  if (strcmp(self->how, "text") == 0) {
    base_set_error(self, "the cat is on the keyboard");
  } else if (strcmp(self->how, "config") == 0) {
    base_set_error(self, "how: expected no cat");
    result = MLMON_E_CONFIG;
  } else if (strcmp(self->how, "no_instance") == 0) {
    result = MLMON_OK;
  } else if (strcmp(self->how, "acts") == 0) {
    const mlmon_action action = base_action(0, 1);
    services->act(host, &action);
    *out = self;
    return MLMON_OK;
  }
  free(self);
  return result;
}

BASE_ROLE(create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN(
    "test.create_fails", "1.0.0", "one line",
    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"how\":"
    "{\"enum\":[\"text\",\"config\",\"silent\",\"no_instance\",\"acts\"],\"default\":\"text\"}}}",
    &role)
