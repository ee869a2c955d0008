#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/event/block_parser.h"

namespace mlmon {

/// Parses blocks on several threads and gives them back in the order in which they came.
///
/// All but the parsing belongs to one thread, the pipeline's. It is one of those that parse: when it has
/// nothing else to do, it calls help() rather than sleep.
class ParserPool {
 public:
  /// `threads`: beside the one that calls help(); may be none, and are fewer where the system gives no more. `wake` is called from them whenever a block is
  /// done.
  ParserPool(std::size_t threads, const std::function<std::unique_ptr<BlockParser>()>& make_parser,
             std::function<void()> wake);
  ~ParserPool();

  void submit(std::shared_ptr<Batch> batch);

  /// Blocks that were submitted and not yet taken.
  std::size_t in_flight() const { return order_.size(); }

  /// Parses a block that no other thread has begun, with the caller's own parser. False: there is none.
  bool help(BlockParser& parser);

  /// The oldest block if it is parsed.
  std::shared_ptr<Batch> take();

  /// Forgets what was submitted and not yet taken.
  void discard();

  /// Ends the threads after the blocks at hand, and gives back all that was submitted and not yet taken, in order,
  /// parsed or not. Nothing may be submitted from here on.
  std::vector<std::shared_ptr<Batch>> end();

 private:
  struct Job {
    std::shared_ptr<Batch> batch;
    std::atomic<bool> done{false};
  };

  void stop();
  std::shared_ptr<Job> next_todo();
  void work(BlockParser& parser);

  std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable todo_changed_;
  std::deque<std::shared_ptr<Job>> todo_;
  bool stopping_ = false;
  std::deque<std::shared_ptr<Job>> order_;  // only of the pipeline's thread
  std::vector<std::unique_ptr<BlockParser>> parsers_;
  std::vector<std::thread> threads_;
};

}  // namespace mlmon
