#include "core/input/compressed_input.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace mlmon {
namespace {

constexpr std::size_t kReadChunk = 128 * 1024;

/// One compressed format, fed piece by piece.
class Decoder {
 public:
  struct Step {
    std::size_t taken = 0;  // compressed bytes used up
    std::size_t made = 0;   // bytes of output
    const char* fault = nullptr;  // what is wrong behind these
  };

  virtual ~Decoder() = default;

  /// Decodes some of `from` to `to`. A step that takes and makes nothing needs more bytes.
  virtual Step decode(std::string_view from, char* to, std::size_t room) = 0;

  /// The source may end here.
  virtual bool complete() const = 0;
};

class GzipDecoder final : public Decoder {
 public:
  GzipDecoder() { usable_ = inflateInit2(&stream_, 15 + 16) == Z_OK; }
  ~GzipDecoder() override { inflateEnd(&stream_); }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  Step decode(std::string_view from, char* to, std::size_t room) override {
    if (!usable_) return {.fault = "out of memory"};
    if (complete_ && from.empty()) return {};
    if (complete_ && from[0] != '\x1f') {
      const std::size_t zeros = std::min(from.find_first_not_of('\0'), from.size());
      if (zeros == 0) return {.fault = "something else follows the gzip data"};
      return {.taken = zeros};
    }
    return inflate_some(from.substr(0, kReadChunk), to, std::min<std::size_t>(room, 1u << 30));
  }

  bool complete() const override { return complete_; }

 private:
  Step inflate_some(std::string_view from, char* to, std::size_t room) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(from.data()));
    stream_.avail_in = static_cast<uInt>(from.size());
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(room);
    complete_ = false;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    Step step{.taken = from.size() - stream_.avail_in, .made = room - stream_.avail_out};
    if (status == Z_STREAM_END) {
      complete_ = true;
      inflateReset(&stream_);
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      step.fault = stream_.msg != nullptr ? stream_.msg : zError(status);
    }
    return step;
  }

  z_stream stream_{};
  bool usable_ = false;
  bool complete_ = false;  // between two members
};

class ZstdDecoder final : public Decoder {
 public:
  Step decode(std::string_view from, char* to, std::size_t room) override {
    if (stream_ == nullptr) return {.fault = "out of memory"};
    // In a call that fails zstd forgets what it made before. The size that it asks for is a block
    // and the three bytes of the next one's header; fed apart, a fault takes no sound block with
    // it.
    const std::size_t piece = wanted_ > kHeader ? wanted_ - kHeader : kHeader;
    ZSTD_inBuffer in{from.data(), std::min(from.size(), piece), 0};
    ZSTD_outBuffer out{to, room, 0};
    const std::size_t status = ZSTD_decompressStream(stream_.get(), &out, &in);
    if (ZSTD_isError(status) != 0) return {.fault = ZSTD_getErrorName(status)};
    wanted_ = status;
    if (in.pos > 0 || out.pos > 0) complete_ = status == 0;
    return {.taken = in.pos, .made = out.pos};
  }

  bool complete() const override { return complete_; }

 private:
  static constexpr std::size_t kHeader = 3;

  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_{ZSTD_createDStream()};
  std::size_t wanted_ = 0;
  bool complete_ = false;  // between two frames, all output handed over
};

const char* compression_name(Compression compression) {
  return compression == Compression::gzip ? "gzip" : "zstd";
}

std::unique_ptr<Decoder> decoder_of(Compression compression) {
  if (compression == Compression::gzip) return std::make_unique<GzipDecoder>();
  return std::make_unique<ZstdDecoder>();
}

class CompressedInput final : public Input {
 public:
  CompressedInput(std::unique_ptr<Input> source, Compression compression, std::string path)
      : source_(std::move(source)),
        path_(std::move(path)),
        format_(compression_name(compression)),
        decoder_(decoder_of(compression)) {}

  Result<std::size_t> read(char* to, std::size_t room) override {
    bool may_fetch = !ready() || source_->ready();
    while (true) {
      if (error_) return *error_;
      if (const std::size_t made = decode(to, room); made > 0) return offset_ += made, made;
      if (error_) continue;
      if (ended_) return std::size_t{0};
      if (!may_fetch) return kNothingYet;
      const Result<std::size_t> got = source_->read(chunk_.data(), chunk_.size());
      if (!got || *got == kNothingYet) return got;
      held_ = {chunk_.data(), *got};
      if (*got == 0) end();
      may_fetch = source_->ready();
    }
  }

