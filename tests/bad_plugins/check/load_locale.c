/* Sets the locale. */
#include <locale.h>

#include "../base.h"

__attribute__((constructor)) static void loaded(void) { setlocale(LC_ALL, "C.UTF-8"); }

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.load_locale", "1.0.0", "one line", BASE_SCHEMA, &role)
