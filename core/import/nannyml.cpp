#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/import/cells.h"
#include "core/import/format.h"
#include "core/text/wording.h"

// Tables of NannyML, `to_df(multilevel=False)` of its results, as io/raw_files_writer.py writes them too
// (https://github.com/NannyML/nannyml).

namespace mlmon {
namespace {

constexpr std::array<std::string_view, 6> kNannymlMethods = {"jensen_shannon", "hellinger", "wasserstein",
                                                      "kolmogorov_smirnov", "chi2", "l_infinity"};

/// "age_jensen_shannon" as {"age", "jensen_shannon"}; two empty texts: no drift method stands at the end.
std::pair<std::string_view, std::string_view> split_method(std::string_view name) {
  for (const std::string_view method : kNannymlMethods) {
    if (name.size() > method.size() + 1 && name.ends_with(method) &&
        name[name.size() - method.size() - 1] == '_') {
      return {name.substr(0, name.size() - method.size() - 1), method};
    }
  }
  return {};
}

class NannymlFormat final : public RowFormat {
 public:
  explicit NannymlFormat(bool all_periods) : all_periods_(all_periods) {}

  Result<void> begin(const std::vector<std::string_view>& header, ImportSink& sink) override;
  Result<void> read(const std::vector<std::string_view>& cells, std::uint64_t number,
                    ImportSink& sink) override;
  void end(ImportSink& sink) override;

 private:
  struct Column {
    std::size_t index;
    MemberPath path;
    std::string name;
    bool drift;
  };

  void add_column(std::string_view name, std::size_t index, const std::set<std::string_view>& names);
  std::string_view cell(const std::vector<std::string_view>& cells, const char* name) const;

  const bool all_periods_;
  std::map<std::string, std::size_t, std::less<>> chunk_;  // columns of the chunk by name
  std::map<std::string, int, std::less<>> methods_;        // of each column that may have drifted
  std::vector<Column> columns_;
  std::uint64_t rows_ = 0, taken_ = 0;
  Observation observation_;
};

Result<void> NannymlFormat::begin(const std::vector<std::string_view>& header, ImportSink&) {
  const std::set<std::string_view> names(header.begin(), header.end());
  for (const char* needed : {"chunk_period", "chunk_start_index", "chunk_end_index"}) {
    if (names.contains(needed)) continue;
    return Error{std::string("expected a table of NannyML with chunk_period, chunk_start_index and "
                             "chunk_end_index, got a header without ") + needed};
  }
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (header[i].starts_with("chunk_")) chunk_.emplace(header[i], i);
    if (!header[i].ends_with("_value")) continue;
    const auto [column, method] = split_method(header[i].substr(0, header[i].size() - 6));
    if (!column.empty()) ++methods_[std::string(column)];
  }
  for (std::size_t i = 0; i < header.size(); ++i) add_column(header[i], i, names);
  return {};
}

/// A realised figure has its name; where one may be realised, the value beside it is an estimate.
void NannymlFormat::add_column(std::string_view name, std::size_t index,
                               const std::set<std::string_view>& names) {
  for (const char* kind : {"estimated_", "realized_"}) {  // as older versions name them
    if (!name.starts_with(kind) || name.ends_with("_value")) continue;
    const std::string_view figure = name.substr(std::string_view(kind).size());
    const std::string told(*kind == 'e' ? name : figure);
    if (names.contains("estimated_" + std::string(figure)) || names.contains("realized_" + std::string(figure))) {
      columns_.push_back({index, metric_path(told), std::string(name), false});
    }
    return;
  }
  if (name.ends_with("_realized")) {
    columns_.push_back({index, metric_path(name.substr(0, name.size() - 9)), std::string(name), false});
    return;
  }
  if (!name.ends_with("_value")) return;
  const std::string figure(name.substr(0, name.size() - 6));
  if (const auto [column, method] = split_method(figure); !column.empty()) {
    const bool several = methods_.find(column)->second > 1;
    const std::string feature = std::string(column) + (several ? "." + std::string(method) : "");
    columns_.push_back({index, feature_path(feature, Field::kMagnitude), std::string(name), true});
    return;
  }
  const bool estimate = names.contains(figure + "_realized");
  columns_.push_back({index, metric_path(estimate ? "estimated_" + figure : figure), std::string(name), false});
}

std::string_view NannymlFormat::cell(const std::vector<std::string_view>& cells, const char* name) const {
  const auto at = chunk_.find(name);
  return at == chunk_.end() ? std::string_view() : cells[at->second];
}

Result<void> NannymlFormat::read(const std::vector<std::string_view>& cells, std::uint64_t number,
                                 ImportSink& sink) {
  ++rows_;
  if (!all_periods_ && cell(cells, "chunk_period") != "analysis") return {};
  ++taken_;
  observation_.clear();
  observation_.where = "row " + std::to_string(number);
  const std::string_view end = cell(cells, "chunk_end_date");
  if (says_no_text(end)) sink.left_out("chunk_end_date");
  else observation_.time = end;
  const auto first = count_of(cell(cells, "chunk_start_index"));
  const auto last = count_of(cell(cells, "chunk_end_index"));
  if (!first || !last || *last < *first) {
    return Error{observation_.where + ": expected chunk_start_index and chunk_end_index as integers, got " +
                 in_quotes(cell(cells, "chunk_start_index")) + " and " +
                 in_quotes(cell(cells, "chunk_end_index"))};
  }
  observation_.samples = *last - *first + 1;
  for (const Column& column : columns_) {
    const auto value = read_cell(cells[column.index], column.name, sink);
    if (!value) return value.error().in(observation_.where);
    if (*value) (column.drift ? observation_.drift : observation_.metrics).push_back({column.path, **value});
  }
  sink.observe(observation_);
  return {};
}

void NannymlFormat::end(ImportSink& sink) {
  if (rows_ > 0 && taken_ == 0) sink.warn("no chunk of the period analysis (--period all takes the others)");
}

}  // namespace

std::unique_ptr<RowFormat> nannyml_format(const ImportChoices& choices) {
  return std::make_unique<NannymlFormat>(choices.all_periods);
}

}  // namespace mlmon
