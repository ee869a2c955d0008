/* mlmon/plugin.h - the one exported symbol of a plugin and what it leads to.
 *
 * A plugin is a shared library that exports mlmon_plugin_entry_v1 and nothing else (link with
 * plugin.map). It is loaded once and never unloaded.
 */
#ifndef MLMON_PLUGIN_H
#define MLMON_PLUGIN_H

#include "delivery.h"
#include "observer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Static data of the plugin, never changed. Either role may be NULL. */
typedef struct mlmon_class {
  uint32_t size;
  uint32_t state_version;    /* of the form of what the observer keeps; see `migrate` */
  const char *id;            /* "com.example.stale": reverse DNS, unique */
  const char *version;       /* of the plugin, semver */
  const char *summary;       /* one line */
  const char *config_schema; /* JSON Schema of the plugin's own keys (subset: sdk/README.md), or NULL: none */
  const mlmon_observer_role *observer;
  const mlmon_delivery_role *delivery;

  /* 1.1: types of events, [A-Za-z0-9_.:/-]+ and at most 128 bytes each, separated by spaces.
   *
   * subscribes: what its observers see, beside what they `subscribe` to by themselves. NULL: metrics,
   * drift and job; "": none. A type of your own is no bad line once an enabled observer has it here:
   * such an event has `type`, `model` and its time `at`, and may have `id` and `labels`.
   *
   * emits: derived events that its observers may `emit`, none of mlmon's own types. An action whose
   * type stands here is a derived event of that type as well, with the action (but for its place)
   * as its member `action`, and the action's id. NULL or "": none. */
  const char *subscribes;
  const char *emits;
} mlmon_class;

typedef struct mlmon_plugin {
  uint32_t size;
  uint16_t abi_major, abi_minor; /* of the headers it was built with */
  uint16_t min_host_minor;       /* an older host refuses it */
  uint16_t reserved;             /* 0 */
  uint32_t n_classes;            /* at least 1; a short name in a configuration means the first */
  const mlmon_class *const *classes;
} mlmon_plugin;

typedef struct mlmon_loader {
  uint32_t size;
  uint16_t abi_major, abi_minor; /* of the host */
  const char *host_version;
  /* [main] Why the plugin refuses to load. */
  void (*error)(const struct mlmon_loader *, mlmon_str text);
} mlmon_loader;

/* [main] NULL: the plugin refuses, after it has called error(). Starts no thread, does no I/O; may be
 * called more than once and always gives the same answer. */
MLMON_EXPORT const mlmon_plugin *mlmon_plugin_entry_v1(const mlmon_loader *);
typedef const mlmon_plugin *(*mlmon_plugin_entry)(const mlmon_loader *);

#ifdef __cplusplus
}
#endif
#endif
