#include "core/run/source_book.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "core/run/file_content.h"
#include "core/store/sql_store.h"
#include "tests/core/run_fixture.h"
#include "tests/core/test_state.h"

using namespace mlmon;

namespace {

const std::string kDay = event_lines(40, 5);
const std::string kOther = event_lines(40, 7, 3);

/// Runs over files, as far as sources are concerned; each reads its files to some offset.
class Books {
 public:
  std::shared_ptr<BookedSource> enter(const std::string& path, bool from_start = false,
                                      bool came_later = false) {
    if (!book_) {
      book_.emplace(*store_, std::vector<std::string>{"first", "second"}, from_start, clock_);
    }
    auto input = open_input(path);
    REQUIRE(input.ok());
    auto entered = book_->enter(path, **input, came_later);
    REQUIRE(entered.ok());
    kind = entered->kind;
    warning = entered->warning;
    return entered->source;
  }

  /// Reads on in steps of `step` bytes, up to `offset`, which the text of the file has.
  static void read(BookedSource& source, const std::string& text, std::uint64_t offset,
                   std::size_t step = 100) {
    for (std::uint64_t at = source.known.place.offset; at < offset;) {
      const std::uint64_t end = std::min<std::uint64_t>(offset, at + step);
      SourceBook::advance(source, {end, source.known.place.lines + 1, false}, at,
                          std::string_view(text).substr(at, end - at));
      at = end;
    }
  }

  void commit(BookedSource& source) { source.known.row = commit(source.known); }
  std::int64_t commit(const KnownSource& source) {
    Checkpoint checkpoint;
    checkpoint.sources = {source};
    const auto committed = store_->commit(checkpoint, ModelTable());
    REQUIRE(committed.ok());
    return committed->rows.at(0);
  }

  /// The next run begins.
  void close() { book_.reset(); }

  /// A whole run over one file.
  SourcePlace run(const std::string& path, const std::string& text, bool from_start = false) {
    const auto source = enter(path, from_start);
    const SourcePlace start = source->start;
    read(*source, text, text.size());
    commit(*source);
    close();
    return start;
  }

  BookEntry::Kind kind = BookEntry::Kind::kUnknown;
  std::string warning;

 private:
  const FakeClock clock_;
  std::unique_ptr<Store> store_ = open_test_store();
  std::optional<SourceBook> book_;
};

}  // namespace

TEST_CASE("an unknown file begins at its beginning, a known one where it was left") {
  const TemporaryFolder folder;
  Books books;
  const std::string path = folder.write("a", kDay);
  CHECK(books.run(path, kDay).offset == 0);
  const auto again = books.enter(path);
  CHECK(again->start.offset == kDay.size());
  CHECK(again->start.lines > 0);
  CHECK(again->earliest().offset == kDay.size());
  books.close();
  folder.write("a", kDay + kOther);
  CHECK(books.run(path, kDay + kOther).offset == kDay.size());
  CHECK(books.run(path, kDay + kOther).offset == kDay.size() + kOther.size());
}

TEST_CASE("a file is known at every length that it had, however short") {
  for (const std::size_t size : {1u, 20u, 255u, 256u, 257u, 511u, 513u, 3000u}) {
    const TemporaryFolder folder;
    Books books;
    const std::string path = folder.write("a", kDay.substr(0, size));
    books.run(path, kDay.substr(0, size));
    folder.write("a", kDay);
    INFO("size " << size);
    CHECK(books.run(path, kDay).offset == size);
    CHECK(books.run(path, kDay).offset == kDay.size());
  }
}

TEST_CASE("a copy goes on where its original is, though the first checkpoint of that is in the store") {
  const TemporaryFolder folder;
  Books books;
  const auto original = books.enter(folder.write("a", kDay));
  constexpr std::uint64_t kCommitted = 1000;
  Books::read(*original, kDay, kCommitted);
  books.commit(original->known);  // its row is not noted in the book yet
  Books::read(*original, kDay, kDay.size());
  SourceBook::note_read(*original, {kDay.size(), 40, false}, 0, kDay);
  std::filesystem::copy(folder.path("a"), folder.path("a.1"));
  const auto copy = books.enter(folder.path("a.1"), false, true);
  CHECK(copy->start.offset == kDay.size());
}

