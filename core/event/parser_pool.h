#pragma once

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
/// submit() and the takes belong to one thread, the pipeline's.
class ParserPool {
 public:
  /// `wake` is called from the parser threads whenever a block is done.
  ParserPool(std::size_t threads, const std::function<std::unique_ptr<BlockParser>()>& make_parser,
             std::function<void()> wake);
  ~ParserPool();

  void submit(std::shared_ptr<Batch> batch);

  /// Blocks that were submitted and not yet taken.
  std::size_t in_flight() const { return order_.size(); }

  /// The oldest block once it is parsed: take() waits for it, try_take() gives nothing if it is not.
  /// REQUIRES for take(): in_flight() > 0.
  std::shared_ptr<Batch> take();
  std::shared_ptr<Batch> try_take();

 private:
  struct Job {
    std::shared_ptr<Batch> batch;
    bool done = false;
  };

  void work(BlockParser& parser);

  std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable todo_changed_, job_done_;
  std::deque<std::shared_ptr<Job>> todo_;
  bool stopping_ = false;
  std::deque<std::shared_ptr<Job>> order_;  // only of the pipeline's thread
  std::vector<std::unique_ptr<BlockParser>> parsers_;
  std::vector<std::thread> threads_;
};

}  // namespace mlmon
