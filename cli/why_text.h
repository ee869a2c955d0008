#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/store/overview.h"

namespace mlmon {

/// What one observer says of a model, or what stands for it.
struct WhyAnswer {
  std::string observer;
  std::string class_id;  // empty: not known
  std::string json;      // in its own words, one object (sdk/README.md, "Saying why"); empty: see below
  std::string instead;   // why there is no answer
  bool failed = false;   // it should have given one
  std::vector<std::pair<std::string, std::string>> closed_jobs;  // with their status: of those it waits for
  std::vector<std::pair<std::string, std::string>> kept;  // of the model; both in place of an answer
  std::vector<std::pair<std::string, std::uint64_t>> counters;
};

/// All that is said of a deployment: a line of JSON, or a paragraph for people.
std::string why_json(const ModelStanding& model, const std::vector<WhyAnswer>& answers);
std::string why_text(const ModelStanding& model, const std::vector<WhyAnswer>& answers);

}  // namespace mlmon
