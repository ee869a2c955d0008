#pragma once

#include <string>

#include "plugins/transport/sender.h"

namespace mlmon::alert {

/// Appends each action to a file as one line, whole or not at all; a line that a killed run left half
/// written is completed. It is opened for each, so that
/// one that was rotated away is made anew. Whatever fails is a retry that names the path.
class File final : public transport::Sender {
 public:
  explicit File(std::string path);
  Outcome send(const Item& item, const transport::Cancelled& cancelled) override;

 private:
  const std::string path_;
};

}  // namespace mlmon::alert
