#include "core/store/source_rows.h"

#include <string>

#include "core/store/query.h"

namespace mlmon {
namespace {

#define MLMON_SOURCE_COLUMNS                                                               \
  "SELECT n, path, device, inode, seen_size, changed_ns, head_text, head_size, head_hash, " \
  "tail_size, tail_hash, offset, lines, newline_due FROM sources "

constexpr const char* kUpdate =
    "UPDATE sources SET path = ?, device = ?, inode = ?, seen_size = ?, changed_ns = ?, head_text = ?, head_size = ?, "
    "head_hash = ?, tail_size = ?, tail_hash = ?, offset = ?, lines = ?, newline_due = ? WHERE n = ?";
constexpr const char* kUpdateAll =
    "UPDATE sources s SET path = u.path, device = u.device, inode = u.inode, seen_size = u.seen_size, "
    "changed_ns = u.changed_ns, head_text = u.head_text, head_size = u.head_size, head_hash = u.head_hash, "
    "tail_size = u.tail_size, tail_hash = u.tail_hash, offset = u.place, lines = u.lines, newline_due = u.newline_due "
    "FROM unnest(?::bytea[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bytea[], ?::bigint[], ?::bigint[], "
    "?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) AS u (path, device, inode, seen_size, "
    "changed_ns, head_text, head_size, head_hash, tail_size, tail_hash, place, lines, newline_due, n) WHERE s.n = u.n";

/// A place in three columns from `column` on.
SourcePlace place_in(const Statement& row, int column) {
  return {as_unsigned(row.integer(column)), as_unsigned(row.integer(column + 1)),
          row.integer(column + 2) != 0};
}

KnownSource source_in(const Statement& row) {
  KnownSource source;
  source.row = row.integer(0);
  source.path = row.text(1);
  source.device = as_unsigned(row.integer(2));
  source.inode = as_unsigned(row.integer(3));
  source.seen_size = as_unsigned(row.integer(4));
  source.changed_ns = row.integer(5);
  source.head_text = row.text(6);
  source.head = {as_unsigned(row.integer(7)), as_unsigned(row.integer(8))};
  source.tail = {as_unsigned(row.integer(9)), as_unsigned(row.integer(10))};
  source.place = place_in(row, 11);
  return source;
}

/// The first text, in the order of bytes, behind all that begin with this one; empty: there is none.
std::string text_after(std::string_view beginning) {
  std::string after(beginning);
  while (!after.empty() && after.back() == '\xff') after.pop_back();
  if (!after.empty()) after.back() = static_cast<char>(static_cast<unsigned char>(after.back()) + 1);
  return after;
}

}  // namespace

Result<std::vector<KnownSource>> read_sources_like(Database& database, const Fingerprint& head) {
  std::vector<KnownSource> sources;
  const auto found = each_row_of(
      database, MLMON_SOURCE_COLUMNS "WHERE head_size = ? AND head_hash = ? ORDER BY offset DESC",
      [&](const Statement& row) { sources.push_back(source_in(row)); }, as_signed(head.size),
      as_signed(head.hash));
  if (!found) return found.error();
  Result<Statement> own = database.prepare(
      "SELECT observer, offset, lines, newline_due FROM own_places WHERE source = ?");
  if (!own) return own.error();
  for (KnownSource& source : sources) {
    own->bind(0, source.row);
    const auto read = each_row(*own, [&](const Statement& row) {
      source.own[std::string(row.text(0))] = place_in(row, 1);
    });
    if (!read) return read.error();
  }
  return sources;
}

Result<std::vector<std::uint64_t>> read_head_sizes(Database& database) {
  std::vector<std::uint64_t> sizes;
  const auto asked =
      each_row_of(database, "SELECT DISTINCT head_size FROM sources ORDER BY head_size DESC",
                  [&](const Statement& row) { sizes.push_back(as_unsigned(row.integer(0))); });
  if (!asked) return asked.error();
  return sizes;
}

Result<std::vector<KnownSource>> read_sources_beginning_with(Database& database,
                                                             std::string_view text) {
  std::vector<KnownSource> sources;
  const std::string after = text_after(text);
  const auto found = each_row_of(
      database,
      MLMON_SOURCE_COLUMNS "WHERE head_text >= ?1 AND (head_text < ?2 OR ?2 = '') AND offset > ?3",
      [&](const Statement& row) { sources.push_back(source_in(row)); }, Bytes{text},
      Bytes{after}, static_cast<std::int64_t>(text.size()));
  if (!found) return found.error();
  return sources;
}

Result<std::vector<KnownSource>> read_named_sources(Database& database) {
  std::vector<KnownSource> sources;
  const auto found = each_row_of(
      database,
      MLMON_SOURCE_COLUMNS
      "WHERE n IN (SELECT max(n) FROM sources WHERE path <> '' GROUP BY path) ORDER BY path",
      [&](const Statement& row) { sources.push_back(source_in(row)); });
  if (!found) return found.error();
  return sources;
}

Result<std::int64_t> source_row(Database& database, const KnownSource& source) {
  if (source.row != 0) return source.row;
  return number_of(database,
                   "INSERT INTO sources (path, device, inode, head_size, head_hash, tail_size, tail_hash, "
                   "offset, lines, newline_due) VALUES ('', 0, 0, 0, 0, 0, 0, 0, 0, 0) RETURNING n");
}

Result<void> put_sources(Database& database, const std::vector<KnownSource>& sources, const std::vector<std::int64_t>& rows) {
  auto update = database.writer(kUpdate, kUpdateAll);
  auto clear = database.writer("DELETE FROM own_places WHERE source = ?",
                               "DELETE FROM own_places WHERE source = ANY (?::bigint[])");
  if (!update || !clear) return update ? clear.error() : update.error();
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const KnownSource& one = sources[i];
    const auto updated = (*update)->add(
        Bytes{one.path}, as_signed(one.device), as_signed(one.inode), as_signed(one.seen_size), one.changed_ns,
        Bytes{one.head_text}, as_signed(one.head.size), as_signed(one.head.hash), as_signed(one.tail.size),
        as_signed(one.tail.hash), as_signed(one.place.offset), as_signed(one.place.lines),
        std::int64_t{one.place.newline_due}, rows[i]);
    if (!updated) return updated;
    if (const auto cleared = (*clear)->add(rows[i]); !cleared) return cleared;
  }
  if (const auto updated = (*update)->flush(); !updated) return updated;
  if (const auto cleared = (*clear)->flush(); !cleared) return cleared;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for (const auto& [observer, place] : sources[i].own) {
      const auto put = run_once(database, "INSERT INTO own_places VALUES (?, ?, ?, ?, ?)", rows[i],
                                std::string_view(observer), as_signed(place.offset), as_signed(place.lines),
                                std::int64_t{place.newline_due});
      if (!put) return put;
    }
  }
  return {};
}

}  // namespace mlmon
