#include <algorithm>
#include <string>

#include "core/import/cells.h"
#include "core/import/field_map.h"
#include "core/text/suggest.h"
#include "core/text/wording.h"

namespace mlmon {
namespace {

using Kind = ImportField::Kind;

/// Tables whose columns are our fields, by their names or as mapped.
class CsvFormat final : public RowFormat {
 public:
  struct Mapped {
    ImportField field;
    std::string column;
  };

  explicit CsvFormat(std::vector<Mapped> mapped) : mapped_(std::move(mapped)) {}

  Result<void> begin(const std::vector<std::string_view>& header, ImportSink& sink) override;
  Result<void> read(const std::vector<std::string_view>& cells, std::uint64_t number,
                    ImportSink& sink) override;
  void end(ImportSink&) override {}

 private:
  struct Column {
    ImportField field;
    std::size_t index;
    std::string name;
  };

  Result<void> add_mapped(const std::vector<std::string_view>& header);
  Result<void> put(const Column& column, std::string_view cell, ImportSink& sink);

  const std::vector<Mapped> mapped_;
  std::vector<Column> columns_;
  Observation observation_;
};

Result<void> CsvFormat::begin(const std::vector<std::string_view>& header, ImportSink&) {
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (std::find(header.begin(), header.begin() + static_cast<std::ptrdiff_t>(i), header[i]) !=
        header.begin() + static_cast<std::ptrdiff_t>(i)) {
      return Error{"header: expected each column once, got " + in_quotes(header[i]) + " twice"};
    }
  }
  if (auto added = add_mapped(header); !added) return added;
  for (std::size_t i = 0; i < header.size(); ++i) {
    auto field = parse_import_field(header[i]);
    if (!field) continue;
    const bool mapped = std::any_of(columns_.begin(), columns_.end(), [&](const Column& column) {
      return column.field.path == field->path && column.field.text == field->text;
    });
    if (!mapped) columns_.push_back({std::move(*field), i, std::string(header[i])});
  }
  const auto is_figure = [](const Column& column) {
    return column.field.kind == Kind::kMetricsFigure || column.field.kind == Kind::kDriftFigure;
  };
  if (std::any_of(columns_.begin(), columns_.end(), is_figure)) return {};
  std::string names;
  for (const std::string_view name : header) {
    if (names.size() > 200) {
      names += ", ...";
      break;
    }
    names += (names.empty() ? "" : ", ") + in_quotes(name);
  }
  return Error{"header: expected a column of a figure (f1, p_value, metrics.NAME, or one that --map names), "
               "got " + names};
}

Result<void> CsvFormat::add_mapped(const std::vector<std::string_view>& header) {
  for (const Mapped& mapped : mapped_) {
    const auto at = std::find(header.begin(), header.end(), mapped.column);
    if (at == header.end()) {
      return Error{"header: expected a column " + in_quotes(mapped.column) + " as --map says, got none" +
                   did_you_mean(mapped.column, {header.begin(), header.end()})};
    }
    columns_.push_back({mapped.field, static_cast<std::size_t>(at - header.begin()), mapped.column});
  }
  return {};
}

Result<void> CsvFormat::read(const std::vector<std::string_view>& cells, std::uint64_t number,
                             ImportSink& sink) {
  observation_.clear();
  observation_.where = "row ";
  observation_.where += std::to_string(number);
  for (const Column& column : columns_) {
    if (auto done = put(column, cells[column.index], sink); !done) {
      return done.error().in(observation_.where);
    }
  }
  sink.observe(observation_);
  return {};
}

Result<void> CsvFormat::put(const Column& column, std::string_view cell, ImportSink& sink) {
  if (column.field.kind == Kind::kText || column.field.kind == Kind::kLabel) {
    if (says_no_text(cell)) sink.left_out(column.name);
    else put_text(observation_, column.field, cell);
    return {};
  }
  if (column.field.kind == Kind::kSamples && count_of(cell)) {
    observation_.samples = count_of(cell);
    return {};
  }
  const auto value = read_cell(cell, column.name, sink);
  if (!value) return value.error();
  if (!*value) return {};
  if (column.field.kind == Kind::kSamples) {
    return Error{column.name + ": expected an integer from 0 to 9223372036854775807, got " + in_quotes(cell)};
  }
  auto& figures = column.field.kind == Kind::kDriftFigure ? observation_.drift : observation_.metrics;
  figures.push_back({column.field.path, **value});
  return {};
}

}  // namespace

Result<std::unique_ptr<RowFormat>> csv_format(const ImportChoices& choices) {
  std::vector<CsvFormat::Mapped> mapped;
  for (const auto& [name, column] : choices.map) {
    auto field = parse_import_field(name);
    if (!field) return field.error();
    mapped.push_back({std::move(*field), column});
  }
  return std::unique_ptr<RowFormat>(std::make_unique<CsvFormat>(std::move(mapped)));
}

}  // namespace mlmon
