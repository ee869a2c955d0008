// mlmon/batch.hpp - the columns of <mlmon/batch.h>, by event or by column.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "batch.h"

#pragma GCC visibility push(hidden)
namespace mlmon {
inline namespace v1 {

/// One event of a batch. A pointer and a row: copy it freely, drop it when on_batch returns.
/// A figure that the event does not carry is NaN, so that every comparison with it is false.
class Event {
 public:
  Event(const mlmon_batch& batch, std::uint32_t row) : batch_(&batch), row_(row) {}

  std::uint32_t row() const { return row_; }
  std::uint64_t seq() const {
    return (batch_->flags & MLMON_BATCH_DERIVED) != 0 ? batch_->first_seq
                                                      : batch_->first_seq + row_;
  }
  std::int64_t time_ns() const { return batch_->time_ns[row_]; }  // since 1970
  mlmon_model model() const { return batch_->model[row_]; }
  std::uint32_t kind() const { return batch_->kind[row_]; }  // MLMON_KIND_*

  double accuracy() const { return batch_->accuracy[row_]; }
  double precision() const { return batch_->precision[row_]; }
  double recall() const { return batch_->recall[row_]; }
  double f1() const { return batch_->f1[row_]; }
  double p_value() const { return batch_->p_value[row_]; }
  double magnitude() const { return batch_->magnitude[row_]; }
  std::int64_t samples() const { return batch_->samples[row_]; }  // -1: not told

  std::uint64_t line() const { return batch_->line[row_]; }
  std::uint64_t offset() const { return batch_->offset[row_]; }
  std::string_view raw() const {
    return {batch_->raw + batch_->raw_off[row_], batch_->raw_len[row_]};
  }
  const mlmon_batch& batch() const { return *batch_; }

 private:
  const mlmon_batch* batch_;
  std::uint32_t row_;
};

/// One column: a value for each row, selected or not.
template <class T>
class Column {
 public:
  Column(const T* data, std::uint32_t size) : data_(data), size_(size) {}

  const T* data() const { return data_; }
  std::uint32_t size() const { return size_; }
  const T& operator[](std::uint32_t row) const { return data_[row]; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  const T* data_;
  std::uint32_t size_;
};

/// The events that the observer subscribed to, in order. By event: `for (const Event& e :
/// batch)`. By column: `batch.f1()[batch.row(i)]` for i < size(); a column also holds the rows of
/// others.
class Batch {
 public:
  class Iterator {
   public:
    Iterator(const mlmon_batch& batch, std::uint32_t i) : batch_(&batch), i_(i) {}
    Event operator*() const { return {*batch_, mlmon_row(batch_, i_)}; }
    Iterator& operator++() { return ++i_, *this; }
    bool operator!=(const Iterator& other) const { return i_ != other.i_; }
    bool operator==(const Iterator& other) const { return i_ == other.i_; }

   private:
    const mlmon_batch* batch_;
    std::uint32_t i_;
  };

  explicit Batch(const mlmon_batch& columns) : columns_(&columns) {}

  std::uint32_t size() const { return columns_->count; }
  std::uint32_t row(std::uint32_t i) const { return mlmon_row(columns_, i); }
  Event operator[](std::uint32_t i) const { return {*columns_, row(i)}; }
  Iterator begin() const { return {*columns_, 0}; }
  Iterator end() const { return {*columns_, columns_->count}; }

  bool replay() const { return (columns_->flags & MLMON_BATCH_REPLAY) != 0; }
  bool derived() const { return (columns_->flags & MLMON_BATCH_DERIVED) != 0; }
  std::uint64_t dropped() const { return columns_->dropped; }  // events missing just before

  Column<std::int64_t> time_ns() const { return {columns_->time_ns, columns_->rows}; }
  Column<mlmon_model> model() const { return {columns_->model, columns_->rows}; }
  Column<std::uint32_t> kind() const { return {columns_->kind, columns_->rows}; }
  Column<double> accuracy() const { return {columns_->accuracy, columns_->rows}; }
  Column<double> precision() const { return {columns_->precision, columns_->rows}; }
  Column<double> recall() const { return {columns_->recall, columns_->rows}; }
  Column<double> f1() const { return {columns_->f1, columns_->rows}; }
  Column<double> p_value() const { return {columns_->p_value, columns_->rows}; }
  Column<double> magnitude() const { return {columns_->magnitude, columns_->rows}; }
  Column<std::int64_t> samples() const { return {columns_->samples, columns_->rows}; }

  /// The C struct itself.
  const mlmon_batch& columns() const { return *columns_; }

 private:
  const mlmon_batch* columns_;
};

}  // namespace v1
}  // namespace mlmon
#pragma GCC visibility pop
