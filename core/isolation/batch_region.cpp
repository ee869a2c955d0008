#include "core/isolation/batch_region.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace mlmon {
namespace {

constexpr std::size_t kAligned = 64;

Error region_error(const char* what) { return Error{std::generic_category().message(errno)}.in(what); }

std::atomic<std::uint32_t>& word(char* memory) {
  static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
  return *reinterpret_cast<std::atomic<std::uint32_t>*>(memory);
}

}  // namespace

Result<BatchRegion> BatchRegion::create() {
  const int fd = ::memfd_create("mlmon-batch", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return region_error("memfd_create");
  void* memory = MAP_FAILED;
  if (::ftruncate(fd, static_cast<off_t>(kSize)) == 0) {
    memory = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
  }
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
  if (memory == MAP_FAILED || ::fcntl(fd, F_ADD_SEALS, kSeals) != 0) {
    const Error failed = region_error("memory for batches");
    if (memory != MAP_FAILED) ::munmap(memory, kSize);
    ::close(fd);
    return failed;
  }
  return BatchRegion(fd, static_cast<char*>(memory));
}

Result<BatchRegion> BatchRegion::open(int fd) {
  void* memory = ::mmap(nullptr, kSize, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0);
  if (memory == MAP_FAILED) return region_error("memory for batches");
  return BatchRegion(-1, static_cast<char*>(memory));
}

BatchRegion::BatchRegion(BatchRegion&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      memory_(std::exchange(other.memory_, nullptr)),
      used_(other.used_) {}

BatchRegion::~BatchRegion() {
  if (memory_ != nullptr) ::munmap(memory_, kSize);
  if (fd_ >= 0) ::close(fd_);
}

void BatchRegion::set_cancelled() { word(memory_).store(1); }
bool BatchRegion::cancelled() const { return word(memory_).load() != 0; }

/// Its place in the region, of the chosen rows; 0: there is no room, or no such column.
template <class T>
std::uint64_t BatchRegion::place(const T* values, std::uint32_t rows) {
  const std::size_t size = rows * sizeof(T);
  if (values == nullptr || size > kSize - used_) {
    if (values != nullptr) used_ = kSize;
    return 0;
  }
  const std::size_t at = used_;
  if (chosen_ == nullptr) {
    std::memcpy(memory_ + at, values, size);
  } else {
    T* const out = reinterpret_cast<T*>(memory_ + at);
    for (std::uint32_t i = 0; i < rows; ++i) out[i] = values[chosen_[i]];
  }
  used_ = std::min(kSize, (at + size + kAligned - 1) / kAligned * kAligned);
  return at;
}

/// The texts of the rows, and their offsets counted from the first byte of these.
std::uint64_t BatchRegion::place_text(const char* text, const std::uint32_t* off,
                                      const std::uint32_t* len, std::uint32_t rows,
                                      std::uint64_t& off_at, std::uint64_t& text_size) {
  std::uint32_t begin = MLMON_ABSENT_TEXT, end = 0;
  for (std::uint32_t i = 0; i < rows; ++i) {
    const std::uint32_t row = chosen_ != nullptr ? chosen_[i] : i;
    if (off[row] == MLMON_ABSENT_TEXT) continue;
    begin = std::min(begin, off[row]);
    end = std::max(end, off[row] + len[row]);
  }
  begin = std::min(begin, end);
  off_at = place(off, rows);
  auto* moved = reinterpret_cast<std::uint32_t*>(memory_ + off_at);
  for (std::uint32_t i = 0; off_at != 0 && i < rows; ++i) {
    if (moved[i] != MLMON_ABSENT_TEXT) moved[i] -= begin;
  }
  text_size = end - begin;
  const std::uint32_t* const chosen = std::exchange(chosen_, nullptr);
  const std::uint64_t at = place(text == nullptr ? "" : text + begin, end - begin);
  chosen_ = chosen;
  return at;
}

std::string BatchRegion::put(const mlmon_batch& batch, bool with_raw, bool dense) {
  used_ = kFirst;
  chosen_ = dense ? batch.sel : nullptr;
  const std::uint32_t* const selection = dense ? nullptr : batch.sel;
  const std::uint32_t rows = dense ? batch.count : batch.rows;
  FrameWriter frame(FrameKind::kBatch);
  frame.u32(batch.flags).u32(rows).u32(batch.count).u32(selection != nullptr ? 1 : 0);
  frame.u64(batch.first_seq).u64(batch.dropped);
  frame.u64(selection != nullptr ? place(selection, batch.count) : 0);
  const auto column = [&](const auto* values) { frame.u64(place(values, rows)); };
  column(batch.time_ns), column(batch.model), column(batch.kind);
  for (const double* figures : {batch.accuracy, batch.precision, batch.recall, batch.f1, batch.p_value,
                                batch.magnitude}) {
    column(figures);
  }
  column(batch.samples), column(batch.line), column(batch.offset);
  std::uint64_t off = 0, size = 0, text = 0;
  if (with_raw) text = place_text(batch.raw, batch.raw_off, batch.raw_len, rows, off, size);
  frame.u64(off).u64(with_raw ? place(batch.raw_len, rows) : 0);
  frame.u64(text).u64(size);
  frame.u32(batch.n_columns);
  for (std::uint32_t i = 0; i < batch.n_columns; ++i) {
    const mlmon_column& field = *batch.columns[i];
    std::uint64_t values = 0, lengths = 0;
    text = size = 0;
    if (field.numbers != nullptr) {
      values = place(field.numbers, rows);
    } else if (field.integers != nullptr) {
      values = place(field.integers, rows);
    } else if (field.text_off != nullptr) {
      text = place_text(field.text, field.text_off, field.text_len, rows, values, size);
      lengths = place(field.text_len, rows);
    }
    frame.u32(field.type).u64(values).u64(lengths).u64(text).u64(size);
  }
  return used_ < kSize ? frame.take() : "";
}

bool BorrowedBatch::read(std::string_view content, const char* memory) {
  FrameReader frame(content);
  batch_ = {};
  batch_.size = sizeof batch_;
  batch_.flags = frame.u32();
  batch_.rows = frame.u32();
  batch_.count = frame.u32();
  const bool selected = frame.u32() != 0;
  batch_.first_seq = frame.u64();
  batch_.dropped = frame.u64();
  const auto at = [&]<class T>(const T*& column) {
    const std::uint64_t place = frame.u64();
    column = place == 0 ? nullptr : reinterpret_cast<const T*>(memory + place);
  };
  at(batch_.sel);
  static constexpr std::uint32_t kNone = 0;
  if (selected && batch_.sel == nullptr) batch_.sel = &kNone;
  at(batch_.time_ns), at(batch_.model), at(batch_.kind);
  at(batch_.accuracy), at(batch_.precision), at(batch_.recall), at(batch_.f1), at(batch_.p_value);
  at(batch_.magnitude), at(batch_.samples), at(batch_.line), at(batch_.offset);
  at(batch_.raw_off), at(batch_.raw_len), at(batch_.raw);
  frame.u64();
  columns_.assign(frame.u32(), {});
  pointers_.clear();
  for (mlmon_column& field : columns_) {
    if (!frame.ok()) return false;
    field.size = sizeof field;
    field.type = frame.u32();
    if (field.type == MLMON_COLUMN_NUMBER) {
      at(field.numbers);
    } else if (field.type == MLMON_COLUMN_INTEGER || field.type == MLMON_COLUMN_BOOLEAN) {
      at(field.integers);
    } else {
      at(field.text_off);
    }
    at(field.text_len), at(field.text);
    frame.u64();
    pointers_.push_back(&field);
  }
  batch_.n_columns = static_cast<std::uint32_t>(columns_.size());
  batch_.columns = pointers_.data();
  return frame.whole();
}

}  // namespace mlmon
