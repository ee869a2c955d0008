#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/event/event_members.h"

namespace mlmon {

/// What another tool wrote of one model about one report, chunk, run or row: it makes at most one metrics
/// and one drift event. What the tool does not say is left empty.
struct Observation {
  struct Figure {
    MemberPath path;
    double value;
  };

  std::string where;  // in the file: "row 3"; empty: all of it

  std::string name, version, deployed_at;  // of the model
  std::string time;                        // as the tool writes it
  std::string captured_at, detected_at;    // where it writes one for each of the two
  std::optional<std::int64_t> samples;
  std::string id, feature;
  std::vector<std::pair<std::string, std::string>> labels;

  std::vector<Figure> metrics;  // of the metrics event
  std::vector<Figure> drift;    // of the drift event

  /// Forgets all of it, and keeps the memory.
  void clear();
};

/// Takes what a format finds, in the order of the file. What the format hands over need not fit together:
/// the sink checks it.
class ImportSink {
 public:
  virtual ~ImportSink() = default;

  virtual void observe(const Observation& observation) = 0;

  /// A value of that name is null, NaN or infinite.
  virtual void left_out(std::string_view name) = 0;

  /// What the file leaves open and a flag must say; told once of each file.
  virtual void needs(const std::string& what) = 0;

  /// Something that a person should know.
  virtual void warn(const std::string& what) = 0;
};

/// A figure of a metrics event by its name: f1 as itself, auc within `metrics`.
MemberPath metric_path(std::string_view name);

/// p_value or magnitude of a drift event, or of that feature.
MemberPath drift_path(Field field);
MemberPath feature_path(std::string_view feature, Field field);

}  // namespace mlmon
