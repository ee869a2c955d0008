#pragma once

#include "core/event/event.h"
#include "core/event/event_fields.h"
#include "core/event/value_reader.h"

namespace mlmon {

/// Reads the fields of an event of a known type into it. All are read, also after a problem: a
/// later one may have the reason that applies first.
class EventReader {
 public:
  /// The flags are those of EventRules.
  EventReader(ValueReader& values, bool any_version, bool jobs_reopen)
      : values_(values), any_version_(any_version), jobs_reopen_(jobs_reopen) {}

  /// Empties the event, keeping the memory of its vectors, and fills in that one from now on.
  void begin(Event& event);

  /// What events of all types have.
  void read_common(const ObjectFields& fields);

  // The rest of them, by type.
  void read_metrics(const ObjectFields& fields);
  void read_drift(const ObjectFields& fields);
  void read_job(const ObjectFields& fields);
  void read_foreign(const ObjectFields& fields);

 private:
  void read_model(const JsonMember& model);
  void read_name(const JsonMember& name);
  void read_version(const JsonMember& version);
  void read_labels(const JsonMember& labels);
  void read_event_time(const ObjectFields& fields, Field field);
  void read_samples(const ObjectFields& fields);
  bool read_figure(const ObjectFields& fields, Field field, double& value);
  bool read_figures(const JsonMember& metrics);
  void read_p_and_magnitude(const ObjectFields& fields, double& p_value, double& magnitude);
  bool read_features(const JsonMember& features);
  void read_feature(const JsonMember& member, Event::Feature& feature);
  void take_from_features();

  ValueReader& values_;
  bool any_version_, jobs_reopen_;
  Event* event_ = nullptr;
};

}  // namespace mlmon
