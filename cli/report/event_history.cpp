#include "cli/report/event_history.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/event/block_parser.h"
#include "core/input/block_reader.h"
#include "core/input/input.h"
#include "core/text/glob.h"

namespace mlmon {
namespace {

constexpr std::size_t kSlices = 640;  // a pixel each

std::string escaped_token(std::string_view name) {
  std::string token;
  for (const char c : name) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

}  // namespace

EventHistory::EventHistory(std::string glob, std::vector<std::string> metrics, EventRules rules,
                           std::uint64_t max_line)
    : glob_(std::move(glob)), metrics_(std::move(metrics)), rules_(std::move(rules)), max_line_(max_line) {
  for (const std::string& name : metrics_) {
    rules_.projections.push_back({"/metrics/" + escaped_token(name), Projection::Type::kNumber, "metrics"});
  }
}

std::vector<std::string> EventHistory::metrics_in(const std::string& path, const EventRules& rules,
                                                  std::uint64_t max_line) {
  constexpr std::uint32_t kLooked = 1000;  // rows
  std::set<std::string> names;
  Result<std::unique_ptr<Input>> input = open_input(path);
  if (!input) return {};
  ModelTable models;
  BlockParser parser(rules, models, max_line);
  Batch batch;
  if (const auto filled = BlockReader(**input, max_line).next(batch.block); !filled) return {};
  parser.parse(batch);
  EventParser unwrapping(rules);
  for (std::uint32_t row = 0; row < std::min(batch.rows(), kLooked); ++row) {
    const std::string_view raw(batch.block.buffer.data() + batch.raw_off[row], batch.raw_len[row]);
    auto event = nlohmann::json::parse(unwrapping.unwrapped(raw), nullptr, false);
    if (event.is_object() && event.contains("specversion")) event = nlohmann::json(event["data"]);
    if (!event.is_object() || !event.contains("metrics")) continue;
    for (const auto& [name, value] : event["metrics"].items()) names.insert(name);
  }
  return {names.begin(), names.end()};
}

Result<void> EventHistory::read(const std::string& path) {
  Result<std::unique_ptr<Input>> input = open_input(path);
  if (!input) return input.error();
  BlockReader reader(**input, max_line_);
  BlockParser parser(rules_, models_, max_line_);
  Batch batch;
  for (;;) {
    batch.clear();
    const Result<BlockReader::Fill> filled = reader.next(batch.block);
    if (!filled) return filled.error();
    if (*filled == BlockReader::Fill::end) return {};
    if (*filled == BlockReader::Fill::would_block) return Error{path + ": is not a file"};
    parser.parse(batch);
    add(batch);
  }
}

EventHistory::ModelHistory* EventHistory::history_of(std::uint32_t model) {
  if (model >= by_handle_.size()) {
    by_handle_.resize(model + 1 + model / 2);
    known_.resize(by_handle_.size());
  }
  if (!known_[model]) {
    known_[model] = true;
    const bool wanted = glob_.empty() || glob_matches(glob_, models_.at(model).name);
    if (wanted && histories_.size() < kMostModels) {
      by_handle_[model] = &histories_[model];
    } else if (wanted) {
      ++without_charts_;
    }
  }
  return by_handle_[model];
}

void EventHistory::add(const Batch& batch) {
  const std::pair<const char*, const std::vector<double>*> columns[] = {
      {"f1", &batch.f1},           {"accuracy", &batch.accuracy},
      {"precision", &batch.precision}, {"recall", &batch.recall},
      {"p_value", &batch.p_value}, {"magnitude", &batch.magnitude}};
  events_ += batch.rows();
  bad_ += batch.bad.size();
  for (std::uint32_t row = 0; row < batch.rows(); ++row) {
    ModelHistory* const history = history_of(batch.model[row]);
    if (history == nullptr || (batch.kind[row] != kMetrics && batch.kind[row] != kDrift)) continue;
    const std::int64_t time_ns = batch.time_ns[row];
    ++history->events;
    history->time.begin_ns = std::min(history->time.begin_ns, time_ns);
    history->time.end_ns = std::max(history->time.end_ns, time_ns);
    const auto take = [&](const std::string& name, double value) {
      if (std::isnan(value)) return;
      history->figures.try_emplace(name, kSlices).first->second.add(time_ns, value);
    };
    for (const auto& [name, values] : columns) take(name, (*values)[row]);
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      take(metrics_[i], batch.projected.columns[i].numbers[row]);
    }
  }
}

}  // namespace mlmon
