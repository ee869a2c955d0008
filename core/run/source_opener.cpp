#include "core/run/source_opener.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/input/limited_input.h"
#include "core/input/steady_input.h"

namespace mlmon {
namespace {

std::uint64_t bytes_in_all(const std::vector<std::string>& paths) {
  std::uint64_t total = 0;
  for (const std::string& path : paths) {
    struct stat info {};
    const int found = path == "-" ? fstat(0, &info) : stat(path.c_str(), &info);
    if (found == 0 && !S_ISREG(info.st_mode)) return 0;
    if (found == 0) total += static_cast<std::uint64_t>(info.st_size);
  }
  return total;
}

bool is_gone(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) != 0 && errno == ENOENT;
}

}  // namespace

SourceOpener::SourceOpener(SourceOptions options)
    : options_(std::move(options)), total_(bytes_in_all(options_.paths)) {}

std::optional<OpenedSource> SourceOpener::next(bool all_taken) {
  if (!follows()) return next_path();
  return all_taken ? next_followed() : std::nullopt;
}

std::optional<OpenedSource> SourceOpener::next_path() {
  while (next_path_ < options_.paths.size()) {
    const std::string& path = options_.paths[next_path_++];
    Result<std::unique_ptr<Input>> input = open_input(path);
    if (!input) {
      note(input.error());
    } else if (auto opened = begin(path, std::move(*input))) {
      return opened;
    }
  }
  return std::nullopt;
}

std::optional<OpenedSource> SourceOpener::next_followed() {
  for (;;) {
    followed_ = options_.follower->next();
    tell_missing();
    if (followed_ == nullptr) return std::nullopt;
    Result<std::unique_ptr<Input>> input = open_input(followed_->opened_by(), followed_->path);
    if (!input) {
      // One that is gone is missed only if it was asked for by name, and then by the follower.
      if (is_gone(followed_->path)) {
        options_.follower->again(*followed_);
      } else {
        followed_failed(input.error());
      }
      continue;
    }
    followed_errors_.erase(followed_->path);
    const int fd = (*input)->file_fd();
    if (fd >= 0 && !options_.follower->hold(*followed_, fd)) continue;
    if (followed_->source) {
      BookedSource& booked = *sources_[*followed_->source].booked;
      const auto same = SourceBook::goes_on(booked, followed_->opened_by());
      if (same && *same) {
        SourceBook::look(booked, **input);
        if (auto opened = placed(*followed_->source, std::move(*input), booked.read, false)) return opened;
        continue;
      }
    }
    if (auto opened = begin(followed_->path, std::move(*input))) return opened;
  }
}

/// Nothing: it is not to be read (now).
std::optional<OpenedSource> SourceOpener::begin(const std::string& path,
                                                std::unique_ptr<Input> input) {
  BookEntry entry;
  if (options_.book != nullptr) {
    const bool came_later = follows() && options_.follower->looked_again();
    Result<BookEntry> entered = options_.book->enter(path, *input, came_later);
    if (!entered) {
      note(entered.error());
      return std::nullopt;
    }
    entry = std::move(*entered);
  }
  if (!entry.warning.empty() && on_warning) on_warning(Error{entry.warning});
  if (entry.kind == BookEntry::Kind::kUnderWay && (follows() || !entry.warning.empty())) {
    return std::nullopt;
  }
  const std::size_t source = add(path, entry.source, input->compressed());
  if (entry.kind == BookEntry::Kind::kAlready || entry.kind == BookEntry::Kind::kUnderWay) {
    sources_[source].count.nothing_new = true;
    return std::nullopt;
  }
  if (followed_ != nullptr) followed_->source = source;
  const SourcePlace start = entry.source ? entry.source->start : SourcePlace{};
  const SourcePlace first = entry.source ? entry.source->earliest() : SourcePlace{};
  sources_[source].count.from_offset = sources_[source].count.to_offset = start.offset;
  if (first.offset == start.offset) return placed(source, std::move(input), start, false);
  auto part = std::make_unique<LimitedInput>(std::move(input), start.offset - first.offset);
  return placed(source, std::move(part), first, true);
}

