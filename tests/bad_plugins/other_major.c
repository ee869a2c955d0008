/* Made for a later major version of the ABI. Linked without plugin.map, which would hide the
 * symbol. */
#include "base.h"

BASE_CLASS("test.other_major", NULL)
static const mlmon_plugin plugin = {sizeof(mlmon_plugin), 2, 0, 0, 0, 1, classes};

MLMON_EXPORT const mlmon_plugin* mlmon_plugin_entry_v2(const mlmon_loader* loader);
const mlmon_plugin* mlmon_plugin_entry_v2(const mlmon_loader* loader) {
  (void)loader;
  return &plugin;
}
