#include "core/event/block_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/text/quantity.h"
#include "core/text/utf8.h"

namespace mlmon {
namespace {

/// Of the types that projections are about.
std::vector<std::uint32_t> kinds_of(const EventRules& rules) {
  std::vector<std::uint32_t> kinds;
  for (const Projection& projection : rules.projections) {
    const std::uint32_t kind = kind_of(projection.event_type, rules);
    kinds.push_back(projection.event_type.empty() ? Projector::kEveryKind
                    : kind == 0                   ? Projector::kNoKind
                                                  : kind);
  }
  return kinds;
}

/// A file that was cut under its writer has NUL bytes up to where he went on.
std::size_t leading_nuls(std::string_view line) {
  return std::min(line.find_first_not_of('\0'), line.size());
}

}  // namespace

bool is_empty_line(std::string_view line) {
  return line.find_first_not_of(" \t\r\n", leading_nuls(line)) == std::string_view::npos;
}

BlockParser::BlockParser(const EventRules& rules, ModelTable& models, std::uint64_t max_line,
                         bool by_shape)
    : skip_foreign_(rules.skip_foreign),
      max_ahead_ns_(rules.max_ahead_ns),
      clock_(rules.clock),
      parser_(rules),
      projector_(rules.projections, kinds_of(rules)),
      models_(models),
      max_line_(max_line),
      shapes_(models.spellings(), rules.nan_is_null, rules.lenient_times),
      by_shape_(by_shape && rules.unwrap.empty()) {}

void BlockParser::parse(Batch& batch) {
  if (max_ahead_ns_ > 0 &&
      __builtin_add_overflow(clock_->now_ns(), max_ahead_ns_, &latest_ns_)) {
    latest_ns_ = std::numeric_limits<std::int64_t>::max();
  }
  const RawBlock& block = batch.block;
  const std::string_view text = block.text();
  if (block.too_long) {
    batch.lines = 1;
    batch.bad.push_back(
        {1, 0, static_cast<std::uint32_t>(text.size()), BadReason::kLineTooLong});
    return;
  }
  // One look at the whole block: only where it fails each line is looked at by itself.
  const bool utf8 = is_utf8(text);
  const std::size_t shaped_end =
      by_shape_ && utf8 && !batch.has_long_lines ? text.rfind('\n') + 1 : 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (at < shaped_end && parse_by_shape(batch, at, shaped_end)) continue;
    const void* newline = std::memchr(text.data() + at, '\n', text.size() - at);
    const std::size_t end =
        newline != nullptr
            ? static_cast<std::size_t>(static_cast<const char*>(newline) - text.data())
            : text.size();
    const std::string_view line = text.substr(at, end - at);
    if (at == 0 && batch.continues_line && is_empty_line(line)) {
      at = end + 1;
      continue;
    }
    ++batch.lines;
    if (batch.has_long_lines && is_too_long(batch, line)) {
      const std::size_t begin = at + leading_nuls(line);
      batch.bad.push_back({batch.lines, static_cast<std::uint32_t>(begin),
                           static_cast<std::uint32_t>(max_line_), BadReason::kLineTooLong});
    } else {
      parse_line(batch, line, static_cast<std::uint32_t>(at), utf8, newline == nullptr);
    }
    at = end + 1;
  }
}

/// Of a block of records; in a file such a line has a block of its own.
bool BlockParser::is_too_long(const Batch& batch, std::string_view line) const {
  return batch.of_log && line.size() - leading_nuls(line) > max_line_;
}

/// Moves `at` behind the line if it can be read in the fast way.
bool BlockParser::parse_by_shape(Batch& batch, std::size_t& at, std::size_t end) {
  const char* const text = batch.block.text().data();
  std::uint32_t model = 0;
  const char* const newline = shapes_.read(text + at, text + end, event_, model);
  if (newline == nullptr || event_.time_ns > latest_ns_) return false;
  const auto line_end = static_cast<std::size_t>(newline - text);
  ++batch.lines;
  ++lines_by_shape_;
  batch.append(event_, model, static_cast<std::uint32_t>(at),
               static_cast<std::uint32_t>(line_end - at), batch.lines, batch.block.offset_of(at));
  if (!projector_.empty()) projector_.append(event_.json, event_.kind, batch.projected);
  at = line_end + 1;
  return true;
}

