#include "core/run/source_book.h"

#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/input/compressed_input.h"
#include "core/run/file_content.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

constexpr std::int64_t kFreshNs = 60 * kNsPerSecond;

/// Adds to the first bytes of a file what text that begins `at` a place has of them. What was read counts: the file
/// may have been written anew since its head was looked at.
void complete_head(std::string& head, std::uint64_t at, std::string_view text) {
  if (at >= kHeadBytes || at > head.size()) return;
  const std::string_view part = text.substr(0, kHeadBytes - at);
  if (head.compare(at, part.size(), part) != 0) head.replace(at, std::string::npos, part);
}

/// The last bytes of what was read of a file move from one place to another, after text that begins `at`.
void move_end(std::string& last, std::uint64_t from, std::uint64_t to, std::uint64_t at, std::string_view text) {
  if (to == from) return;  // there is but a line that waits for its rest
  if (at != from) last.clear();
  if (at + text.size() != to) return last.clear();  // a line that was too long
  last += text.substr(text.size() - std::min(text.size(), kHeadBytes));
  last.erase(0, last.size() - std::min(last.size(), kHeadBytes));
}

/// `a.gz` while gzip has not removed `a`.
bool stands_beside_original(const std::string& path) {
  struct stat status {};
  return compression_by_name(path) != Compression::none &&
         stat(path.substr(0, path.rfind('.')).c_str(), &status) == 0;
}

/// No file has so long a head, so that this fits none.
Fingerprint fingerprint_of_name(const std::string& name) {
  return {std::numeric_limits<std::int64_t>::max(), fingerprint(name).hash};
}

}  // namespace

SourcePlace BookedSource::earliest() const {
  SourcePlace place = start;
  for (const SourcePlace& other : from) {
    if (is_before(other, place)) place = other;
  }
  return place;
}

SourceBook::SourceBook(CheckpointStore& store, std::vector<std::string> observers, bool from_start,
                       const Clock& clock)
    : store_(store), observers_(std::move(observers)), from_start_(from_start), clock_(clock) {}

void SourceBook::succeed(const Succession& succession,
                         const std::set<std::shared_ptr<BookedSource>>& sources) {
  observers_ = succession.names;
  for (const std::shared_ptr<BookedSource>& source : sources) {
    std::vector<SourcePlace> from;
    for (const Succession::Origin& origin : succession.origins) {
      from.push_back(origin.before ? source->from[*origin.before] : source->start);
    }
    source->from = std::move(from);
  }
}

Result<BookEntry> SourceBook::enter(const std::string& path, const Input& input, bool came_later) {
  struct stat info {};
  if (path == "-" || input.file_fd() < 0 || fstat(input.file_fd(), &info) != 0) return BookEntry{};
  const std::pair<std::uint64_t, std::uint64_t> identity(info.st_dev, info.st_ino);
  if (const auto seen = seen_.find(identity); seen != seen_.end()) {
    const Result<bool> same = goes_on(*seen->second, path);
    if (!same) return same.error();
    if (*same) return BookEntry{BookEntry::Kind::kAlready};
  }

  auto source = std::make_shared<BookedSource>();
  Result<std::string> head = bytes_at(path, 0, kHeadBytes);
  if (!head) return head.error();
  source->head = std::move(*head);
  Result<std::vector<KnownSource>> found = candidates(*source, came_later);
  if (!found) return found.error();
  std::vector<KnownSource>& candidates = *found;
  const auto rank = [&](const KnownSource& known) {
    if (known.device == identity.first && known.inode == identity.second) return 0;
    return known.path == path ? 1 : 2;
  };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const KnownSource& a, const KnownSource& b) { return rank(a) < rank(b); });
  bool is_known = false;
  for (KnownSource& candidate : candidates) {
    Result<std::optional<std::string>> fitting = text_before(candidate.place, candidate.tail, path);
    if (!fitting) return fitting.error();
    if (!*fitting) continue;
    is_known = true;
    source->known_end = std::move(**fitting);
    source->known = std::move(candidate);
    if (is_another(source->known, identity)) source->known.row = 0;
    break;
  }
  const bool unchanged = is_known && source->known.device == identity.first &&
                         source->known.inode == identity.second &&
                         source->known.changed_ns == changed_ns_of(info);
  if (input.compressed() && !unchanged && is_fresh(path, info) && breaks_off(path)) {
    return BookEntry{BookEntry::Kind::kUnderWay, nullptr,
                     path + ": its compressed data ends early, as if it were still being written; "
                            "it is left for the next run"};
  }
  if (!is_known) {
    const Result<bool> copy = is_copy_under_way(path, source->head, came_later);
    if (!copy) return copy.error();
    if (*copy && input.compressed() && breaks_off(path)) {
      return Error{path + ": its compressed data ends early; what comes before that was read earlier"};
    }
    if (*copy) return BookEntry{BookEntry::Kind::kUnderWay};
  }
  KnownSource& known = source->known;
  if (known.row != 0) taken_.push_back(known.row);
  known.path = path;
  look(*source, input);
  if (from_start_ && !came_later) {
    known.place = {};
    known.own.clear();
    source->known_end.clear();
  }
  source->start = source->read = known.place;
  source->read_end = source->known_end;
  for (const std::string& observer : observers_) {
    const auto own = known.own.find(observer);
    source->from.push_back(own != known.own.end() ? own->second : known.place);
  }
  seen_[identity] = source;
  return BookEntry{BookEntry::Kind::kSource, source};
}

Result<std::shared_ptr<BookedSource>> SourceBook::find(const std::string& name) {
  Result<std::vector<KnownSource>> known = store_.sources_like(fingerprint_of_name(name));
  if (!known) return known.error();
  for (KnownSource& one : *known) {
    if (one.path == name) return adopt(std::move(one));
  }
  return std::shared_ptr<BookedSource>();
}

