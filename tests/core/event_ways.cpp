#include "tests/core/event_ways.h"

#include <algorithm>
#include <cstring>

namespace mlmon {
namespace {

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

}  // namespace

Batch EventWay::parse(std::string_view text) {
  Batch batch;
  batch.block.buffer = std::vector<char>(text.begin(), text.end());
  batch.block.buffer.resize(text.size() + RawBlock::kPadding, '7');
  batch.block.size = text.size();
  parser_.parse(batch);
  return batch;
}

std::string account_of(const Batch& batch, std::uint32_t row, const ModelTable& models) {
  std::string out = std::to_string(batch.line[row]) + " at " + std::to_string(batch.offset[row]) + " kind " +
                    std::to_string(batch.kind[row]) + " time " + std::to_string(batch.time_ns[row]) + " ";
  append_model_json(out, models.at(batch.model[row]));
  for (const auto* figures : {&batch.accuracy, &batch.precision, &batch.recall, &batch.f1, &batch.p_value, &batch.magnitude}) {
    out += " " + bits_of((*figures)[row]);
  }
  out += " samples " + std::to_string(batch.samples[row]);
  for (const ProjectedColumn& column : batch.projected.columns) out += " " + value_of(column, row, batch.projected.text);
  for (const JobRecord& job : batch.jobs) {
    if (job.row == row) out += " job " + job.job + " " + job.status + " " + job.note;
  }
  return out;
}

std::string account_of(const Batch& batch, const ModelTable& models) {
  std::string out = "lines " + std::to_string(batch.lines) + " empty " + std::to_string(batch.empty);
  for (const std::uint64_t line : batch.foreign) out += " foreign " + std::to_string(line);
  for (std::uint32_t row = 0; row < batch.rows(); ++row) {
    out += "\n" + std::to_string(batch.raw_off[row]) + "+" + std::to_string(batch.raw_len[row]) + " " +
           account_of(batch, row, models);
  }
  for (const BadRecord& bad : batch.bad) {
    out += "\nbad " + std::to_string(bad.line) + " " + std::to_string(bad.at) + "+" + std::to_string(bad.size) + " " +
           std::string(to_string(bad.reason));
  }
  return out;
}

std::string first_difference(const std::string& fast, const std::string& slow) {
  if (fast == slow) return {};
  const auto at = static_cast<std::size_t>(
      std::mismatch(fast.begin(), fast.end(), slow.begin(), slow.end()).first - fast.begin());
  const std::size_t begin = at == 0 ? 0 : fast.rfind('\n', at - 1) + 1;
  const auto line = [&](const std::string& text) { return text.substr(begin, text.find('\n', begin) - begin); };
  return "fast: " + line(fast) + "\nslow: " + line(slow);
}

}  // namespace mlmon
