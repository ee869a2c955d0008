// One header alone, twice, in C++: compiled once for each with -DMLMON_HEADER='<mlmon/abi.h>' and
// so on, the .h as C++11 to C++20, the .hpp as C++17 and C++20.
#include MLMON_HEADER
#include MLMON_HEADER

#ifdef MLMON_BATCH_H
uint32_t first_row(const mlmon_batch& batch);
uint32_t first_row(const mlmon_batch& batch) { return mlmon_row(&batch, 0); }
#endif

#ifdef MLMON_NOTE_H
namespace {
int32_t create(mlmon_observer_host*, const mlmon_observer_services*, mlmon_str, mlmon_observer**) {
  return MLMON_OK;
}
int32_t on_batch(mlmon_observer*, const mlmon_batch*) { return MLMON_OK; }
void destroy(mlmon_observer*) {}
const mlmon_observer_role role = {
    sizeof(mlmon_observer_role), 0, create, on_batch, nullptr, destroy, nullptr, nullptr, nullptr};
}  // namespace
MLMON_OBSERVER_PLUGIN("org.example.nothing", "0.1.0", "decides nothing", NULL, &role)
#endif
