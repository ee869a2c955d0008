/* One header alone, twice, in C: compiled once for each with -DMLMON_HEADER='<mlmon/abi.h>' and so
 * on, as C99 and C11, and for note.h also a whole plugin made by its macros. */
#include MLMON_HEADER
#include MLMON_HEADER

#ifdef MLMON_BATCH_H
uint32_t first_row(const mlmon_batch* batch);
uint32_t first_row(const mlmon_batch* batch) { return mlmon_row(batch, 0); }
#endif

#ifdef MLMON_NOTE_H
static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  (void)config;
  (void)out;
  if (MLMON_HAS(mlmon_observer_services, services, explaining)) services->explaining(host);
  return MLMON_OK;
}
static int32_t on_batch(mlmon_observer* observer, const mlmon_batch* batch) {
  (void)observer;
  return batch->count == 0 ? MLMON_E_INVALID : MLMON_OK;
}
static void destroy(mlmon_observer* observer) { (void)observer; }

static const mlmon_observer_role role = {
    .size = sizeof(mlmon_observer_role), .create = create, .on_batch = on_batch, .destroy = destroy};
MLMON_OBSERVER_PLUGIN("org.example.nothing", "0.1.0", "decides nothing", NULL, &role)
#else
typedef int not_empty;
#endif
