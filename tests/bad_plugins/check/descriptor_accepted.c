/* Refuses to load. */
#include "../base.h"

const mlmon_plugin* mlmon_plugin_entry_v1(const mlmon_loader* loader) {
  loader->error(loader, base_str("the licence has expired"));
  return NULL;
}
