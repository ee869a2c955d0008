#include "core/store/state_dump.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/store/state_schema.h"
#include "core/store/state_tables.h"
#include "core/store/table_rows.h"
#include "core/store/transaction.h"
#include "core/text/json_text.h"
#include "core/text/utf8.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

/// A connection that broke has the work done again, but lines that were written or read are gone.
Error broken_off() { return {"the connection to the database broke in the middle: start again"}; }

void append_bytes(std::string& out, std::string_view bytes) {
  if (is_utf8(bytes)) return append_json_string(out, bytes);
  out += R"({"hex":")";
  for (const char byte : bytes) fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(byte));
  out += "\"}";
}

std::optional<std::string> bytes_of_hex(const std::string& hex) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return hex.size() % 2 == 0 ? std::optional(bytes) : std::nullopt;
}

std::string row_line(const StateTable& table, const Statement& row) {
  std::string line = "{\"table\":\"" + table.name + "\",\"row\":{";
  int at = 0;
  for (const StateColumn& column : table.columns) {
    line += (at == 0 ? "\"" : ",\"") + column.name + "\":";
    if (column.kind == ColumnKind::kInteger) {
      line += std::to_string(row.integer(at));
    } else {
      append_bytes(line, row.text(at));
    }
    ++at;
  }
  return line + "}}";
}

Result<std::int64_t> dump_table(Database& from, const StateTable& table,
                                const std::function<Result<void>(std::string_view)>& write) {
  Result<TableRows> rows = TableRows::open(from, table);
  if (!rows) return rows.error();
  for (std::int64_t count = 0;; ++count) {
    const Result<bool> more = rows->next();
    if (!more) return more.error();
    if (!*more) return count;
    if (const auto written = write(row_line(table, rows->row())); !written) return written.error();
  }
}

/// Reads lines into tables. Inside a transaction.
class DumpLoader {
 public:
  DumpLoader(Database& to, const std::vector<StateTable>& tables) : to_(to), tables_(tables) {}

  /// The error is about this line.
  Result<void> take(const std::string& text) {
    const SortedJson line = SortedJson::parse(text, nullptr, false);
    if (!line.is_object()) return Error{"expected a JSON object"};
    if (!begun_) return begin(line);
    if (ended_) return Error{"expected nothing after the line with the number of rows"};
    return line.contains("table") ? row(line) : end(line);
  }

  /// After the last line.
  Result<CopiedState> finish() const {
    if (!begun_) return Error{"is empty, expected {\"mlmon_state\":VERSION}"};
    if (!ended_) return Error{"ends before the line with the number of rows: it is not whole"};
    return loaded_;
  }

 private:
  Result<void> begin(const SortedJson& line) {
    const auto version = line.find("mlmon_state");
    if (version == line.end() || !version->is_number_integer()) {
      return Error{"expected {\"mlmon_state\":VERSION}, as `mlmon state export` begins"};
    }
    if (*version > kStateVersion) {
      return Error{fmt::format("was written by a newer mlmon (state version {}, this one knows {})", version->dump(),
                               kStateVersion)};
    }
    // There was no such text of an older one.
    if (*version != kStateVersion) return Error{fmt::format("expected state version {}, got {}", kStateVersion, version->dump())};
    begun_ = true;
    return {};
  }

  Result<void> row(const SortedJson& line) {
    const SortedJson& name = line["table"];
    if (!table_ || name != table_->name) {
      if (const auto opened = open(name); !opened) return opened;
    }
    const auto row = line.find("row");
    if (row == line.end() || !row->is_object() || row->size() != table_->columns.size()) {
      return Error{fmt::format("expected a \"row\" of table {} with {} members", table_->name, table_->columns.size())};
    }
    int at = 0;
    for (const StateColumn& column : table_->columns) {
      if (const auto put = value(at++, column, row->find(column.name), row->end()); !put) return put;
    }
    ++loaded_.rows;
    constexpr std::int64_t kAtOnce = 5000;
    if (const auto added = writer_->end_row(); !added) return added;
    return loaded_.rows % kAtOnce == 0 ? writer_->flush() : Result<void>();
  }