TEST_CASE("a line that waits for its rest, or a short one, does not make other text with the same beginning fit") {
  for (const std::string& more : {std::string(), kDay.substr(1000, 1)}) {
    const TemporaryFolder folder;
    Books books;
    const std::string path = folder.write("a", kDay);
    const auto source = books.enter(path);
    Books::read(*source, kDay, 1000);
    SourceBook::note_read(*source, {1000, 7, false}, 0, kDay.substr(0, 1000));
    SourceBook::advance(*source, {1000 + more.size(), 7, false}, 1000, more);
    SourceBook::note_read(*source, {1000 + more.size(), 7, false}, 1000, more);
    books.commit(*source);
    std::string other = kDay.substr(0, 300) + kOther + kOther;
    other.replace(1000, more.size(), more);
    folder.write("a", other);
    INFO("then " << more.size() << " bytes");
    const auto same = SourceBook::goes_on(*source, path);
    CHECK((same.ok() && !*same));
    books.close();
    CHECK(books.enter(path)->start.offset == 0);
  }
}

TEST_CASE("a file that is written anew between its opening and its reading is known by what was read") {
  const TemporaryFolder folder;
  Books books;
  const std::string path = folder.write("a", kDay);
  const auto source = books.enter(path);
  folder.write("a", kOther);
  Books::read(*source, kOther, kOther.size());
  books.commit(*source);
  books.close();
  CHECK(books.enter(path)->start.offset == kOther.size());
  CHECK(books.enter(folder.write("b", kDay))->start.offset == 0);
}

TEST_CASE("names and inodes do not matter") {
  const TemporaryFolder folder;
  Books books;
  books.run(folder.write("a", kDay), kDay);
  std::filesystem::rename(folder.path("a"), folder.path("b"));
  CHECK(books.run(folder.path("b"), kDay).offset == kDay.size());
  std::filesystem::copy(folder.path("b"), folder.path("c"));
  CHECK(books.run(folder.path("c"), kDay).offset == kDay.size());
}

TEST_CASE("other text under the same name begins anew, shorter, as long or longer") {
  for (const std::string& text : {std::string("other text"), kOther.substr(0, kDay.size()),
                                  kOther + kOther, std::string(),
                                  kDay.substr(0, 300) + kOther + kOther}) {
    const TemporaryFolder folder;
    Books books;
    const std::string path = folder.write("a", kDay);
    books.run(path, kDay);
    folder.write("a", text);
    INFO("size " << text.size());
    CHECK(books.run(path, text).offset == 0);
  }
}

TEST_CASE("an observer that was stopped goes on at a place of its own") {
  const TemporaryFolder folder;
  Books books;
  const std::string path = folder.write("a", kDay);
  const auto source = books.enter(path);
  Books::read(*source, kDay, kDay.size());
  source->known.own["second"] = {100, 1, false};
  source->known.own["gone"] = {50, 1, false};
  books.commit(*source);
  books.close();
  const auto again = books.enter(path);
  REQUIRE(again->from.size() == 2);
  CHECK(again->from[0].offset == kDay.size());
  CHECK(again->from[1].offset == 100);
  CHECK(again->from[1].lines == 1);
  CHECK(again->earliest().offset == 100);
  CHECK(again->start.offset == kDay.size());
}

TEST_CASE("from the start everybody begins there, and the file is the same") {
  const TemporaryFolder folder;
  Books books;
  const std::string path = folder.write("a", kDay);
  books.run(path, kDay);
  const auto again = books.enter(path, true);
  CHECK(again->start.offset == 0);
  CHECK(again->earliest().offset == 0);
  CHECK(again->known.row != 0);
}

