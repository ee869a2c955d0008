/* Tests of the observer by itself, without mlmon: `make unit`. mlmon/testing.h says what there is. */
#undef NDEBUG
#include <assert.h>
#include <mlmon/testing.h>

static void auc(mlmon_testing *host, const char *time, double value) {
  char members[64];
  snprintf(members, sizeof members, "\"metrics\":{\"auc\":%g}", value);
  assert(mlmon_testing_feed(host, mlmon_testing_line(host, "metrics", "fraud", time, members)) == MLMON_OK);
}

int main(void) {
  const mlmon_class *cls = mlmon_plugin_entry_v1(NULL)->classes[0];
  mlmon_testing *host = mlmon_testing_new(cls, "{\"below\":0.5}");
  auc(host, "2026-02-01T08:00:00Z", 0.5);
  assert(host->actions.n == 0); /* the limit itself is not below it */
  auc(host, "2026-02-01T09:00:00Z", 0.4);
  auc(host, "2026-02-01T10:00:00Z", 0.3);
  assert(host->actions.n == 1); /* once */
  assert(strcmp(host->actions.at[0].state, "firing") == 0);
  assert(strcmp(host->actions.at[0].fields, "{\"metric\":\"auc\",\"value\":0.4,\"threshold\":0.5}") == 0);

  assert(mlmon_testing_restart(host) == MLMON_OK); /* what it knows is kept */
  auc(host, "2026-02-01T11:00:00Z", 0.4);
  assert(host->actions.n == 1);
  auc(host, "2026-02-01T12:00:00Z", 0.6);
  assert(strcmp(host->actions.at[1].state, "resolved") == 0);
  assert(mlmon_testing_state(host, "fraud", "low") == NULL);
  mlmon_testing_free(host);

  host = mlmon_testing_new(cls, "{\"below\":\"low\"}");
  assert(host->code == MLMON_E_CONFIG);
  mlmon_testing_free(host);
  puts("tests/unit.c: ok");
  return 0;
}
