#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/input/input.h"
#include "core/run/follower.h"
#include "core/run/source.h"
#include "core/run/source_book.h"

namespace mlmon {

/// What a run reads.
struct SourceOptions {
  std::vector<std::string> paths;  // files, FIFOs, "-"; read one after the other
  SourceBook* book = nullptr;      // where to go on; null: nothing is kept between runs

  // --follow: in place of `paths` the files of this are read, again whenever they change, until stop().
  // Needs a book. A single FIFO is read again for each of its writers instead.
  Follower* follower = nullptr;
  bool reopen_fifo = false;
};

/// An input that is to be read now, standing where its source goes on.
struct OpenedSource {
  std::unique_ptr<Input> input;
  std::size_t source = 0;  // index
  SourcePlace from;
  bool catch_up = false;  // it ends where the source's main part begins
};

/// Decides what is opened next: the paths in order, or what has something new of the files that are followed;
/// in a source first the part that only observers which had been stopped have not seen. Has the list of the
/// sources. Belongs to the pipeline's thread.
class SourceOpener {
 public:
  explicit SourceOpener(SourceOptions options);

  /// What to read next; nothing: there is nothing now. `all_taken`: all that was read before has been
  /// counted, as where a file that is followed goes on is not known before. What cannot be opened is noted.
  std::optional<OpenedSource> next(bool all_taken);

  /// The input has ended: what goes on in the same source. `offset`: of the source, where it ended.
  std::optional<OpenedSource> after(const OpenedSource& ended, std::uint64_t offset);

  /// Reading the source that was opened last has failed.
  void note(const Error& error);

  /// There will be nothing more.
  bool exhausted() const;

  /// All that was there at the last look has been given.
  bool all_given() const;

  /// Readable when there may be something new, of files that are followed; -1: not by a descriptor.
  int poll_fd() const { return follows() && all_given() ? options_.follower->poll_fd() : -1; }
  bool follows() const { return options_.follower != nullptr; }

  /// Sources and errors behind this one were never there.
  void forget_after(std::size_t source);

  std::vector<Source>& sources() { return sources_; }
  const std::vector<Source>& sources() const { return sources_; }

  /// Of a file that is followed only what still holds.
  std::vector<Error> errors() const;

  /// Called at once: what is wrong with a file that is followed, and with one that is left for later.
  std::function<void(const Error&)> on_error, on_warning;

  /// Bytes of all files; 0: unknown, there is a pipe.
  std::uint64_t total() const { return total_; }

 private:
  std::optional<OpenedSource> next_path();
  std::optional<OpenedSource> next_followed();
  Result<std::unique_ptr<Input>> open(std::size_t source) const;
  std::optional<OpenedSource> begin(const std::string& path, std::unique_ptr<Input> input);
  std::optional<OpenedSource> placed(std::size_t source, std::unique_ptr<Input> input,
                                     const SourcePlace& place, bool catch_up);
  std::size_t add(const std::string& path, std::shared_ptr<BookedSource> booked, bool compressed);
  void followed_failed(const Error& error);
  void tell_missing();

  const SourceOptions options_;
  const std::uint64_t total_;
  std::vector<Source> sources_;
  std::size_t next_path_ = 0;

  FollowedFile* followed_ = nullptr;                    // that was opened last
  std::map<std::string, std::string> followed_errors_;  // by path: what is wrong with it now
  std::vector<std::string> missing_;                    // paths, as of the last look

  struct Noted {
    Error error;
    std::size_t sources;  // that had been opened
  };
  std::vector<Noted> errors_;
};

}  // namespace mlmon
