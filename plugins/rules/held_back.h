#pragma once

#include <cstdint>
#include <mlmon/observer.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/rules/model_table.h"
#include "plugins/rules/rule.h"
#include "plugins/rules/span.h"

namespace mlmon::rules {

/// Why each rule last did nothing about a model: for people who ask, never for decisions. As JSON
/// {"RULE":["WHY",since_ns,until_ns or null]}; since when it is this reason and this end.
class HeldBack {
 public:
  explicit HeldBack(std::size_t rules) : table_(rules), read_(1) {}

  /// What is kept of the model was read.
  bool knows(mlmon_model model) const { return read_.get(model); }
  void read(mlmon_model model, std::optional<std::string_view> kept, const std::vector<Rule>& rules);

  /// True: that is news, so text() is to be kept.
  bool note(mlmon_model model, std::size_t rule, std::string_view why, std::int64_t at_ns,
            std::optional<std::int64_t> until_ns);
  std::string text(mlmon_model model, const std::vector<Rule>& rules) const;

  struct Reason {
    std::string why;  // empty: there is none
    std::int64_t since_ns = 0;
    std::optional<std::int64_t> until_ns;
  };
  Reason newest(mlmon_model model, std::size_t rule) const;

 private:
  /// A Reason as small as it can be.
  struct Cell {
    std::int64_t since_ns = 0, until_ns = kNever;
    std::uint8_t why = 0;  // its index
  };

  std::uint8_t index_of(std::string_view why);

  std::vector<std::string> whys_{""};  // all there are
  ModelTable<Cell> table_;
  ModelTable<char> read_;
};

}  // namespace mlmon::rules
