/* Two classes: the first is well-behaved, the second crashes at an event. */
#include "base.h"

static int32_t crash(mlmon_observer* self, const mlmon_batch* batch) {
  (void)self;
  (void)batch;
  abort();
}

static const mlmon_observer_role good = {.size = sizeof good,
                                         .create = base_create,
                                         .on_batch = base_on_batch,
                                         .finish = base_finish,
                                         .destroy = base_destroy};
static const mlmon_observer_role bad = {.size = sizeof bad,
                                        .create = base_create,
                                        .on_batch = crash,
                                        .finish = base_finish,
                                        .destroy = base_destroy};
static const mlmon_class first = {.size = sizeof first,
                                  .id = "test.good",
                                  .version = "1.0.0",
                                  .summary = "one line",
                                  .config_schema = BASE_SCHEMA,
                                  .observer = &good};
static const mlmon_class second = {.size = sizeof second,
                                   .id = "test.bad",
                                   .version = "1.0.0",
                                   .summary = "one line",
                                   .config_schema = BASE_SCHEMA,
                                   .observer = &bad};
static const mlmon_class* const classes[] = {&first, &second};
static const mlmon_plugin plugin = {
    sizeof(mlmon_plugin), MLMON_ABI_MAJOR, MLMON_ABI_MINOR, 0, 0, 2, classes};
BASE_ENTRY(&plugin)
