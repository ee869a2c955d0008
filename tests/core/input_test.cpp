#include "core/input/input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

namespace mlmon {
namespace {

using namespace std::string_literals;

class Folder {
 public:
  Folder() { REQUIRE(mkdtemp(path_.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "mlmon-input-XXXXXX";
};

/// Puts a descriptor in the place of standard input.
class AsStdin {
 public:
  explicit AsStdin(int fd) : before_(dup(STDIN_FILENO)) { dup2(fd, STDIN_FILENO); }
  ~AsStdin() {
    dup2(before_, STDIN_FILENO);
    close(before_);
  }
  AsStdin(const AsStdin&) = delete;
  AsStdin& operator=(const AsStdin&) = delete;

 private:
  int before_;
};

class Pipe {
 public:
  Pipe() { REQUIRE(pipe(ends_) == 0); }
  ~Pipe() {
    close(ends_[0]);
    end();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int reader() const { return ends_[0]; }
  void say(const std::string& bytes) const {
    REQUIRE(write(ends_[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  void end() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  int ends_[2] = {-1, -1};
};

std::string gzip(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string zstd(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return packed;
}

/// A frame of one stored block, with a window of 2^log bytes.
std::string zstd_with_window(unsigned log, const std::string& text) {
  const auto header = static_cast<unsigned>(text.size() << 3 | 1);
  return "\x28\xb5\x2f\xfd\0"s + static_cast<char>((log - 10) << 3) + static_cast<char>(header) +
         static_cast<char>(header >> 8) + static_cast<char>(header >> 16) + text;
}

/// Text that does not compress to nothing.
std::string words(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) text += std::to_string(random()) + (random() % 9 == 0 ? '\n' : ' ');
  text.resize(size);
  return text;
}

struct Contents {
  std::string text;
  std::string error;
};

/// Reads to the end or the first error, waiting where need be.
Contents contents_of(Input& input, std::size_t room = 5000) {
  Contents contents;
  std::string piece(room, '\0');
  while (true) {
    if (!input.ready() && input.poll_fd() >= 0) {
      pollfd asked{input.poll_fd(), POLLIN, 0};
      REQUIRE(poll(&asked, 1, 10'000) == 1);
    }
    const Result<std::size_t> got = input.read(piece.data(), room);
    if (!got) return contents.error = got.error().text, contents;
    if (*got == Input::kNothingYet) continue;
    if (*got == 0) return contents;
    contents.text.append(piece, 0, *got);
  }
}

Contents contents_of(const std::string& path, std::size_t room = 5000) {
  const auto input = open_input(path);
  if (!input) return {"", input.error().text};
  return contents_of(**input, room);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a plain file is read as it is") {
  const Folder folder;
  const std::string text = words(100'000);
  const auto input = open_input(folder.write("a.ndjson", text));
  REQUIRE(input.ok());
  REQUIRE((*input)->regular());
  REQUIRE_FALSE((*input)->compressed());
  REQUIRE((*input)->poll_fd() == -1);
  REQUIRE((*input)->file_fd() >= 0);
  REQUIRE((*input)->total() == text.size());
  REQUIRE((*input)->consumed() == 0);
  REQUIRE(contents_of(**input).text == text);
  REQUIRE((*input)->consumed() == text.size());
}

TEST_CASE("an empty file and /dev/null end at once") {
  const Folder folder;
  REQUIRE(contents_of(folder.write("a.ndjson", "")).text.empty());
  const Contents null = contents_of("/dev/null");
  REQUIRE(null.text.empty());
  REQUIRE(null.error.empty());
}

TEST_CASE("what cannot be read is named with the reason") {
  const Folder folder;
  REQUIRE(contents_of(folder.path("none")).error ==
          folder.path("none") + ": No such file or directory");
  REQUIRE(contents_of(folder.path("")).error == folder.path("") + ": Is a directory");

  sockaddr_un address{AF_UNIX, {}};
  folder.path("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(contents_of(folder.path("socket")).error == folder.path("socket") + ": is a socket");
  close(fd);
}

TEST_CASE("gzip and zstd are recognised by their bytes, whatever the name") {
  const Folder folder;
  const std::string text = words(700'000);
  for (const std::string& packed : {gzip(text), zstd(text)}) {
    const auto input = open_input(folder.write("a.ndjson", packed));
    REQUIRE(input.ok());
    REQUIRE((*input)->compressed());
    REQUIRE_FALSE((*input)->regular());
    REQUIRE((*input)->poll_fd() == -1);
    REQUIRE((*input)->total() == packed.size());
    REQUIRE(contents_of(**input).text == text);
    REQUIRE((*input)->consumed() == packed.size());
    for (const std::size_t room : {1, 3, 4096, 200'000, 1'000'000}) {
      const Contents contents = contents_of(folder.path("a.ndjson"), room);
      REQUIRE(contents.error.empty());
      REQUIRE(contents.text == text);
    }
  }
}

TEST_CASE("members of gzip and frames of zstd follow each other") {
  const Folder folder;
  const std::string skippable = "\x5a\x2a\x4d\x18\x03\0\0\0abc"s;
  for (const std::string& packed :
       {gzip("a\n") + gzip("") + gzip("b\n"), gzip("a\n") + "\0\0\0"s + gzip("b\n"),
        zstd("a\n") + zstd("") + zstd("b\n"), skippable + zstd("a\n") + skippable + zstd("b\n")}) {
    const Contents contents = contents_of(folder.write("a", packed));
    REQUIRE(contents.text == "a\nb\n");
    REQUIRE(contents.error.empty());
  }
}

TEST_CASE("zeros behind a gzip member are padding and anything else is an error") {
  const Folder folder;
  const std::string packed = gzip("a\n");
  const Contents padded = contents_of(folder.write("a.gz", packed + std::string(300'000, '\0')));
  REQUIRE(padded.text == "a\n");
  REQUIRE(padded.error.empty());

  for (const std::string& garbage : {"x"s, "\0\0x"s, "\x1f"s, "\x1fzzzzzzzzzzzzzz"s}) {
    const Contents spoilt = contents_of(folder.write("b.gz", packed + garbage));
    REQUIRE(spoilt.text == "a\n");
    REQUIRE(has(spoilt.error, folder.path("b.gz") + ": "));
  }
  const Contents zstd_spoilt = contents_of(folder.write("c.zst", zstd("a\n") + "garbage"));
  REQUIRE(zstd_spoilt.text == "a\n");
  REQUIRE(has(zstd_spoilt.error, folder.path("c.zst") + ": "));
}

TEST_CASE("a file that is not what its name promises is an error") {
  const Folder folder;
  for (const std::string& bytes : {"{}\n"s, zstd("{}\n")}) {
    REQUIRE(contents_of(folder.write("a.gz", bytes)).error ==
            folder.path("a.gz") + ": is not in gzip format");
  }
  for (const std::string& beginning : {""s, "\x1f"s}) {
    REQUIRE(has(contents_of(folder.write("a.gz", beginning)).error, "it ends too early"));
  }
  for (const std::string& bytes : {"{}\n"s, gzip("{}\n")}) {
    REQUIRE(contents_of(folder.write("a.zst", bytes)).error ==
            folder.path("a.zst") + ": is not in zstd format");
  }
  for (const std::string& beginning : {""s, "\x28\xb5\x2f"s}) {
    REQUIRE(has(contents_of(folder.write("a.zst", beginning)).error, "it ends too early"));
  }
}

TEST_CASE("bytes that only begin as a compressed file does are text") {
  const Folder folder;
  for (const std::string& bytes : {"("s, "(a\n"s, "P*M"s, "\x1f"s, "\x28\xb5\x2f"s}) {
    REQUIRE(contents_of(folder.write("a", bytes)).text == bytes);
  }
}

TEST_CASE("a compressed file cut anywhere gives what it holds, then an error") {
  const Folder folder;
  const std::string text = words(3'000);
  for (const std::string& packed : {gzip(text) + gzip(text), zstd(text) + zstd(text)}) {
    const std::size_t boundary = packed.size() / 2;
    for (std::size_t size = 4; size < packed.size(); ++size) {
      const Contents contents = contents_of(folder.write("a", packed.substr(0, size)));
      REQUIRE((text + text).starts_with(contents.text));
      if (size >= boundary) REQUIRE(contents.text.size() >= text.size());
      if (size == boundary) {
        REQUIRE(contents.error.empty());
      } else {
        REQUIRE(has(contents.error, folder.path("a") + ": "));
        REQUIRE(has(contents.error, "truncated"));
        REQUIRE(has(contents.error, "at byte " + std::to_string(size)));
      }
    }
  }
}

TEST_CASE("what stands before damage is handed out to the last byte") {
  const Folder folder;
  const std::string sound = words(50'000);
  for (const auto pack : {gzip, zstd}) {
    std::string bad = pack(words(50'000));
    bad[bad.size() - 6] = static_cast<char>(bad[bad.size() - 6] ^ 0x55);
    const auto input = open_input(folder.write("a", pack(sound) + bad));
    REQUIRE(input.ok());
    const Contents contents = contents_of(**input, 1'000'000);
    REQUIRE(contents.text.substr(0, sound.size()) == sound);
    REQUIRE(has(contents.error, folder.path("a") + ": damaged"));
    char byte = 0;
    REQUIRE((*input)->read(&byte, 1).error().text == contents.error);
  }
}

TEST_CASE("a damaged block of zstd takes no sound block with it") {
  const Folder folder;
  const std::string runs = "\x28\xb5\x2f\xfd\0\x58"s +  // three blocks of 1000 times one byte
                           "\x42\x1f\0A"s + "\x42\x1f\0B"s + "\x42\x1f\0C"s;
  const std::string reserved_type = "\x46\x1f\0D"s;
  const Contents contents = contents_of(folder.write("a.zst", runs + reserved_type), 100'000);
  REQUIRE(contents.text ==
          std::string(1000, 'A') + std::string(1000, 'B') + std::string(1000, 'C'));
  REQUIRE(has(contents.error, "damaged zstd data at byte"));
}

TEST_CASE("random damage never does worse than an error") {
  const Folder folder;
  std::mt19937 random(11);
  const std::string text = words(20'000);
  for (const std::string& packed : {gzip(text), zstd(text)}) {
    for (int round = 0; round < 400; ++round) {
      std::string bad = packed;
      for (int flips = 0; flips < 3; ++flips) {
        bad[4 + random() % (bad.size() - 4)] = static_cast<char>(random());
      }
      const Contents contents = contents_of(folder.write("a", bad), 1 + random() % 30'000);
      if (contents.error.empty()) REQUIRE(contents.text == text);
    }
  }
}

TEST_CASE("zstd windows are taken up to 128 MiB") {
  const Folder folder;
  REQUIRE(contents_of(folder.write("a.zst", zstd_with_window(27, "{}\n"))).text == "{}\n");
  REQUIRE(has(contents_of(folder.write("b.zst", zstd_with_window(28, "{}\n"))).error, "memory"));
}

TEST_CASE("standard input may be a file, from where it stands") {
  const Folder folder;
  const int fd = open(folder.write("a", "0123456789").c_str(), O_RDONLY);
  REQUIRE(lseek(fd, 3, SEEK_SET) == 3);
  {
    const AsStdin as_stdin(fd);
    const auto input = open_input("-");
    REQUIRE(input.ok());
    REQUIRE((*input)->regular());
    REQUIRE((*input)->poll_fd() == -1);
    REQUIRE((*input)->consumed() == 3);
    REQUIRE((*input)->total() == 10);
    REQUIRE(contents_of(**input).text == "3456789");
    REQUIRE(*(*input)->seek(2) == 2);
    REQUIRE(contents_of(**input).text == "56789");
  }
  close(fd);
}

TEST_CASE("standard input stays open when its input goes") {
  const Pipe pipe;
  const AsStdin as_stdin(pipe.reader());
  REQUIRE(open_input("-").ok());
  REQUIRE(fcntl(STDIN_FILENO, F_GETFD) >= 0);
}

TEST_CASE("a compressed pipe is read byte by byte without blocking") {
  const std::string text = words(2'000);
  for (const std::string& packed : {gzip(text) + gzip(text), zstd(text) + zstd(text)}) {
    Pipe pipe;
    const AsStdin as_stdin(pipe.reader());
    const auto opened = open_input("-");
    REQUIRE(opened.ok());
    Input& input = **opened;
    std::string read;
    char piece[100];
    for (const char byte : packed) {
      pipe.say(std::string(1, byte));
      bool fresh = true;
      while (fresh || input.ready()) {
        const Result<std::size_t> got = input.read(piece, sizeof piece);
        REQUIRE(got.ok());
        REQUIRE(*got != 0);
        if (*got != Input::kNothingYet) read.append(piece, *got);
        fresh = false;
      }
    }
    REQUIRE(input.compressed());
    REQUIRE(read == text + text);
    pipe.end();
    REQUIRE(*input.read(piece, sizeof piece) == 0);
  }
}

TEST_CASE("a pipe that begins as a compressed one might is not held back for long") {
  Pipe pipe;
  const AsStdin as_stdin(pipe.reader());
  const auto opened = open_input("-");
  REQUIRE(opened.ok());
  Input& input = **opened;
  char piece[100];
  pipe.say("(");
  REQUIRE(*input.read(piece, sizeof piece) == Input::kNothingYet);
  REQUIRE_FALSE(input.ready());
  pipe.say("a");
  REQUIRE(*input.read(piece, 1) == 1);
  REQUIRE(input.ready());
  pipe.end();
  REQUIRE(contents_of(input).text == "a");
  REQUIRE(input.consumed() == 2);
}

TEST_CASE("a pipe that ends within its first bytes gives them") {
  Pipe pipe;
  const AsStdin as_stdin(pipe.reader());
  const auto input = open_input("-");
  REQUIRE(input.ok());
  pipe.say("\x1f");
  pipe.end();
  REQUIRE(contents_of(**input).text == "\x1f");
}

TEST_CASE("a standard input that does not block has nothing yet") {
  Pipe pipe;
  REQUIRE(fcntl(pipe.reader(), F_SETFL, O_NONBLOCK) == 0);
  const AsStdin as_stdin(pipe.reader());
  const auto input = open_input("-");
  REQUIRE(input.ok());
  char byte = 0;
  REQUIRE(*(*input)->read(&byte, 1) == Input::kNothingYet);
  pipe.say("a");
  REQUIRE(*(*input)->read(&byte, 1) == 1);
  REQUIRE(*(*input)->read(&byte, 1) == Input::kNothingYet);
}

TEST_CASE("a FIFO waits for its writer in poll, not when it is opened") {
  const Folder folder;
  const std::string path = folder.path("fifo.gz");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  const auto input = open_input(path);
  REQUIRE(input.ok());
  pollfd asked{(*input)->poll_fd(), POLLIN, 0};
  REQUIRE(poll(&asked, 1, 0) == 0);
  const int writer = open(path.c_str(), O_WRONLY);
  const std::string packed = gzip("{}\n");
  REQUIRE(write(writer, packed.data(), packed.size()) == static_cast<ssize_t>(packed.size()));
  close(writer);
  const Contents contents = contents_of(**input);
  REQUIRE(contents.text == "{}\n");
  REQUIRE(contents.error.empty());
}

TEST_CASE("a FIFO that is not what its name promises is an error") {
  const Folder folder;
  const std::string path = folder.path("fifo.zst");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  const auto input = open_input(path);
  REQUIRE(input.ok());
  close(open(path.c_str(), O_WRONLY));
  REQUIRE(has(contents_of(**input).error, "it ends too early"));
}

TEST_CASE("a plain file goes to any offset and a compressed one forwards") {
  const Folder folder;
  const std::string text = words(400'000);
  const auto plain = open_input(folder.write("a", text));
  REQUIRE(plain.ok());
  REQUIRE(*(*plain)->seek(399'000) == 399'000);
  REQUIRE(contents_of(**plain).text == text.substr(399'000));
  REQUIRE(*(*plain)->seek(5) == 5);
  REQUIRE((*plain)->consumed() == 5);
  REQUIRE(contents_of(**plain).text == text.substr(5));
  REQUIRE(*(*plain)->seek(400'001) == 400'000);

  for (const std::string& packed : {gzip(text), zstd(text)}) {
    const auto input = open_input(folder.write("b", packed));
    REQUIRE(input.ok());
    REQUIRE(*(*input)->seek(5) == 5);
    REQUIRE(*(*input)->seek(399'000) == 399'000);
    REQUIRE_FALSE((*input)->seek(398'000).ok());
    REQUIRE(contents_of(**input).text == text.substr(399'000));
    REQUIRE(*(*input)->seek(500'000) == 400'000);
  }

  const Pipe pipe;
  const AsStdin as_stdin(pipe.reader());
  REQUIRE_FALSE((*open_input("-"))->seek(0).ok());
}

TEST_CASE("a plain file that has grown goes on") {
  const Folder folder;
  const auto input = open_input(folder.write("a", "one\n"));
  REQUIRE(contents_of(**input).text == "one\n");
  std::ofstream(folder.path("a"), std::ios::app) << "two\n";
  REQUIRE(contents_of(**input).text == "two\n");
}

}  // namespace mlmon
