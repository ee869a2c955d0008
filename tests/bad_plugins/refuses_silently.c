#include "base.h"

BASE_ENTRY(NULL)
