#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mlmon {

/// Model objects as they stand in lines, byte for byte, and the handles of their models: a fleet says
/// the same few over and over, so that most need not be parsed again.
///
/// Thread-safe; find() takes no lock. What was added stays. There is room for two ways of writing each
/// model and for some thousands more, whatever the lines say; others are not remembered.
class ModelSpellings {
 public:
  /// Longer ones are not remembered. (So none is nested too deep for any place in a line.)
  static constexpr std::size_t kLongest = 512;

  ModelSpellings();
  ~ModelSpellings();

  /// The handle; 0: these bytes are not known.
  std::uint32_t find(std::string_view bytes) const;

  /// `model`: its handle. Handles are dense, so it also says how many models there are.
  void add(std::string_view bytes, std::uint32_t model);

 private:
  class Table;

  std::atomic<const Table*> newest_;
  std::vector<std::unique_ptr<Table>> tables_;  // each larger than the one before; find() may be in any
  std::deque<std::string> bytes_;
  std::atomic<std::size_t> count_{0};
  std::atomic<std::size_t> models_{0};
  std::mutex mutex_;  // of those who add
};

}  // namespace mlmon
