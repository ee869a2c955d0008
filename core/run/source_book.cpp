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

/// Up to `size` bytes from `offset` on; fewer where the file ends or is damaged before.
Result<std::string> bytes_at(const std::string& path, std::uint64_t offset, std::size_t size) {
  Result<std::unique_ptr<Input>> input = open_input(path);
  if (!input) return input.error();
  std::string bytes(size, '\0');
  std::size_t have = 0;
  if (offset > 0) {
    const Result<std::uint64_t> reached = (*input)->seek(offset);
    if (!reached || *reached != offset) return std::string();
  }
  while (have < size) {
    const Result<std::size_t> got = (*input)->read(bytes.data() + have, size - have);
    if (!got || *got == 0 || *got == Input::kNothingYet) break;
    have += *got;
  }
  bytes.resize(have);
  return bytes;
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
                                                        bool& already) {
  already = false;
  struct stat info {};
  if (path == "-" || input.file_fd() < 0 || fstat(input.file_fd(), &info) != 0) {
    return std::shared_ptr<BookedSource>();
  }
  const std::pair<std::uint64_t, std::uint64_t> identity(info.st_dev, info.st_ino);
  already = std::find(seen_.begin(), seen_.end(), identity) != seen_.end();
  if (already) return std::shared_ptr<BookedSource>();
  seen_.push_back(identity);

  auto source = std::make_shared<BookedSource>();
  Result<std::string> head = bytes_at(path, 0, kBytes);
  if (!head) return head.error();
  source->head = std::move(*head);
  Result<std::vector<std::uint64_t>> sizes = store_.head_sizes();
  if (!sizes) return sizes.error();
  std::vector<KnownSource> candidates;
  for (const std::uint64_t size : *sizes) {
    if (size == 0 || size > source->head.size()) continue;
    auto like = store_.sources_like(fingerprint(std::string_view(source->head).substr(0, size)));
    if (!like) return like.error();
    std::move(like->begin(), like->end(), std::back_inserter(candidates));
  }
  const auto rank = [&](const KnownSource& known) {
    if (known.device == identity.first && known.inode == identity.second) return 0;
    return known.path == path ? 1 : 2;
  };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const KnownSource& a, const KnownSource& b) { return rank(a) < rank(b); });
  for (KnownSource& candidate : candidates) {
    const Result<bool> fitting = fits(path, candidate);
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
  if (from_start_) {
    known.place = {};
    known.own.clear();
  }
  source->start = known.place;
  for (const std::string& observer : observers_) {
    const auto own = known.own.find(observer);
    source->from.push_back(own != known.own.end() ? own->second : known.place);
  }
  return source;
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

Result<bool> SourceBook::fits(const std::string& path, const KnownSource& candidate) const {
  if (candidate.place.offset < candidate.tail.size) return false;
  const std::uint64_t from = candidate.place.offset - candidate.tail.size;
  const Result<std::string> tail = bytes_at(path, from, candidate.tail.size);
  if (!tail) return tail.error();
  return fingerprint(*tail) == candidate.tail;
}

void SourceBook::advance(BookedSource& source, const SourcePlace& end, std::uint64_t at,
                         std::string_view text) {
  std::string& head = source.head;
  if (head.size() < kBytes && at == head.size()) head += text.substr(0, kBytes - head.size());
  source.known.place = end;
  source.known.head = fingerprint(
      std::string_view(head).substr(0, std::min<std::uint64_t>(head.size(), end.offset)));
  source.known.tail = fingerprint(text.substr(text.size() - std::min(text.size(), kBytes)));
  source.moved = true;
}

}  // namespace mlmon
