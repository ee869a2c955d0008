#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "core/event/block_parser.h"
#include "tests/core/fuzzing.h"
#include "tests/core/shape_fuzz.h"

using namespace mlmon;

namespace {

/// One way to parse, and the models that it met.
struct Way {
  Way(bool by_shape, std::uint64_t seed) : parser(rules(seed), models, 1 << 20, by_shape) {}
  Way(const Way&) = delete;
  Way& operator=(const Way&) = delete;

  static EventRules rules(std::uint64_t seed) {
    EventRules rules;
    rules.nan_is_null = seed % 3 == 0;
    rules.lenient_times = seed % 4 == 0;
    rules.foreign_types = {"custom"};
    using enum Projection::Type;
    rules.projections = {{"/f1", kNumber, ""},       {"/labels/team", kText, "metrics"},
                         {"/host", kJson, ""},       {"/samples", kInteger, "drift"},
                         {"/host/k/1", kNumber, ""}, {"/metrics/auc", kNumber, ""}};
    return rules;
  }

  Batch parse(const std::string& text) {
    Batch batch;
    // Fresh memory of exactly that size: a sanitizer sees who reads beyond the padding.
    batch.block.buffer = std::vector<char>(text.begin(), text.end());
    batch.block.buffer.resize(text.size() + RawBlock::kPadding, '7');
    batch.block.size = text.size();
    parser.parse(batch);
    return batch;
  }

  ModelTable models;
  BlockParser parser;
};

std::string bits_of(double number) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  return std::to_string(bits);
}

std::string value_of(const ProjectedColumn& column, std::uint32_t row, const std::string& text) {
  switch (column.type) {
    case Projection::Type::kNumber: return bits_of(column.numbers[row]);
    case Projection::Type::kInteger:
    case Projection::Type::kBoolean: return std::to_string(column.integers[row]);
    default: break;
  }
  if (column.text_off[row] == kAbsentText) return "absent";
  return text.substr(column.text_off[row], column.text_len[row]);
}

/// All that a batch says, as text: numbers bit by bit, models by what they are.
std::string account(const Batch& batch, const ModelTable& models) {
  std::string out = "lines " + std::to_string(batch.lines) + " empty " + std::to_string(batch.empty);
  for (std::uint32_t row = 0; row < batch.rows(); ++row) {
    out += "\n" + std::to_string(batch.line[row]) + " at " + std::to_string(batch.offset[row]) + " " +
           std::to_string(batch.raw_off[row]) + "+" + std::to_string(batch.raw_len[row]) + " kind " +
           std::to_string(batch.kind[row]) + " time " + std::to_string(batch.time_ns[row]) + " ";
    append_model_json(out, models.at(batch.model[row]));
    for (const auto* figures : {&batch.accuracy, &batch.precision, &batch.recall, &batch.f1,
                                &batch.p_value, &batch.magnitude}) {
      out += " " + bits_of((*figures)[row]);
    }
    out += " samples " + std::to_string(batch.samples[row]);
    for (const ProjectedColumn& column : batch.projected.columns) {
      out += " " + value_of(column, row, batch.projected.text);
    }
  }
  for (const BadRecord& bad : batch.bad) {
    out += "\nbad " + std::to_string(bad.line) + " " + std::to_string(bad.at) + "+" +
           std::to_string(bad.size) + " " + std::string(to_string(bad.reason));
  }
  return out;
}

/// The first lines of two accounts that are not the same, or nothing.
std::string first_difference(const std::string& fast, const std::string& slow) {
  if (fast == slow) return {};
  const auto at = static_cast<std::size_t>(
      std::mismatch(fast.begin(), fast.end(), slow.begin(), slow.end()).first - fast.begin());
  const std::size_t begin = at == 0 ? 0 : fast.rfind('\n', at - 1) + 1;
  const auto line = [&](const std::string& text) {
    return text.substr(begin, text.find('\n', begin) - begin);
  };
  return "fast: " + line(fast) + "\nslow: " + line(slow);
}

}  // namespace

TEST_CASE("lines read in the fast way and in the slow one are the same events and the same bad lines") {
  FuzzSeeds seeds(60);
  std::size_t events = 0, bad = 0, by_shape = 0;
  while (seeds.any_left()) {
    const std::uint64_t seed = seeds.next();
    LineMaker maker(seed);
    Way fast(true, seed), slow(false, seed);
    for (int i = 0; i < 3; ++i) {
      const std::string text = maker.block();
      const Batch expected = slow.parse(text);
      const std::string wanted = account(expected, slow.models);
      INFO("MLMON_FUZZ_SEED=" << seed << ", block " << i);
      REQUIRE(first_difference(account(fast.parse(text), fast.models), wanted) == "");
      // Now that it knows them.
      REQUIRE(first_difference(account(fast.parse(text), fast.models), wanted) == "");
      events += expected.rows();
      bad += expected.bad.size();
    }
    by_shape += fast.parser.lines_by_shape();
    REQUIRE(slow.parser.lines_by_shape() == 0);
  }
  if (seeds.asked_for()) {
    WARN("seeds " << seeds.first() << " to " << seeds.next() - 1 << ": " << events << " events, " << bad
                  << " bad lines");
  }
  // Else the lines above prove little.
  CHECK(events > 5'000);
  CHECK(bad > 5'000);
  INFO(by_shape << " of " << events << " events, each read twice");
  CHECK(by_shape > 3'000);
}
