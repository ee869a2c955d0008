/* Takes the text of a projected field for a C string. */
#include "../base.h"

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  const mlmon_projection team = {
      .size = sizeof team, .type = MLMON_COLUMN_TEXT, .pointer = base_str("/labels/team")};
  uint32_t column = 0;
  services->project(host, &team, &column);
  return base_create(host, services, config, out);
}

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  if (batch->n_columns == 1) self->seen += strlen(batch->columns[0]->text) > 100000000;
  return base_on_batch(self, batch);
}

BASE_ROLE(create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN_WITH("test.memory_bounds", "1.0.0", "one line", BASE_SCHEMA, &role, 0, NULL,
                           NULL)
