#include "base.h"

MLMON_OBSERVER_PLUGIN("test.no_role", "1.0.0", "one line", NULL, NULL)