std::size_t SourceOpener::add(const std::string& path, std::shared_ptr<BookedSource> booked,
                              bool compressed) {
  Source& source = sources_.emplace_back();
  source.count.source = path;
  source.booked = std::move(booked);
  source.compressed = compressed;
  return sources_.size() - 1;
}

std::optional<OpenedSource> SourceOpener::placed(std::size_t source, std::unique_ptr<Input> input,
                                                 const SourcePlace& place, bool catch_up) {
  if (place.offset > 0) {
    const Result<std::uint64_t> reached = input->seek(place.offset);
    if (!reached) {
      note(reached.error());
      return std::nullopt;
    }
  }
  if (const BookedSource* booked = sources_[source].booked.get(); booked != nullptr && input->regular()) {
    const bool goes_on = place.offset == booked->read.offset;
    input = std::make_unique<SteadyInput>(std::move(input), sources_[source].count.source, place.offset,
                                          goes_on ? booked->read_end : "");
  }
  if (followed_ != nullptr && input->regular() && !catch_up && followed_->read) {
    // What is written from now on is for the next time, or other files would wait for ever.
    const std::uint64_t size = followed_->read->first;
    input = std::make_unique<LimitedInput>(std::move(input), size - std::min(size, place.offset));
  }
  return OpenedSource{std::move(input), source, place, catch_up};
}

std::optional<OpenedSource> SourceOpener::after(const OpenedSource& ended, std::uint64_t offset) {
  const bool next_writer = options_.reopen_fifo && !ended.input->regular();
  if (!ended.catch_up && !next_writer) return std::nullopt;
  Result<std::unique_ptr<Input>> input =
      followed_ != nullptr ? open_input(followed_->opened_by(), followed_->path)
                           : open_input(sources_[ended.source].count.source);
  if (!input) {
    note(input.error());
    return std::nullopt;
  }
  if (ended.catch_up) {
    return placed(ended.source, std::move(*input), sources_[ended.source].booked->start, false);
  }
  // The next writer's lines come after those of the last.
  return OpenedSource{std::move(*input), ended.source, {offset, 0, false}, false};
}

void SourceOpener::note(const Error& error) {
  if (followed_ != nullptr) return followed_failed(error);
  errors_.push_back({error, sources_.size()});
}

/// What a file that is followed has done wrong is told once, and forgotten when it is well again.
void SourceOpener::followed_failed(const Error& error) {
  std::string& known = followed_errors_[followed_->path];
  if (known != error.text && on_error) on_error(error);
  known = error.text;
  options_.follower->again(*followed_);
}

void SourceOpener::tell_missing() {
  const auto& missing = options_.follower->missing();
  for (const auto& [path, error] : missing) {
    if (followed_errors_.emplace(path, error.text).second && on_error) on_error(error);
  }
  for (const std::string& path : missing_) {
    if (!missing.contains(path)) followed_errors_.erase(path);
  }
  missing_.clear();
  for (const auto& [path, error] : missing) missing_.push_back(path);
}

bool SourceOpener::exhausted() const {
  return !follows() && next_path_ == options_.paths.size();
}

bool SourceOpener::all_given() const {
  return follows() ? options_.follower->all_given() : exhausted();
}

void SourceOpener::forget_after(std::size_t source) {
  while (!errors_.empty() && errors_.back().sources > source) errors_.pop_back();
  sources_.resize(source + 1);
}

std::vector<Error> SourceOpener::errors() const {
  std::vector<Error> all;
  for (const Noted& noted : errors_) all.push_back(noted.error);
  for (const auto& [path, text] : followed_errors_) all.push_back({text});
  return all;
}

}  // namespace mlmon