std::shared_ptr<BookedSource> SourceBook::adopt(KnownSource known) const {
  auto source = begin(known.path, known.place);
  for (std::size_t i = 0; i < observers_.size(); ++i) {
    const auto own = known.own.find(observers_[i]);
    if (own != known.own.end()) source->from[i] = own->second;
  }
  source->known = std::move(known);
  return source;
}

std::shared_ptr<BookedSource> SourceBook::begin(const std::string& name, const SourcePlace& place) const {
  auto source = std::make_shared<BookedSource>();
  source->by_name = true;
  source->known.path = name;
  source->known.head = fingerprint_of_name(name);
  source->known.place = source->start = source->read = place;
  source->from.assign(observers_.size(), place);
  return source;
}

void SourceBook::look(BookedSource& source, const Input& input) {
  struct stat info {};
  if (input.file_fd() < 0 || fstat(input.file_fd(), &info) != 0) return;
  KnownSource& known = source.known;
  known.device = info.st_dev;
  known.inode = info.st_ino;
  known.seen_size = input.compressed() ? 0 : static_cast<std::uint64_t>(info.st_size);
  known.changed_ns = changed_ns_of(info);
}

/// It may still be written: its writer was at it a moment ago, or has not removed what it compresses.
bool SourceBook::is_fresh(const std::string& path, const struct stat& info) const {
  return clock_.now_ns() - changed_ns_of(info) < kFreshNs || stands_beside_original(path);
}

/// All of the file is the beginning of what was read of a known one, as far as anybody can tell: by that one,
/// if it is still there, else by its first bytes.
Result<bool> SourceBook::is_copy_under_way(const std::string& path, const std::string& head,
                                           bool came_later) const {
  if (head.empty()) return false;
  Result<std::vector<KnownSource>> longer = store_.sources_beginning_with(head);
  if (!longer) return longer.error();
  for (const auto& [identity, booked] : seen_) {
    if (!came_later || !std::string_view(booked->head).starts_with(head)) continue;
    longer->push_back(booked->known);
    longer->back().place = booked->read;
  }
  for (const KnownSource& known : *longer) {
    const Result<bool> as_long = reaches(path, known.place.offset);
    if (!as_long) return as_long.error();
    if (*as_long) continue;  // then it would fit, if it were the same
    struct stat status {};
    const bool there = stat(known.path.c_str(), &status) == 0 && status.st_dev == known.device &&
                       status.st_ino == known.inode;
    if (!there) return true;
    const Result<bool> same = is_beginning_of(path, known.path);
    if (!same || *same) return same;
  }
  return false;
}

/// What is known of files that begin as this one.
Result<std::vector<KnownSource>> SourceBook::candidates(const BookedSource& source,
                                                        bool came_later) const {
  Result<std::vector<std::uint64_t>> sizes = store_.head_sizes();
  if (!sizes) return sizes.error();
  const std::string_view head = source.head;
  std::vector<KnownSource> candidates;
  for (const std::uint64_t size : *sizes) {
    if (size == 0 || size > head.size()) continue;
    auto like = store_.sources_like(fingerprint(head.substr(0, size)));
    if (!like) return like.error();
    std::move(like->begin(), like->end(), std::back_inserter(candidates));
  }
  if (!came_later) return candidates;
  // Those of this run stand further on than in the store, or are not in it yet.
  for (const auto& [identity, booked] : seen_) {
    const std::string_view first = std::string_view(booked->head).substr(0, booked->read.offset);
    if (first.empty() || !head.starts_with(first)) continue;
    std::erase_if(candidates, [&](const KnownSource& one) {
      // While its first checkpoint is in the store, its row stands there but is not known here.
      return one.row != 0 && (one.row == booked->known.row ||
                              std::pair(one.device, one.inode) == identity);
    });
    candidates.push_back(booked->known);
    candidates.back().place = booked->read;
    candidates.back().tail = fingerprint(booked->read_end);
  }
  return candidates;
}

/// The file is a copy of a known one that is still there, or was read in this run: from here on each has a
/// place of its own.
bool SourceBook::is_another(const KnownSource& known,
                            const std::pair<std::uint64_t, std::uint64_t>& identity) const {
  if (std::find(taken_.begin(), taken_.end(), known.row) != taken_.end()) return true;
  if (known.device == identity.first && known.inode == identity.second) return false;
  struct stat original {};
  return stat(known.path.c_str(), &original) == 0 && original.st_dev == known.device &&
         original.st_ino == known.inode;
}

Result<bool> SourceBook::goes_on(const BookedSource& source, const std::string& path) {
  return stands_before(source.read, fingerprint(source.read_end), path);
}

void SourceBook::advance(BookedSource& source, const SourcePlace& end, std::uint64_t at,
                         std::string_view text) {
  KnownSource& known = source.known;
  const std::uint64_t from = std::exchange(known.place, end).offset;
  if (source.by_name) return;
  complete_head(source.head, at, text);
  const std::string_view head =
      std::string_view(source.head).substr(0, std::min<std::uint64_t>(source.head.size(), end.offset));
  if (known.head_text != head || known.head.size != head.size()) {
    known.head_text = head;
    known.head = fingerprint(head);
  }
  if (end.offset == from) return;
  move_end(source.known_end, from, end.offset, at, text);
  known.tail = fingerprint(source.known_end);
}

void SourceBook::note_read(BookedSource& source, const SourcePlace& end, std::uint64_t at,
                           std::string_view text) {
  complete_head(source.head, at, text);
  move_end(source.read_end, std::exchange(source.read, end).offset, end.offset, at, text);
}

}  // namespace mlmon