  int poll_fd() const override { return source_->poll_fd(); }
  bool ready() const override {
    return !held_.empty() || full_ || error_ || ended_ || source_->ready();
  }
  std::uint64_t consumed() const override { return source_->consumed() - held_.size(); }
  std::uint64_t total() const override { return source_->total(); }
  bool compressed() const override { return true; }
  bool regular() const override { return false; }
  int file_fd() const override { return source_->file_fd(); }

  Result<std::uint64_t> seek(std::uint64_t offset) override {
    if (poll_fd() >= 0) return Input::seek(offset);
    if (offset < offset_) return Error{path_ + ": compressed data cannot be read backwards"};
    std::vector<char> dropped(kReadChunk);
    while (offset_ < offset) {
      const std::uint64_t room = std::min<std::uint64_t>(dropped.size(), offset - offset_);
      const Result<std::size_t> got = read(dropped.data(), static_cast<std::size_t>(room));
      if (!got) return got.error();
      if (*got == 0) break;
    }
    return offset_;
  }

 private:
  /// Decodes what is held until there is output, a fault, or nothing left to decode.
  std::size_t decode(char* to, std::size_t room) {
    while (!held_.empty() || full_) {
      const Decoder::Step step = decoder_->decode(held_, to, room);
      held_.remove_prefix(step.taken);
      full_ = step.made == room;
      if (step.fault != nullptr) {
        error_ = fault(step.fault);
        held_ = {};
        full_ = false;
        return step.made;
      }
      if (step.made > 0) return step.made;
    }
    return 0;
  }

  void end() {
    ended_ = true;
    if (!decoder_->complete()) error_ = fault("it ends too early, so the file is truncated");
  }

  Error fault(const std::string& what) const {
    return {path_ + ": damaged " + format_ + " data at byte " + std::to_string(consumed()) + ": " +
            what};
  }

  std::unique_ptr<Input> source_;
  std::string path_;
  std::string format_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<char> chunk_ = std::vector<char>(kReadChunk);
  std::string_view held_;     // compressed bytes in chunk_ not yet decoded
  std::uint64_t offset_ = 0;  // decompressed bytes handed out
  bool full_ = false;         // the last output was filled: the decoder may hold more
  bool ended_ = false;
  std::optional<Error> error_;  // told once the bytes before it are handed out
};

constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";
constexpr std::string_view kSkippableMagic = "\x50\x2a\x4d\x18";  // the first byte: 50 to 5f

/// Compares as many bytes as both have.
bool agree(std::string_view head, std::string_view magic) {
  const std::size_t size = std::min(head.size(), magic.size());
  return head.substr(0, size) == magic.substr(0, size);
}

}  // namespace

std::optional<Compression> compression_of(std::string_view head) {
  std::string skippable(head.substr(0, kSkippableMagic.size()));
  if (!skippable.empty()) skippable[0] = static_cast<char>(skippable[0] & 0xf0);
  for (const auto& [bytes, magic, compression] :
       {std::tuple{head, kGzipMagic, Compression::gzip},
        std::tuple{head, kZstdMagic, Compression::zstd},
        std::tuple{std::string_view(skippable), kSkippableMagic, Compression::zstd}}) {
    if (!agree(bytes, magic)) continue;
    if (bytes.size() < magic.size()) return std::nullopt;
    return compression;
  }
  return Compression::none;
}

Compression compression_by_name(std::string_view path) {
  if (path.ends_with(".gz")) return Compression::gzip;
  if (path.ends_with(".zst")) return Compression::zstd;
  return Compression::none;
}

Error not_in_format(const std::string& path, Compression promised) {
  return {path + ": is not in " + compression_name(promised) + " format"};
}

bool breaks_off(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return false;
  std::unique_ptr<Decoder> decoder;
  std::vector<char> from(kReadChunk), to(kReadChunk);
  bool whole = false, damaged = false;
  for (ssize_t got = 0; !damaged && (got = ::read(fd, from.data(), from.size())) > 0;) {
    std::string_view held(from.data(), static_cast<std::size_t>(got));
    if (!decoder) {
      const auto compression = compression_of(held);
      damaged = compression == Compression::none;
      if (!compression || damaged) break;
      decoder = decoder_of(*compression);
    }
    for (bool full = false; (!held.empty() || full) && !damaged;) {
      const Decoder::Step step = decoder->decode(held, to.data(), to.size());
      held.remove_prefix(step.taken);
      full = step.made == to.size();
      damaged = step.fault != nullptr;
    }
    whole = decoder->complete();
  }
  ::close(fd);
  return !whole && !damaged;
}

std::unique_ptr<Input> decompress(std::unique_ptr<Input> source, Compression compression,
                                  std::string path) {
  return std::make_unique<CompressedInput>(std::move(source), compression, std::move(path));
}

}  // namespace mlmon
