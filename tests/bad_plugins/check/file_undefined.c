/* Uses the C++ library without naming it: that mlmon has it is luck. */
#include "../base.h"

void* _Znwm(size_t);
void _ZdlPv(void*);

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  _ZdlPv(_Znwm(100));
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.file_undefined", "1.0.0", "one line", BASE_SCHEMA, &role)
