/* Wants exactly the host that it was built with. */
#include "../base.h"

BASE_CLASS("test.descriptor_hosts", BASE_SCHEMA)
static const mlmon_plugin plugin = {
    sizeof(mlmon_plugin), MLMON_ABI_MAJOR, MLMON_ABI_MINOR, 0, 0, 1, classes};

const mlmon_plugin* mlmon_plugin_entry_v1(const mlmon_loader* loader) {
  if (loader->abi_minor == MLMON_ABI_MINOR) return &plugin;
  loader->error(loader, base_str("another host"));
  return NULL;
}
