/* Blocks a signal. */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>

#include "../base.h"

__attribute__((constructor)) static void loaded(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
}

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.load_signals", "1.0.0", "one line", BASE_SCHEMA, &role)