TEST_CASE("one file under two names is read once in a run") {
  const TemporaryFolder folder;
  Books books;
  const std::string path = folder.write("a", kDay);
  std::filesystem::create_hard_link(path, folder.path("b"));
  std::filesystem::create_symlink(path, folder.path("c"));
  CHECK(books.enter(path) != nullptr);
  CHECK(books.kind == BookEntry::Kind::kSource);
  for (const std::string& other : {folder.path("b"), folder.path("c"), path}) {
    CHECK(books.enter(other) == nullptr);
    CHECK(books.kind == BookEntry::Kind::kAlready);
  }
  books.close();
  CHECK(books.enter(folder.path("b")) != nullptr);
}

TEST_CASE("a pipe is none that is known again") {
  const TemporaryFolder folder;
  Books books;
  const std::string path = folder.path("pipe");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  CHECK(books.enter(path) == nullptr);
  CHECK(books.kind == BookEntry::Kind::kUnknown);
}

TEST_CASE("of several that fit the one with the same inode or path counts") {
  const TemporaryFolder folder;
  Books books;
  const std::string a = folder.write("a", kDay), b = folder.write("b", kDay);
  const auto one = books.enter(a), two = books.enter(b);
  Books::read(*one, kDay, 500);
  Books::read(*two, kDay, 900);
  books.commit(*one);
  books.commit(*two);
  books.close();
  CHECK(books.enter(a)->start.offset == 500);
  CHECK(books.enter(b)->start.offset == 900);
}

TEST_CASE("two files of a run that a known one turned into are known apart from there on") {
  const TemporaryFolder folder;
  Books books;
  books.run(folder.write("a", kDay), kDay);
  const std::string left = kDay + kOther, right = kDay + kDay + kOther;
  folder.write("a", left);
  const std::string a = folder.path("a"), b = folder.write("b", right);
  const auto one = books.enter(a), two = books.enter(b);
  CHECK(one->start.offset == kDay.size());
  CHECK(two->start.offset == kDay.size());
  Books::read(*one, left, left.size());
  Books::read(*two, right, right.size());
  books.commit(*one);
  books.commit(*two);
  books.close();
  CHECK(books.enter(a)->start.offset == left.size());
  CHECK(books.enter(b)->start.offset == right.size());
}

TEST_CASE("a beginning of what was read, under any name, is a copy under way until it is longer or another") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{150}, std::size_t{256}, std::size_t{1000}, kDay.size() - 1}) {
    for (const bool original_is_there : {true, false}) {
      const TemporaryFolder folder;
      Books books;
      const std::string path = folder.write("b", kDay);
      books.run(path, kDay);
      const std::string copy = folder.write("a", kDay.substr(0, size));
      if (!original_is_there) std::filesystem::remove(path);
      INFO(size << (original_is_there ? "" : ", the original is gone"));
      CHECK(books.enter(copy) == nullptr);
      CHECK(books.kind == BookEntry::Kind::kUnderWay);
      books.close();
      folder.write("a", kDay + kOther);  // the copy has ended, and grows
      CHECK(books.run(copy, kDay + kOther).offset == kDay.size());
      const std::string other = folder.write("c", kDay.substr(0, size) + "x");
      if (original_is_there || size + 1 < kHeadBytes) CHECK(books.enter(other)->start.offset == 0);
    }
  }
}

TEST_CASE("a file that was cut to a part of itself waits until it is another") {
  const TemporaryFolder folder;
  Books books;
  const std::string path = folder.write("a", kDay);
  books.run(path, kDay);
  folder.write("a", kDay.substr(0, kDay.size() / 2));
  CHECK(books.enter(path) == nullptr);
  CHECK(books.kind == BookEntry::Kind::kUnderWay);
  books.close();
  folder.write("a", kDay.substr(0, kDay.size() / 2) + kOther);
  CHECK(books.enter(path)->start.offset == 0);
}
