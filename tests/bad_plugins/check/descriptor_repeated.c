/* Another descriptor at each call. */
#include "../base.h"

BASE_CLASS("test.descriptor_repeated", BASE_SCHEMA)

const mlmon_plugin* mlmon_plugin_entry_v1(const mlmon_loader* loader) {
  static mlmon_plugin plugins[64];
  static uint32_t calls;
  mlmon_plugin* plugin = &plugins[calls++ % 64];
  (void)loader;
  plugin->size = sizeof *plugin;
  plugin->abi_major = MLMON_ABI_MAJOR;
  plugin->abi_minor = MLMON_ABI_MINOR;
  plugin->n_classes = 1;
  plugin->classes = classes;
  return plugin;
}