void BlockParser::parse_line(Batch& batch, std::string_view line, std::uint32_t at,
                             bool utf8_checked, bool unterminated) {
  const auto size = static_cast<std::uint32_t>(line.size());
  const auto nuls = static_cast<std::uint32_t>(leading_nuls(line));
  const std::string_view text = unwrap(line);
  if (is_empty_line(text)) {
    ++batch.empty;
    return;
  }
  const bool event = parser_.parse(text, utf8_checked, event_, bad_);
  if (event && event_.time_ns > latest_ns_) {
    batch.bad.push_back({batch.lines, at, size, BadReason::kFutureTime});
  } else if (event) {
    batch.append(event_, intern(event_), at + nuls, size - nuls, batch.lines,
                 batch.block.offset_of(at));
    if (!projector_.empty()) projector_.append(event_.json, event_.kind, batch.projected);
    if (by_shape_) shapes_.learn(text, event_);
  } else if (is_foreign(text, unterminated)) {
    batch.foreign.push_back(batch.lines);
  } else {
    batch.bad.push_back(
        {batch.lines, at, size, unterminated ? BadReason::kTruncated : bad_.reason});
  }
}

/// The line as it is read: without NUL bytes before it, and without what a shipper put around it.
std::string_view BlockParser::unwrap(std::string_view line) {
  return parser_.unwrapped(line.substr(leading_nuls(line)));
}

/// True if the line, which the parser refused, is not a JSON object and need not be one. An input that breaks off inside
/// one is reported, however.
bool BlockParser::is_foreign(std::string_view line, bool unterminated) const {
  if (!skip_foreign_) return false;
  const bool no_object = bad_.reason == BadReason::kInvalidUtf8 ||
                         bad_.reason == BadReason::kInvalidJson ||
                         bad_.reason == BadReason::kNotAnObject;
  const std::size_t begin = line.find_first_not_of(" \t");
  return no_object && !(unterminated && begin != line.npos && line[begin] == '{');
}

std::uint32_t BlockParser::intern(const Event& event) {
  ModelSpellings& spellings = models_.spellings();
  if (const auto known = spellings.find(event.model_bytes)) return known.model();
  const std::uint32_t model =
      models_.intern(event.model_name, event.model_version, event.deployed_at);
  spellings.add(event.model_bytes, model);
  return model;
}

std::string BlockParser::explain_future() const {
  return fmt::format(
      "expected an event time at most {} ahead of the clock ({}), got {} ([input] max_ahead)",
      format_duration(max_ahead_ns_), format_rfc3339(from_unix_ns(clock_->now_ns())),
      format_rfc3339(from_unix_ns(event_.time_ns)));
}

BadLine BlockParser::explain(const Batch& batch, const BadRecord& record) {
  BadLine bad;
  bad.reason = record.reason;
  if (record.reason == BadReason::kLineTooLong) {
    const std::string_view text = batch.block.text();
    const std::uint64_t bytes = batch.of_log
                                    ? std::min(text.find('\n', record.at), text.size()) - record.at
                                    : batch.block.line_bytes;
    bad.detail = fmt::format("found a line of {} bytes, expected at most {} (max_line takes more)",
                             bytes, max_line_);
    return bad;
  }
  const std::string_view line = batch.block.text().substr(record.at, record.size);
  const bool event = parser_.parse(unwrap(line), false, event_, bad);
  if (event) bad.detail = explain_future();
  if (record.reason == BadReason::kTruncated) {
    bad.detail = fmt::format("the input ends inside this line: {}: {}",
                             to_string(bad.reason), bad.detail);
    bad.reason = BadReason::kTruncated;
  }
  return bad;
}

}  // namespace mlmon
