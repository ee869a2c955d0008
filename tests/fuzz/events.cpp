// Any bytes as lines: read in the fast way, in the slow one and by a third reader, as a whole and in blocks cut elsewhere.
// The first byte chooses rules (bits 0 to 4, see rules_of()), lines of at most 256 bytes (bit 5) and cuts (the rest).
#include <vector>

#include "core/input/block_reader.h"
#include "tests/core/event_judge.h"
#include "tests/core/event_ways.h"
#include "tests/core/piecewise_input.h"
#include "tests/fuzz/fuzz.h"

namespace mlmon {
namespace {

EventRules rules_of(unsigned options) {
  EventRules rules;
  rules.nan_is_null = (options & 1) != 0;
  rules.lenient_times = (options & 2) != 0;
  rules.any_version = (options & 4) != 0;
  rules.skip_foreign = (options & 8) != 0;
  if ((options & 16) != 0) rules.unwrap = {"/log", "/a/0"};
  rules.foreign_types = {"custom"};
  using enum Projection::Type;
  rules.projections = {{"/f1", kNumber, ""},   {"/labels/team", kText, "metrics"}, {"/host", kJson, ""},
                       {"/samples", kInteger, "drift"}, {"/host/k/1", kNumber, ""}, {"/metrics/auc", kNumber, ""}};
  return rules;
}

struct Cut {
  std::vector<std::size_t> pieces;
  std::size_t block_bytes;
};

const Cut& cut_of(unsigned options) {
  static const std::vector<Cut> cuts = {{{1}, 1}, {{7, PiecewiseInput::kPause}, 64}, {{64}, 13}, {{1000, PiecewiseInput::kPause, 3}, 256}};
  return cuts[options >> 6 & 3];
}

/// What the blocks of an input say: all events, then all bad lines.
std::string account_of_blocks(const std::string& text, const Cut& cut, std::uint64_t max_line, EventWay& way) {
  PiecewiseInput input(text, cut.pieces);
  BlockReader reader(input, max_line, cut.block_bytes);
  std::string events, bad_lines;
  std::uint64_t lines = 0, rows = 0, empty = 0;
  for (Batch batch;; batch.clear()) {
    const auto fill = reader.next(batch.block);
    if (!fill) return fill.error().text;
    if (*fill == BlockReader::Fill::end) break;
    if (*fill == BlockReader::Fill::would_block) continue;
    way.parse(batch);
    batch.place(lines, rows);
    lines += batch.lines;
    rows += batch.rows();
    empty += batch.empty + batch.foreign.size();
    for (std::uint32_t row = 0; row < batch.rows(); ++row) events += account_of(batch, row, way.models()) + "\n";
    for (const BadRecord& bad : batch.bad) {
      bad_lines += std::to_string(bad.line) + " at " + std::to_string(batch.offset_at(bad.at)) + ": " +
                   std::string(to_string(bad.reason)) + "\n";
    }
  }
  return events + bad_lines + std::to_string(lines) + " lines, " + std::to_string(empty) + " without an event";
}

void try_lines(const std::string& text, unsigned options) {
  const EventRules rules = rules_of(options);
  EventWay fast(rules, true), slow(rules, false);
  const Batch expected = slow.parse(text);
  const std::string wanted = account_of(expected, slow.models());
  require_nothing("the third reader", judgement_of(expected, slow.models(), rules));
  require_nothing("two ways", first_difference(account_of(fast.parse(text), fast.models()), wanted));
  require_nothing("two ways, lines of known shapes", first_difference(account_of(fast.parse(text), fast.models()), wanted));

  const std::uint64_t max_line = (options & 32) != 0 ? 256 : 1 << 20;
  const Cut whole{{text.size() + 1}, text.size() + 1};
  require_nothing("blocks cut elsewhere", first_difference(account_of_blocks(text, cut_of(options), max_line, fast),
                                                           account_of_blocks(text, whole, max_line, slow)));
}

}  // namespace
}  // namespace mlmon

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mlmon::FuzzInput input(data, size);
  const unsigned options = input.options();
  mlmon::try_lines(input.rest(), options);
  return 0;
}
