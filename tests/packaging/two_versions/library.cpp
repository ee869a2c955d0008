#include "library.h"

int library_version() {
  ++Library::calls;
  return LIBRARY_VERSION;
}

int library_calls() { return Library::calls; }
