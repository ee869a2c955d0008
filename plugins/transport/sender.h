#pragma once

#include <functional>
#include <mlmon/delivery.hpp>

namespace mlmon::transport {

/// Asked again and again during a delivery; true: the process is ending, give up soon.
using Cancelled = std::function<bool()>;

/// One way to hand over actions. Belongs to one thread.
class Sender {
 public:
  Sender() = default;
  virtual ~Sender() = default;
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  /// One try. An exception is a retry with its text.
  virtual Outcome send(const Item& item, const Cancelled& cancelled) = 0;
};

/// The outcome of a try that was given up because the process is ending.
Outcome interrupted();

}  // namespace mlmon::transport
