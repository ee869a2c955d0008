#pragma once

#include <mlmon/batch.h>

#include <cstdint>
#include <mlmon/setup.hpp>
#include <optional>
#include <string>

namespace mlmon::rules {

/// A figure that rules can look at: one that every event may carry, or by its name one of the
/// event's `metrics`. Rules on drift metrics are drift rules, all others metric rules.
class Metric {
 public:
  /// Asks the host for the column where the name is not one of mlmon's own.
  static Metric named(const std::string& name, const Setup& setup);

  const std::string& name() const { return name_; }  // as in events and actions
  bool is_drift() const { return column_ == &mlmon_batch::magnitude || is_p_value(); }
  bool is_p_value() const { return column_ == &mlmon_batch::p_value; }

  /// True for one that lies in [0, 1].
  bool is_share() const { return column_ != nullptr && column_ != &mlmon_batch::magnitude; }

  /// Its value for each row; NaN where the event does not carry it.
  const double* figures(const mlmon_batch& batch) const {
    return column_ != nullptr ? batch.*column_ : batch.columns[projected_]->numbers;
  }

 private:
  std::string name_;
  const double* mlmon_batch::*column_ = nullptr;  // null: a projected one
  std::uint32_t projected_ = 0;
};

}  // namespace mlmon::rules
