/* Decides at every event whose f1 is below 0.5 what the host must refuse, in the way that "how"
 * names, and takes no notice of the refusal. "newline", "no_fields" and "backwards" (the last event
 * first) are allowed. */
#include "base.h"

typedef struct bad_words {
  const char *how, *type, *rule, *transition, *fields;
  uint32_t row, model; /* added to the right ones */
} bad_words;

static const bad_words words[] = {
    {"not_json", "alert", "low", "firing", "{\"a\":", 0, 0},
    {"not_an_object", "alert", "low", "firing", "[1,2]", 0, 0},
    {"two_objects", "alert", "low", "firing", "{\"a\":1}{\"b\":2}", 0, 0},
    {"not_utf8", "alert", "low", "firing", "{\"a\":\"\xff\"}", 0, 0},
    {"host_member", "alert", "low", "firing", "{\"id\":\"mine\"}", 0, 0},
    {"escaped_host_member", "alert", "low", "firing", "{\"\\u0061ction\":\"mine\"}", 0, 0},
    {"upper_case_type", "Alert", "low", "firing", "", 0, 0},
    {"no_type", "", "low", "firing", "", 0, 0},
    {"suppressed_type", "suppressed", "low", "firing", "", 0, 0},
    {"no_rule", "alert", "", "firing", "", 0, 0},
    {"rule_not_utf8", "alert", "low\xff", "firing", "", 0, 0},
    {"transition_not_utf8", "alert", "low", "\xc3", "", 0, 0},
    {"row_out_of_range", "alert", "low", "firing", "", 1000000, 0},
    {"unknown_model", "alert", "low", "firing", "", 0, 1000000},
    {"newline", "alert", "low", "firing", " {\n\"a\" :\r\n[1,\n2]\n,\t\"b\":\"}\"}\n ", 0, 0},
    {"no_fields", "alert", "low", "firing", "{ }", 0, 0},
    {"backwards", "alert", "low", "firing", "", 0, 0},
};

static void act(const mlmon_observer* self, uint32_t row, mlmon_model model) {
  size_t i;
  for (i = 0; i < sizeof words / sizeof words[0]; ++i) {
    const bad_words* bad = &words[i];
    if (strcmp(bad->how, self->how) == 0) {
      mlmon_action action = base_action(row + bad->row, model + bad->model);
      action.type = base_str(bad->type);
      action.rule = base_str(bad->rule);
      action.transition = base_str(bad->transition);
      action.fields = base_str(bad->fields);
      self->services->act(self->host, &action);
    }
  }
}

/* Once about the row that is given, which is fine, and once about one that is not there. */
static void suppress(const mlmon_observer* self, uint32_t row, mlmon_model model) {
  mlmon_suppression held;
  memset(&held, 0, sizeof held);
  held.size = sizeof held;
  held.row = row;
  held.model = model;
  held.of = base_str("alert");
  held.rule = base_str("low");
  held.why = base_str("whim");
  self->services->suppress(self->host, &held);
  held.row += 1000000;
  self->services->suppress(self->host, &held);
}

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  uint32_t i;
  for (i = 0; i < batch->count; ++i) {
    const uint32_t at = strcmp(self->how, "backwards") == 0 ? batch->count - 1 - i : i;
    const uint32_t row = mlmon_row(batch, at);
    if (!(batch->f1[row] < 0.5)) continue;
    act(self, row, batch->model[row]);
    if (strcmp(self->how, "suppresses_row_out_of_range") == 0)
      suppress(self, row, batch->model[row]);
  }
  return MLMON_OK;
}

static int32_t finish(mlmon_observer* self) {
  if (strcmp(self->how, "in_finish") == 0) {
    const mlmon_action action = base_action(0, 1);
    self->services->act(self->host, &action);
  }
  return MLMON_OK;
}

BASE_ROLE(base_create, on_batch, finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.acts_badly", "1.0.0", "one line",
                      "{\"type\":\"object\",\"properties\":{\"how\":{\"type\":\"string\"}},"
                      "\"required\":[\"how\"],\"additionalProperties\":false}",
                      &role)
