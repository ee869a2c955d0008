#include "cli/conformance/lent_batch.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace mlmon {
namespace {

constexpr const char* kUntilReturned = "on_batch had returned";

}  // namespace

LentBatch::LentBatch(const Batch& batch, const BatchSlice& slice,
                     const std::vector<std::uint32_t>& columns, const Lending& lending,
                     std::uint32_t size)
    : lending_(lending), struct_(std::max<std::size_t>(size, sizeof(mlmon_batch))) {
  const std::uint32_t at = slice.first;
  all_.size = size;
  all_.flags = slice.flags;
  all_.first_seq = batch.first_seq + at;
  all_.dropped = slice.dropped;
  all_.rows = slice.rows;
  all_.count = slice.rows;
  if (slice.selected) {
    all_.count = static_cast<std::uint32_t>(slice.selected->size());
    all_.sel = slice.selected->empty() ? &no_row_ : slice.selected->data();
  }
  all_.time_ns = batch.time_ns.data() + at;
  all_.model = batch.model.data() + at;
  all_.kind = batch.kind.data() + at;
  all_.accuracy = batch.accuracy.data() + at;
  all_.precision = batch.precision.data() + at;
  all_.recall = batch.recall.data() + at;
  all_.f1 = batch.f1.data() + at;
  all_.p_value = batch.p_value.data() + at;
  all_.magnitude = batch.magnitude.data() + at;
  all_.samples = batch.samples.data() + at;
  all_.line = batch.line.data() + at;
  all_.offset = batch.offset.data() + at;
  all_.raw_off = batch.raw_off.data() + at;
  all_.raw_len = batch.raw_len.data() + at;
  all_.raw = batch.block.text().data();
  if (lending.guarded) guard_core(batch, slice);
  lend_projected(batch, slice, columns);
  std::memcpy(struct_.data(), &all_, sizeof all_);
  const char* lent = struct_.data();
  lent = guard("the batch", lent, size);
  abi_ = reinterpret_cast<const mlmon_batch*>(lent);
}

template <class T>
const T* LentBatch::guard(const char* name, const T* column, std::size_t count) {
  if (!lending_.guarded || column == nullptr) return column;
  // NOLINTNEXTLINE(bugprone-sizeof-expression): a column may hold pointers
  const std::string_view bytes(reinterpret_cast<const char*>(column), count * sizeof(T));
  guarded_.emplace_back(name, bytes, lending_.flush, kUntilReturned);
  return reinterpret_cast<const T*>(guarded_.back().data());
}

void LentBatch::guard_core(const Batch& batch, const BatchSlice& slice) {
  const std::uint32_t rows = slice.rows;
  const std::uint32_t last = slice.first + rows - 1;
  const std::uint32_t text_at = batch.raw_off[slice.first];
  const std::size_t text_size = batch.raw_off[last] + batch.raw_len[last] - text_at;
  for (std::uint32_t row = 0; row < rows; ++row) {
    raw_off_.push_back(batch.raw_off[slice.first + row] - text_at);
  }
  all_.raw_off = guard("raw_off", raw_off_.data(), rows);
  all_.raw_len = guard("raw_len", all_.raw_len, rows);
  all_.raw = guard("the raw text", all_.raw + text_at, text_size);
  if (all_.sel != nullptr) all_.sel = guard("sel", all_.sel, all_.count);
  all_.time_ns = guard("time_ns", all_.time_ns, rows);
  all_.model = guard("model", all_.model, rows);
  all_.kind = guard("kind", all_.kind, rows);
  all_.accuracy = guard("accuracy", all_.accuracy, rows);
  all_.precision = guard("precision", all_.precision, rows);
  all_.recall = guard("recall", all_.recall, rows);
  all_.f1 = guard("f1", all_.f1, rows);
  all_.p_value = guard("p_value", all_.p_value, rows);
  all_.magnitude = guard("magnitude", all_.magnitude, rows);
  all_.samples = guard("samples", all_.samples, rows);
  all_.line = guard("line", all_.line, rows);
  all_.offset = guard("offset", all_.offset, rows);
}

void LentBatch::lend_projected(const Batch& batch, const BatchSlice& slice,
                               const std::vector<std::uint32_t>& columns) {
  const auto part = [&]<class T>(const std::vector<T>& values) {
    return guard("a projected column", values.empty() ? nullptr : values.data() + slice.first,
                 slice.rows);
  };
  const std::string& text = batch.projected.text;
  const char* lent_text =
      columns.empty() ? nullptr : guard("the text of projected columns", text.data(), text.size());
  for (const std::uint32_t number : columns) {
    const ProjectedColumn& column = batch.projected.columns[number];
    projected_.push_back({sizeof(mlmon_column), static_cast<std::uint32_t>(column.type),
                          part(column.numbers), part(column.integers), part(column.text_off),
                          part(column.text_len), lent_text});
  }
  for (const mlmon_column& column : projected_) {
    projected_pointers_.push_back(guard("an mlmon_column", &column, 1));
  }
  all_.n_columns = static_cast<std::uint32_t>(columns.size());
  all_.columns = projected_pointers_.empty()
                     ? nullptr
                     : guard("the columns", projected_pointers_.data(), columns.size());
}

void LentBatch::take_back() {
  if (!lending_.take_back) return;
  for (GuardedBlock& block : guarded_) block.take_back();
}

}  // namespace mlmon