  Result<void> value(int at, const StateColumn& column, SortedJson::const_iterator found, SortedJson::const_iterator none) {
    if (column.kind == ColumnKind::kInteger) {
      if (found == none || !found->is_number_integer() || (found->is_number_unsigned() && found->get<std::uint64_t>() > INT64_MAX)) {
        return wrong(column, "a whole number");
      }
      writer_->put(at, found->get<std::int64_t>());
      return {};
    }
    std::optional<std::string> bytes;
    if (found != none && found->is_string()) bytes = found->get<std::string>();
    if (found != none && found->is_object() && found->contains("hex") && (*found)["hex"].is_string()) {
      bytes = bytes_of_hex((*found)["hex"].get<std::string>());
    }
    if (!bytes) return wrong(column, "a string or {\"hex\":DIGITS}");
    std::string& kept = values_[static_cast<std::size_t>(at)] = std::move(*bytes);
    if (column.kind == ColumnKind::kText) {
      writer_->put(at, std::string_view(kept));
    } else {
      writer_->put(at, Bytes{kept});
    }
    return {};
  }

  Error wrong(const StateColumn& column, const char* expected) const {
    return {fmt::format("table {}: expected {} in \"{}\"", table_->name, expected, column.name)};
  }

  Result<void> open(const SortedJson& name) {
    if (const auto closed = close(); !closed) return closed;
    const auto found = std::find_if(tables_.begin(), tables_.end(), [&](const StateTable& one) { return name == one.name; });
    if (found == tables_.end()) return Error{"unknown table " + name.dump(-1, ' ', false, SortedJson::error_handler_t::replace)};
    auto writer = table_writer(to_, *found);
    if (!writer) return writer.error();
    table_ = &*found;
    writer_ = std::move(*writer);
    values_.assign(found->columns.size(), "");
    return {};
  }

  Result<void> close() {
    if (!table_) return {};
    if (const auto flushed = writer_->flush(); !flushed) return flushed;
    return number_after_rows(to_, *table_);
  }

  Result<void> end(const SortedJson& line) {
    if (const auto closed = close(); !closed) return closed;
    const auto rows = line.find("rows"), tables = line.find("tables");
    if (rows == line.end() || tables == line.end()) return Error{"expected a row of a table, or the number of rows"};
    loaded_.tables = static_cast<std::int64_t>(tables_.size());
    if (*rows != loaded_.rows || *tables != loaded_.tables) {
      return Error{fmt::format("says {} rows of {} tables, but {} rows of {} tables were there before it", rows->dump(),
                               tables->dump(), loaded_.rows, loaded_.tables)};
    }
    ended_ = true;
    return {};
  }

  Database& to_;
  const std::vector<StateTable>& tables_;
  const StateTable* table_ = nullptr;
  std::unique_ptr<RowWriter> writer_;
  std::vector<std::string> values_;  // SQLite wants them until the row is written
  CopiedState loaded_;
  bool begun_ = false, ended_ = false;
};

Result<CopiedState> load_dump(Database& to, const std::vector<StateTable>& tables,
                         const std::function<Result<bool>(std::string&)>& next) {
  DumpLoader loader(to, tables);
  std::string line;
  for (std::uint64_t number = 1;; ++number) {
    const Result<bool> more = next(line);
    if (!more) return more.error();
    if (!*more) return loader.finish();
    if (const auto taken = loader.take(line); !taken) return taken.error().in(fmt::format("line {}", number));
  }
}

}  // namespace

Result<CopiedState> dump_state(Database& from, const std::function<Result<void>(std::string_view line)>& write) {
  const auto tables = state_tables();
  if (!tables) return tables.error();
  CopiedState dumped;
  bool begun = false;
  const auto done = in_snapshot(from, [&]() -> Result<void> {
    if (begun) return broken_off();
    begun = true;
    if (const auto written = write(fmt::format("{{\"mlmon_state\":{}}}", kStateVersion)); !written) return written;
    for (const StateTable& table : *tables) {
      const auto rows = dump_table(from, table, write);
      if (!rows) return rows.error();
      dumped.rows += *rows;
      ++dumped.tables;
    }
    return write(fmt::format("{{\"tables\":{},\"rows\":{}}}", dumped.tables, dumped.rows));
  });
  if (!done) return done.error();
  return dumped;
}

Result<CopiedState> load_state(Database& to, const std::function<Result<bool>(std::string& line)>& next) {
  const auto tables = state_tables();
  if (!tables) return tables.error();
  std::optional<CopiedState> loaded;
  bool begun = false;
  const auto done = in_transaction(to, [&]() -> Result<void> {
    if (begun) return broken_off();
    begun = true;
    const auto all = load_dump(to, *tables, next);
    if (!all) return all.error();
    loaded = *all;
    return {};
  });
  if (!done) return done.error();
  return *loaded;
}

}  // namespace mlmon
