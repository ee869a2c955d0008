#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/input/input.h"
#include "core/run/succession.h"
#include "core/store/checkpoint_store.h"

namespace mlmon {

/// A file or a partition of a log that this run reads, with what is known of it from earlier ones.
struct BookedSource {
  KnownSource known;              // as the next checkpoint is to have it
  std::string head;               // its first bytes, at most kHeadBytes
  SourcePlace start;              // where this run goes on
  std::vector<SourcePlace> from;  // where each observer goes on: at the start or, behind, before it
  bool by_name = false;           // a partition: its name is all that it is known by

  std::string known_end;  // the last bytes before known.place, at most kHeadBytes; empty: not known
  SourcePlace read;       // how far this run has read it ...
  std::string read_end;   // ... and the last bytes before that, likewise

  std::optional<SourcePlace> committed;  // as in the last checkpoint of this run

  /// The earliest of `from`.
  SourcePlace earliest() const;
};

/// What is known of a file that was opened.
struct BookEntry {
  enum class Kind {
    kUnknown,   // it is none that can be read again (a pipe)
    kSource,    // it goes on at the source's place
    kAlready,   // it was read in this run, under another name
    kUnderWay,  // it is being written, or a copy of what was read that has no more yet: not to be read now
  };
  Kind kind = Kind::kUnknown;
  std::shared_ptr<BookedSource> source = nullptr;
  std::string warning = {};  // kUnderWay: for the person who waits for it; may be empty
};

/// Knows files again from one run to the next, and where to go on in them.
///
/// A file is known by its first bytes and by those before the place that was reached, decompressed. So one
/// that was renamed, rotated or compressed goes on, and one that was truncated, copied over or grown anew
/// starts over. Where several fit, the one with the same inode or path counts, else the longest.
class SourceBook {
 public:
  /// `observers`: their names. `from_start`: files are read again.
  SourceBook(CheckpointStore& store, std::vector<std::string> observers, bool from_start, const Clock& clock);

  /// Other observers have taken over; a new one begins at the newest place. `sources`: all that were entered.
  void succeed(const Succession& succession, const std::set<std::shared_ptr<BookedSource>>& sources);

  /// Looks the file at `path` up, which `input` has just opened. `came_later`: it was not there when the run
  /// began, so it may also be a copy of what this run has read.
  Result<BookEntry> enter(const std::string& path, const Input& input, bool came_later = false);

  /// Looks up what has a name of its own for ever, a partition of a log. Nothing: no run has read it.
  Result<std::shared_ptr<BookedSource>> find(const std::string& name);

  /// A source of that name which is read from this place on by all observers.
  std::shared_ptr<BookedSource> begin(const std::string& name, const SourcePlace& place) const;

  /// One that the store has of that name.
  std::shared_ptr<BookedSource> adopt(KnownSource known) const;

  /// Notes what the file looks like, which `input` has just opened again.
  static void look(BookedSource& source, const Input& input);

  /// The file at `path` still has before it what was read of the source.
  static Result<bool> goes_on(const BookedSource& source, const std::string& path);

  /// Tells the source how far the run has read it, as advance().
  static void note_read(BookedSource& source, const SourcePlace& end, std::uint64_t at,
                        std::string_view text);

  /// Tells the source that it was read to `end`; `text` are the bytes that end there, beginning at `at`.
  static void advance(BookedSource& source, const SourcePlace& end, std::uint64_t at,
                      std::string_view text);

 private:
  Result<std::vector<KnownSource>> candidates(const BookedSource& source, bool came_later) const;
  bool is_fresh(const std::string& path, const struct stat& info) const;
  Result<bool> is_copy_under_way(const std::string& path, const std::string& head,
                                 bool came_later) const;
  bool is_another(const KnownSource& known,
                  const std::pair<std::uint64_t, std::uint64_t>& identity) const;

  CheckpointStore& store_;
  std::vector<std::string> observers_;
  const bool from_start_;
  const Clock& clock_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::shared_ptr<BookedSource>> seen_;  // by device and inode
  std::vector<std::int64_t> taken_;                            // rows of known sources likewise
};

}  // namespace mlmon
