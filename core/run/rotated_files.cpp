#include "core/run/rotated_files.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "core/kafka/kafka_url.h"
#include "core/run/file_content.h"

namespace mlmon {
namespace {

struct Look {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t changed_ns = 0;
};

/// Of a regular file; nothing: it is none.
std::optional<Look> look_at(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return Look{status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
              changed_ns_of(status)};
}

bool is_same(const KnownSource& known, const Look& look) {
  return known.device == look.device && known.inode == look.inode;
}

/// What was read of it still stands under its name.
bool stands(const KnownSource& known) {
  const std::optional<Look> look = look_at(known.path);
  if (!look) return false;
  if (is_same(known, *look) && known.changed_ns == look->changed_ns) return true;
  const Result<bool> same = stands_before(known.place, known.tail, known.path);
  return !same || *same;  // one that cannot be read is told of when it is opened
}

/// `app.ndjson` -> `app.ndjson.2`, `app.ndjson-20260201.gz`; with the extension kept `app-20260201.ndjson.gz`.
bool is_generation_of(std::string_view name, std::string_view other) {
  if (other.size() > name.size() && other.starts_with(name)) {
    return other[name.size()] == '.' || other[name.size()] == '-';
  }
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || !other.starts_with(name.substr(0, dot))) {
    return false;
  }
  std::string_view rest = other.substr(dot);
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (rest.ends_with(packed)) rest.remove_suffix(packed.size());
  }
  const std::string_view extension = name.substr(dot);
  if (!rest.ends_with(extension)) return false;
  rest.remove_suffix(extension.size());
  return rest.size() > 1 && (rest[0] == '.' || rest[0] == '-') &&
         rest.find_first_not_of("0123456789-_.T") == std::string_view::npos &&
         rest.find_first_of("0123456789") != std::string_view::npos;
}

/// The regular files in a folder, hidden ones left out.
class Folder {
 public:
  struct File {
    std::string name, path;
    Look look;
    std::optional<std::string> head;
  };

  /// `prefix`: what stands before the names in the paths.
  explicit Folder(const std::string& prefix) {
    const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(prefix.empty() ? "." : prefix.c_str()),
                                                   closedir);
    readable_ = open != nullptr;
    while (const dirent* entry = readable_ ? readdir(open.get()) : nullptr) {
      if (entry->d_name[0] == '.') continue;
      const std::string path = prefix + entry->d_name;
      if (const auto look = look_at(path)) files_.push_back({entry->d_name, path, *look, {}});
    }
  }

  bool readable() const { return readable_; }
  std::vector<File>& files() { return files_; }

  /// The file that holds what was read of the source.
  const File* holder(const KnownSource& known) {
    std::vector<File*> order;
    for (File& file : files_) order.push_back(&file);
    std::stable_sort(order.begin(), order.end(), [&](const File* a, const File* b) {
      return is_same(known, a->look) > is_same(known, b->look);
    });
    for (File* file : order) {
      if (file->path != known.path && holds(*file, known)) return file;
    }
    return nullptr;
  }

 private:
  static bool holds(File& file, const KnownSource& known) {
    if (!file.head) {
      const Result<std::string> head = bytes_at(file.path, 0, kHeadBytes);
      file.head = head ? *head : "";
    }
    if (file.head->size() < known.head.size) return false;
    if (!(fingerprint(file.head->substr(0, known.head.size)) == known.head)) return false;
    const Result<bool> same = stands_before(known.place, known.tail, file.path);
    return same && *same;
  }

  bool readable_ = false;
  std::vector<File> files_;
};

/// One name after the other.
class Search {
 public:
  explicit Search(CheckpointStore& store) : store_(store) {}

  Result<void> look_for(const KnownSource& known) {
    const std::size_t slash = known.path.rfind('/');
    const std::string prefix = slash == std::string::npos ? "" : known.path.substr(0, slash + 1);
    Folder& folder = folders_.try_emplace(prefix, prefix).first->second;
    if (!folder.readable()) return {};  // nobody can tell
    const Folder::File* holder = folder.holder(known);
    bool more = false;
    if (holder != nullptr) {
      const Result<bool> has_more = reaches(holder->path, known.place.offset + 1);
      more = !has_more || *has_more;
      if (more) found_.files.push_back(holder->path);
    } else if (known.seen_size > known.place.offset) {
      found_.warnings.push_back(fmt::format(
          "{}: was taken away before its end was read: it had {} bytes, {} of them were read (up to line {})",
          known.path, known.seen_size, known.place.offset, known.place.lines));
    }
    add_generations(folder, known, holder);
    if (more) return {};  // its name changes with its place
    return store_.rename_source(known.row, holder != nullptr ? holder->path : "");
  }

  RotatedFiles take() { return std::move(found_); }

 private:
  void add_generations(Folder& folder, const KnownSource& known, const Folder::File* holder) {
    const std::string name = known.path.substr(known.path.rfind('/') + 1);
    const std::int64_t since = holder != nullptr ? holder->look.changed_ns : known.changed_ns;
    if (since == 0) return;  // noted by an mlmon that did not look
    std::vector<const Folder::File*> later;
    for (const Folder::File& file : folder.files()) {
      if (&file != holder && file.look.changed_ns >= since && is_generation_of(name, file.name)) {
        later.push_back(&file);
      }
    }
    std::stable_sort(later.begin(), later.end(), [](const auto* a, const auto* b) {
      return std::pair(a->look.changed_ns, b->name) < std::pair(b->look.changed_ns, a->name);
    });
    for (const Folder::File* file : later) found_.files.push_back(file->path);
  }

  CheckpointStore& store_;
  std::map<std::string, Folder> folders_;  // by what stands before the names
  RotatedFiles found_;
};

}  // namespace

Result<RotatedFiles> find_rotated(CheckpointStore& store,
                                  const std::function<bool(const std::string&)>& covers) {
  const Result<std::vector<KnownSource>> named = store.named_sources();
  if (!named) return named.error();
  Search search(store);
  for (const KnownSource& known : *named) {
    if (is_kafka_url(known.path) || !covers(known.path) || stands(known)) continue;
    if (const auto looked = search.look_for(known); !looked) return looked.error();
  }
  RotatedFiles found = search.take();
  std::vector<std::string> once;
  for (std::string& file : found.files) {
    if (std::find(once.begin(), once.end(), file) == once.end()) once.push_back(std::move(file));
  }
  found.files = std::move(once);
  return found;
}

}  // namespace mlmon
