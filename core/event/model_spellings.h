#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
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

  /// One that is known; it stays where it is for the life of them all.
  class Spelling {
   public:
    Spelling() = default;
    explicit operator bool() const { return at_ != nullptr; }
    std::uint32_t model() const { return read<std::uint32_t>(0); }  // a handle
    std::string_view bytes() const { return {at_ + kHead, read<std::uint16_t>(kModelBytes)}; }

   private:
    friend class ModelSpellings;
    // As it lies in memory: handle, length, bytes.
    static constexpr std::size_t kModelBytes = sizeof(std::uint32_t);
    static constexpr std::size_t kHead = kModelBytes + sizeof(std::uint16_t);

    explicit Spelling(const char* at) : at_(at) {}
    template <class T>
    T read(std::size_t offset) const {
      T value = 0;
      std::memcpy(&value, at_ + offset, sizeof value);
      return value;
    }

    const char* at_ = nullptr;
  };

  ModelSpellings();
  ~ModelSpellings();

  /// Null: these bytes are not known.
  Spelling find(std::string_view bytes) const;

  /// `model`: its handle. Handles are dense, so it also says how many models there are.
  void add(std::string_view bytes, std::uint32_t model);

 private:
  class Table;

  const char* keep(std::string_view bytes, std::uint32_t model);

  std::atomic<const Table*> newest_;
  std::vector<std::unique_ptr<Table>> tables_;  // each larger than the one before; find() may be in any
  std::vector<std::unique_ptr<char[]>> chunks_;  // of spellings
  std::size_t chunk_used_;
  std::atomic<std::size_t> count_{0};
  std::atomic<std::size_t> models_{0};
  std::mutex mutex_;  // of those who add
};

}  // namespace mlmon
