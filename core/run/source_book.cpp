#include "core/run/source_book.h"

#include <sys/stat.h>
#include <xxhash.h>

#include <algorithm>
#include <utility>

namespace mlmon {
namespace {

Fingerprint fingerprint(std::string_view bytes) {
  return {bytes.size(), XXH3_64bits(bytes.data(), bytes.size())};
}

/// Up to `size` bytes from `offset` on; fewer where the file ends, or what is compressed in it is damaged. A file
/// that cannot be read is an error: taken for a shorter one it would not be known again.
Result<std::string> bytes_at(const std::string& path, std::uint64_t offset, std::size_t size) {
  Result<std::unique_ptr<Input>> input = open_input(path);
  if (!input) return input.error();
  std::string bytes(size, '\0');
  std::size_t have = 0;
  if (offset > 0) {
    const Result<std::uint64_t> reached = (*input)->seek(offset);
    if (!reached && !(*input)->compressed()) return reached.error();
    if (!reached || *reached != offset) return std::string();
  }
  while (have < size) {
    const Result<std::size_t> got = (*input)->read(bytes.data() + have, size - have);
    if (!got && !(*input)->compressed()) return got.error();
    if (!got || *got == 0 || *got == Input::kNothingYet) break;
    have += *got;
  }
  bytes.resize(have);
  return bytes;
}

std::string_view last_bytes(std::string_view text) {
  return text.substr(text.size() - std::min(text.size(), SourceBook::kBytes));
}

/// Adds to the first bytes of a file what text that begins `at` a place has of them.
void complete_head(std::string& head, std::uint64_t at, std::string_view text) {
  if (head.size() >= SourceBook::kBytes || at != head.size()) return;
  head += text.substr(0, SourceBook::kBytes - head.size());
}

/// The file is at least so long.
Result<bool> reaches(const std::string& path, std::uint64_t offset) {
  if (offset == 0) return true;
  Result<std::unique_ptr<Input>> input = open_input(path);
  if (!input) return input.error();
  const Result<std::uint64_t> reached = (*input)->seek(offset);
  return reached && *reached == offset;
}

/// Those bytes stand before that place in the file.
Result<bool> stands_before(const SourcePlace& place, const Fingerprint& tail,
                           const std::string& path) {
  if (place.offset < tail.size) return false;
  if (tail.size == 0) return reaches(path, place.offset);
  const Result<std::string> found = bytes_at(path, place.offset - tail.size, tail.size);
  if (!found) return found.error();
  return fingerprint(*found) == tail;
}

}  // namespace

SourcePlace BookedSource::earliest() const {
  SourcePlace place = start;
  for (const SourcePlace& other : from) {
    if (other.offset < place.offset) place = other;
  }
  return place;
}

SourceBook::SourceBook(Store& store, std::vector<std::string> observers, bool from_start)
    : store_(store), observers_(std::move(observers)), from_start_(from_start) {}

Result<std::shared_ptr<BookedSource>> SourceBook::enter(const std::string& path, const Input& input,
                                                        bool& already, bool came_later) {
  already = false;
  struct stat info {};
  if (path == "-" || input.file_fd() < 0 || fstat(input.file_fd(), &info) != 0) {
    return std::shared_ptr<BookedSource>();
  }
  const std::pair<std::uint64_t, std::uint64_t> identity(info.st_dev, info.st_ino);
  if (const auto seen = seen_.find(identity); seen != seen_.end()) {
    const Result<bool> same = goes_on(*seen->second, path);
    if (!same) return same.error();
    already = *same;
    if (already) return std::shared_ptr<BookedSource>();
  }

  auto source = std::make_shared<BookedSource>();
  Result<std::string> head = bytes_at(path, 0, kBytes);
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
  for (KnownSource& candidate : candidates) {
    const Result<bool> fitting = stands_before(candidate.place, candidate.tail, path);
    if (!fitting) return fitting.error();
    if (!*fitting) continue;
    source->known = std::move(candidate);
    if (is_another(source->known, identity)) source->known.row = 0;
    break;
  }
  KnownSource& known = source->known;
  if (known.row != 0) taken_.push_back(known.row);
  known.path = path;
  known.device = identity.first;
  known.inode = identity.second;
  if (from_start_ && !came_later) {
    known.place = {};
    known.own.clear();
  }
  source->start = source->read = known.place;
  source->read_tail = known.tail;
  for (const std::string& observer : observers_) {
    const auto own = known.own.find(observer);
    source->from.push_back(own != known.own.end() ? own->second : known.place);
  }
  seen_[identity] = source;
  return source;
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
    candidates.back().tail = booked->read_tail;
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
  return stands_before(source.read, source.read_tail, path);
}

void SourceBook::advance(BookedSource& source, const SourcePlace& end, std::uint64_t at,
                         std::string_view text) {
  complete_head(source.head, at, text);
  source.known.place = end;
  source.known.head = fingerprint(std::string_view(source.head).substr(
      0, std::min<std::uint64_t>(source.head.size(), end.offset)));
  source.known.tail = fingerprint(last_bytes(text));
}

void SourceBook::note_read(BookedSource& source, const SourcePlace& end, std::uint64_t at,
                           std::string_view text) {
  complete_head(source.head, at, text);
  source.read = end;
  source.read_tail = fingerprint(last_bytes(text));
}

}  // namespace mlmon
