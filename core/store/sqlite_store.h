#pragma once

#include <memory>
#include <string>

#include "core/store/store.h"

namespace mlmon {

/// A store that is gone with the process (`--no-state`): on disk once it is large, so that a storm of
/// actions costs disk and not memory.
Result<std::unique_ptr<Store>> open_temporary_store();

/// A temporary store that begins as a copy of a state folder's, which stays as it is (`--dry-run`).
Result<std::unique_ptr<Store>> open_copy_store(const std::string& folder);

/// The store of a state folder. A lock of another program is waited for so long before a call fails.
Result<std::unique_ptr<Store>> open_state_store(const std::string& folder, int lock_wait_ms = 60'000);

}  // namespace mlmon
