#include "core/import/rows.h"

#include <csv.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "core/text/utf8.h"

namespace mlmon {
namespace {

/// libcsv takes blanks around a cell away otherwise; they belong to it.
int is_never(unsigned char) { return 0; }

void* bounded_realloc(void* held, std::size_t size) {
  return size > Rows::kMaxRow ? nullptr : std::realloc(held, size);
}

}  // namespace

struct Rows::Parser {
  Parser(RowFormat& format_, ImportSink& sink_) : format(format_), sink(sink_) {}

  RowFormat& format;
  ImportSink& sink;
  csv_parser csv{};

  std::string text;                // of the row's cells, one after the other
  std::vector<std::size_t> ends;   // of each in it
  std::vector<std::string_view> cells;
  std::string head;                // the beginning of the text, until a byte order mark is told from it
  bool begun = false;
  std::size_t columns = 0;         // 0: the header has not come yet
  std::uint64_t number = 0;        // of the row
  std::optional<Error> error;

  void add_cell(std::string_view cell) {
    if (error) return;
    if (text.size() + cell.size() > kMaxRow) {
      error = Error{where() + ": expected a row of at most 16 MiB"};
      return;
    }
    text += cell;
    ends.push_back(text.size());
  }

  std::string where() const {
    return columns == 0 ? "header" : "row " + std::to_string(number + 1);
  }

  void end_row() {
    if (error) return;
    cells.clear();
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      cells.push_back(std::string_view(text).substr(begin, end - begin));
      begin = end;
    }
    if (const auto read = read_row(); !read) error = read.error();
    text.clear();
    ends.clear();
  }

  Result<void> read_row() {
    if (!is_utf8(text)) return Error{where() + ": expected UTF-8, got other bytes"};
    if (columns == 0) {
      columns = cells.size();
      return format.begin(cells, sink);
    }
    ++number;
    if (cells.size() != columns) {
      return Error{"row " + std::to_string(number) + ": expected " + std::to_string(columns) +
                   " cells as in the header, got " + std::to_string(cells.size())};
    }
    return format.read(cells, number, sink);
  }

  Result<void> outcome(bool parsed) {
    if (error) return *error;
    if (parsed) return {};
    if (csv_error(&csv) == CSV_ENOMEM) return Error{where() + ": expected a cell of at most 16 MiB"};
    return Error{where() + ": expected CSV, got a quote within a cell or after its end"};
  }

  static void on_cell(void* cell, std::size_t size, void* self) {
    static_cast<Parser*>(self)->add_cell({static_cast<const char*>(cell), size});
  }
  static void on_row(int, void* self) { static_cast<Parser*>(self)->end_row(); }

  Result<void> parse(std::string_view piece) {
    const std::size_t read =
        csv_parse(&csv, piece.data(), piece.size(), on_cell, on_row, this);
    return outcome(read == piece.size());
  }
};

Rows::Rows(RowFormat& format, char delimiter, ImportSink& sink)
    : parser_(std::make_unique<Parser>(format, sink)) {
  csv_init(&parser_->csv, CSV_STRICT | CSV_STRICT_FINI);
  csv_set_delim(&parser_->csv, static_cast<unsigned char>(delimiter));
  csv_set_space_func(&parser_->csv, is_never);
  csv_set_realloc_func(&parser_->csv, bounded_realloc);
  csv_set_blk_size(&parser_->csv, 4096);
}

Rows::~Rows() { csv_free(&parser_->csv); }

Result<void> Rows::add(std::string_view piece) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (parser_->begun) return parser_->parse(piece);
  parser_->head += piece;
  if (parser_->head.size() < kMark.size()) return {};
  parser_->begun = true;
  std::string_view head = parser_->head;
  if (head.starts_with(kMark)) head.remove_prefix(kMark.size());
  return parser_->parse(head);
}

Result<void> Rows::end() {
  Parser& parser = *parser_;
  if (!parser.begun) {
    parser.begun = true;
    if (auto done = parser.parse(parser.head); !done) return done;
  }
  const int code = csv_fini(&parser.csv, Parser::on_cell, Parser::on_row, &parser);
  if (parser.error) return *parser.error;
  if (code != 0) return Error{parser.where() + ": expected the end of a quoted cell, got the end of the file"};
  if (parser.columns == 0) return Error{"expected a header, got an empty file"};
  parser.format.end(parser.sink);
  return {};
}

}  // namespace mlmon
