/* Feeds a plugin by <mlmon/testing.h>, and prints what it decided, one JSON object a line.
 *
 *   feed PLUGIN.so CONFIG EVENTS LINES_A_BATCH BATCHES_A_RUN */
#include <dlfcn.h>
#include <mlmon/testing.h>

static char *whole(const char *path) {
  FILE *file = fopen(path, "rb");
  char *text;
  long size;
  if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) return NULL;
  rewind(file);
  text = calloc(1, (size_t)size + 1);
  if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size) return NULL;
  fclose(file);
  return text;
}

static const mlmon_class *class_of(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  mlmon_plugin_entry entry = NULL;
  if (library == NULL) return fprintf(stderr, "%s\n", dlerror()), (const mlmon_class *)NULL;
  *(void **)&entry = dlsym(library, "mlmon_plugin_entry_v1"); /* as POSIX has it */
  return entry(NULL)->classes[0];
}

static void print(const mlmon_testing_decisions *all, const char *what) {
  size_t i;
  for (i = 0; i < all->n; i++) {
    const mlmon_testing_decision *one = &all->at[i];
    char time[mlmon_time_room];
    mlmon_format_time(one->time_ns, time);
    printf("[\"%s\",\"%s\",\"%s\",\"%s\",\"%s\",\"%s\",%llu,\"%s\",%s]\n", what, one->type, one->rule, one->state,
           one->why, one->model, (unsigned long long)one->line, time, one->fields);
  }
}

/* Behind so many lines. */
static char *behind(char *at, long lines) {
  for (; lines > 0 && *at != '\0'; lines--) {
    char *end = strchr(at, '\n');
    at = end == NULL ? at + strlen(at) : end + 1;
  }
  return at;
}

int main(int argc, char **argv) {
  const mlmon_class *cls = argc == 6 ? class_of(argv[1]) : NULL;
  char *events = cls == NULL ? NULL : whole(argv[3]);
  mlmon_testing *host;
  char *at;
  long batches = 0;
  int32_t code;
  if (events == NULL) return 2;
  host = mlmon_testing_new(cls, argv[2]);
  for (at = events; *at != '\0' && host->code == MLMON_OK;) {
    char *end = behind(at, atol(argv[4]));
    const char kept = *end;
    *end = '\0';
    mlmon_testing_feed(host, at);
    *end = kept;
    at = end;
    if (++batches % atol(argv[5]) == 0) mlmon_testing_restart(host);
  }
  mlmon_testing_finish(host);
  print(&host->actions, "action");
  print(&host->suppressed, "suppressed");
  code = host->code;
  if (code != MLMON_OK) fprintf(stderr, "%s\n", host->error);
  mlmon_testing_free(host);
  free(events);
  return code == MLMON_OK ? 0 : 1;
}
