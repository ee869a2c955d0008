#include "core/input/input_paths.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace mlmon {
namespace {

class Folder {
 public:
  Folder() { REQUIRE(mkdtemp(path_.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  void touch(const std::vector<std::string>& names) const {
    for (const std::string& name : names) std::ofstream(*this / name) << "";
  }
  void add_folder(const std::string& name) const {
    std::filesystem::create_directory(*this / name);
  }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "mlmon-paths-XXXXXX";
};

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("files stand for themselves, in the order given, whatever their names") {
  const Folder folder;
  folder.touch({"b.txt", "a", ".hidden"});
  const Paths given = {folder / "b.txt", "-", folder / "a", folder / ".hidden", folder / "a"};
  const InputPaths paths = expand_paths(given);
  REQUIRE(paths.files == given);
  REQUIRE(paths.errors.empty());
  REQUIRE(paths.empty_folders.empty());
}

TEST_CASE("a folder stands for its inputs in the byte order of their names") {
  const Folder folder;
  folder.touch({"b.ndjson", "B.jsonl", "a.ndjson.gz", "a.ndjson", "a.jsonl.zst", "10.ndjson",
                "9.ndjson", "\xc3\xa9.ndjson", ".hidden.ndjson", ".ndjson", "x.txt", "x.json",
                "x.gz", "x.ndjson.bz2", "x.ndjson.gz.zst", "x.ndjson~", "x.NDJSON", "ndjson"});
  folder.add_folder("sub.ndjson");
  folder.add_folder("sub");
  folder.touch({"sub/inner.ndjson"});
  REQUIRE(mkfifo((folder / "pipe.ndjson").c_str(), 0600) == 0);
  const InputPaths paths = expand_paths({folder.path()});
  REQUIRE(paths.files == Paths{folder / "10.ndjson", folder / "9.ndjson", folder / "B.jsonl",
                               folder / "a.jsonl.zst", folder / "a.ndjson", folder / "a.ndjson.gz",
                               folder / "b.ndjson", folder / "\xc3\xa9.ndjson"});
  REQUIRE(paths.errors.empty());
  REQUIRE(paths.empty_folders.empty());
}

TEST_CASE("a folder's path is joined with one slash") {
  const Folder folder;
  folder.touch({"a.ndjson"});
  REQUIRE(expand_paths({folder.path() + "/"}).files == Paths{folder / "a.ndjson"});
  REQUIRE(expand_paths({folder.path() + "//"}).files == Paths{folder / "a.ndjson"});
}

TEST_CASE("links to files are followed and those to nowhere are named") {
  const Folder folder;
  folder.touch({"a.txt"});
  std::filesystem::create_symlink("a.txt", folder / "good.ndjson");
  std::filesystem::create_symlink("nowhere", folder / "lost.ndjson");
  const InputPaths paths = expand_paths({folder.path()});
  REQUIRE(paths.files == Paths{folder / "good.ndjson"});
  REQUIRE(paths.errors.size() == 1);
  REQUIRE(paths.errors[0].text == folder / "lost.ndjson" + ": No such file or directory");
}

TEST_CASE("a folder without inputs is named as it was given") {
  const Folder folder;
  folder.touch({"a.txt", ".b.ndjson"});
  const InputPaths paths = expand_paths({folder.path() + "/"});
  REQUIRE(paths.files.empty());
  REQUIRE(paths.errors.empty());
  REQUIRE(paths.empty_folders == Paths{folder.path() + "/"});
}

TEST_CASE("a path that is not there is an error and the others go on") {
  const Folder folder;
  folder.touch({"a", "b"});
  const InputPaths paths =
      expand_paths({folder / "a", folder / "none", folder / "a/below", "", folder / "b"});
  REQUIRE(paths.files == Paths{folder / "a", folder / "b"});
  REQUIRE(paths.errors.size() == 3);
  REQUIRE(paths.errors[0].text == folder / "none" + ": No such file or directory");
  REQUIRE(paths.errors[1].text == folder / "a/below" + ": Not a directory");
  REQUIRE(paths.errors[2].text == "\"\": No such file or directory");
}

TEST_CASE("a path that may not be read is an error") {
  const Folder folder;
  folder.touch({"secret.ndjson", "open.ndjson"});
  folder.add_folder("closed");
  REQUIRE(chmod((folder / "secret.ndjson").c_str(), 0) == 0);
  REQUIRE(chmod((folder / "closed").c_str(), 0) == 0);
  const bool root = geteuid() == 0;  // who may read everything
  if (root) {
    REQUIRE(chmod(folder.path().c_str(), 0755) == 0);
    REQUIRE(seteuid(65534) == 0);
  }
  const InputPaths paths =
      expand_paths({folder / "closed", folder / "secret.ndjson", folder.path()});
  if (root) REQUIRE(seteuid(0) == 0);
  REQUIRE(paths.files == Paths{folder / "open.ndjson"});
  REQUIRE(paths.errors.size() == 3);
  REQUIRE(paths.errors[0].text == folder / "closed" + ": Permission denied");
  REQUIRE(paths.errors[1].text == folder / "secret.ndjson" + ": Permission denied");
  REQUIRE(paths.errors[2].text == folder / "secret.ndjson" + ": Permission denied");
  REQUIRE(paths.empty_folders.empty());
}

TEST_CASE("the matches of a pattern are in byte order and each is taken once") {
  const Folder folder;
  folder.touch({"b.ndjson", "a.ndjson", "B.ndjson", "c.txt", ".h.ndjson"});
  const InputPaths paths = expand_globs({folder / "[a-b].ndjson", folder / "*.ndjson"});
  REQUIRE(paths.files == Paths{folder / "a.ndjson", folder / "b.ndjson", folder / "B.ndjson"});
  REQUIRE(paths.errors.empty());
}

TEST_CASE("a pattern may match folders and may be no pattern at all") {
  const Folder folder;
  folder.add_folder("day1");
  folder.add_folder("day2");
  folder.touch({"day1/a.ndjson"});
  const InputPaths paths = expand_globs({folder / "day?", "-", folder / "none.ndjson"});
  REQUIRE(paths.files == Paths{folder / "day1/a.ndjson", "-"});
  REQUIRE(paths.empty_folders == Paths{folder / "day2"});
  REQUIRE(paths.errors.size() == 1);
  REQUIRE(paths.errors[0].text == folder / "none.ndjson" + ": No such file or directory");
}

TEST_CASE("a pattern without a match is reported and the others go on") {
  const Folder folder;
  folder.touch({"a.ndjson"});
  const InputPaths paths = expand_globs({folder / "*.none", folder / "*.ndjson"});
  REQUIRE(paths.files == Paths{folder / "a.ndjson"});
  REQUIRE(paths.errors.size() == 1);
  REQUIRE(paths.errors[0].text == folder / "*.none" + ": no file matches");
}

}  // namespace mlmon
