#include "core/run/host_events.h"

#include <cstring>
#include <utility>

namespace mlmon {

std::shared_ptr<Batch> HostEvents::batch_of(const std::string& lines,
                                            std::shared_ptr<const std::string> source,
                                            std::uint64_t first_seq) {
  std::shared_ptr<Batch> batch = batches_.take();
  RawBlock& block = batch->block;
  block = {};
  block.buffer.resize(lines.size() + RawBlock::kPadding);
  std::memcpy(block.buffer.data(), lines.data(), lines.size());
  block.size = lines.size();
  batch->host_made = true;
  batch->source = std::move(source);
  batch->first_seq = first_seq;
  parser_.parse(*batch);
  return batch;
}

}  // namespace mlmon
