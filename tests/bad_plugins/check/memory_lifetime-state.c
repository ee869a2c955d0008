/* Uses what state_get lent when it has asked for something else. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  mlmon_str one = {NULL, 0}, other = {NULL, 0};
  self->services->state_put(self->host, 0, base_str("one"), base_str("1"));
  self->services->state_put(self->host, 0, base_str("other"), base_str("2"));
  self->services->state_get(self->host, 0, base_str("one"), &one);
  self->services->state_get(self->host, 0, base_str("other"), &other);
  if (one.len > 0) self->seen += *(const volatile char*)one.ptr == 'x';
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.memory_lifetime", "1.0.0", "one line", BASE_SCHEMA, &role)
