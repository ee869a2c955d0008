/* A note of another class. */
#include "../base.h"

BASE_CLASS("test.descriptor_note", BASE_SCHEMA)
static const mlmon_plugin plugin = {
    sizeof(mlmon_plugin), MLMON_ABI_MAJOR, MLMON_ABI_MINOR, 0, 0, 1, classes};
BASE_ENTRY(&plugin)
MLMON_NOTE("{\"abi\":\"" MLMON_NOTE_ABI
           "\",\"classes\":[" MLMON_NOTE_CLASS("test.another", "1.0.0", "one line",
                                               "\"observer\"") "]}")
