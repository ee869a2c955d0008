#pragma once

#include <memory>
#include <string>

#include "core/event/batch.h"
#include "core/event/block_parser.h"
#include "core/event/models.h"

namespace mlmon {

/// Makes batches of events that stand in no input: ends of jobs, and what observers emit. They are parsed
/// as any line is, so that they have all columns. Belongs to the pipeline's thread.
class HostEvents {
 public:
  HostEvents(ModelTable& models, const EventRules& rules)
      : parser_(own_line_rules(rules), models, ~std::uint64_t{0}) {}

  /// `lines`: events, each with a newline.
  std::shared_ptr<Batch> batch_of(const std::string& lines,
                                  std::shared_ptr<const std::string> source, std::uint64_t first_seq);

 private:
  BlockParser parser_;
  BatchPool batches_;
};

}  // namespace mlmon
