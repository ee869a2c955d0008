#pragma once

#include <future>
#include <thread>
#include <utility>

#include "core/result.h"

namespace mlmon {

/// Starts a thread that creates what it is for and, if that goes well, runs. Returns what became of creating; after a
/// failure the thread has ended and is joined.
template <class Create, class Run>
Result<void> start_thread(std::thread& thread, Create create, Run run) {
  std::promise<Result<void>> created;
  auto outcome = created.get_future();
  thread = std::thread([&created, create = std::move(create), run = std::move(run)] {
    Result<void> result = create();
    const bool ok = result.ok();
    created.set_value(std::move(result));
    if (ok) run();
  });
  Result<void> result = outcome.get();
  if (!result) thread.join();
  return result;
}

}  // namespace mlmon
