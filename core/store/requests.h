#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/store/checkpoint.h"
#include "core/store/database.h"

namespace mlmon {

// Retrainings that go to targets other than the embedded queue. One that a target took is open until its end
// is told; one that no target took, each delivery dead or dropped, has failed: it is put among the ended jobs,
// so that the observers are told. All of these run inside a transaction of the caller's.

/// A retraining was asked for, of so many endpoints. `action`: its number in the store, as below.
Result<void> add_request(Database& database, std::int64_t action, std::int64_t model,
                         std::size_t endpoints);

/// An endpoint took it.
Result<void> request_taken(Database& database, std::int64_t outbox_row);

/// A delivery is dead; `why` becomes the note of the job if it was the last. True: it was.
Result<bool> request_refused(Database& database, std::int64_t outbox_row, std::int64_t now_ns,
                             std::string_view why);

/// Its end is known: its job is closed, if it waits in the queue and is open; else it becomes a job that has ended.
/// `told_model`: the row of the model whose observers have heard it, for the others are still to; 0: nobody has. False: it had
/// ended before, or is no request.
Result<bool> request_ended(Database& database, std::int64_t action, const JobEnd& end, std::int64_t told_model);

/// Deliveries are about to be dropped, or dead ones to be tried again: those of the action, or all (0). A job that
/// failed by these is open again, unless another one of its model is; of several of a model the newest.
Result<void> request_drops(Database& database, std::int64_t action, std::int64_t now_ns);
Result<void> request_retries(Database& database, std::int64_t action, std::int64_t now_ns);

/// Jobs that were open again until a target took them have no row any more, once observers know that they are.
Result<void> forget_taken_requests(Database& database);

}  // namespace mlmon
