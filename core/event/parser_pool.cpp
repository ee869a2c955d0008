#include "core/event/parser_pool.h"

#include <system_error>
#include <utility>

namespace mlmon {

ParserPool::ParserPool(std::size_t threads,
                       const std::function<std::unique_ptr<BlockParser>()>& make_parser,
                       std::function<void()> wake)
    : wake_(std::move(wake)) {
  for (std::size_t i = 0; i < threads; ++i) parsers_.push_back(make_parser());
  threads_.reserve(threads);
  try {
    for (const auto& parser : parsers_) {
      threads_.emplace_back([this, &parser = *parser] { work(parser); });
    }
  } catch (const std::system_error&) {
    // The system gives no more threads: those that there are do, and the caller's helps.
  }
}

ParserPool::~ParserPool() { stop(); }

void ParserPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  todo_changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::vector<std::shared_ptr<Batch>> ParserPool::end() {
  stop();
  std::vector<std::shared_ptr<Batch>> left;
  for (const auto& job : order_) left.push_back(std::move(job->batch));
  order_.clear();
  todo_.clear();
  return left;
}

void ParserPool::submit(std::shared_ptr<Batch> batch) {
  auto job = std::make_shared<Job>();
  job->batch = std::move(batch);
  order_.push_back(job);
  {
    const std::lock_guard lock(mutex_);
    todo_.push_back(std::move(job));
  }
  todo_changed_.notify_one();
}

std::shared_ptr<Batch> ParserPool::take() {
  if (order_.empty() || !order_.front()->done.load()) return nullptr;
  std::shared_ptr<Batch> batch = std::move(order_.front()->batch);
  order_.pop_front();
  return batch;
}

bool ParserPool::help(BlockParser& parser) {
  std::shared_ptr<Job> job;
  {
    const std::lock_guard lock(mutex_);
    job = next_todo();
  }
  if (!job) return false;
  parser.parse(*job->batch);
  job->done.store(true);
  return true;
}

void ParserPool::discard() {
  order_.clear();
  const std::lock_guard lock(mutex_);
  todo_.clear();
}

/// REQUIRES: the mutex is held.
std::shared_ptr<ParserPool::Job> ParserPool::next_todo() {
  if (todo_.empty()) return nullptr;
  std::shared_ptr<Job> job = std::move(todo_.front());
  todo_.pop_front();
  return job;
}

void ParserPool::work(BlockParser& parser) {
  for (;;) {
    std::shared_ptr<Job> job;
    {
      std::unique_lock lock(mutex_);
      todo_changed_.wait(lock, [this] { return stopping_ || !todo_.empty(); });
      if (stopping_) return;
      job = next_todo();
    }
    parser.parse(*job->batch);
    job->done.store(true);
    wake_();
  }
}

}  // namespace mlmon
