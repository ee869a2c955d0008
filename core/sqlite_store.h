#pragma once

#include <memory>

#include "core/store.h"

namespace mlmon {

/// A store that is gone with the process (`--no-state`): on disk once it is large, so that a storm of
/// actions costs disk and not memory.
Result<std::unique_ptr<Store>> open_temporary_store();

}  // namespace mlmon
