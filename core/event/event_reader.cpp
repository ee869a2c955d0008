#include "core/event/event_reader.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "core/event/number_rules.h"
#include "core/event/semver.h"
#include "core/text/json_number.h"

namespace mlmon {
namespace {

constexpr FieldSet kDriftFigures = {Field::kPValue, Field::kMagnitude};

/// Sorts by name, complains of names that stand twice, and drops members that are null.
template <class Named, class NameOf, class IsNull>
void sort_by_name(std::vector<Named>& named, NameOf name, IsNull is_null, Complaint& complaint) {
  const auto less = [&](const Named& a, const Named& b) { return name(a) < name(b); };
  std::sort(named.begin(), named.end(), less);
  for (std::size_t i = 1; i < named.size(); ++i) {
    if (name(named[i - 1]) == name(named[i])) complaint.duplicate(name(named[i]));
  }
  std::erase_if(named, is_null);
}

}  // namespace

void EventReader::begin(Event& event) {
  Event empty;
  empty.metrics.swap(event.metrics);
  empty.labels.swap(event.labels);
  empty.features.swap(event.features);
  empty.metrics.clear();
  empty.labels.clear();
  empty.features.clear();
  event = std::move(empty);
  event_ = &event;
}

void EventReader::read_common(const ObjectFields& fields) {
  if (values_.require(fields, Field::kModel)) read_model(fields[Field::kModel]);
  values_.read_optional(fields, Field::kId, event_->id);
  if (fields.has(Field::kLabels)) read_labels(fields[Field::kLabels]);
}

void EventReader::read_metrics(const ObjectFields& fields) {
  read_event_time(fields, Field::kCapturedAt);
  read_samples(fields);
  bool told = read_figure(fields, Field::kAccuracy, event_->accuracy);
  told |= read_figure(fields, Field::kPrecision, event_->precision);
  told |= read_figure(fields, Field::kRecall, event_->recall);
  told |= read_figure(fields, Field::kF1, event_->f1);
  told |= fields.has(Field::kFigures) && read_figures(fields[Field::kFigures]);
  if (told) return;
  values_.complaint().missing("accuracy, precision, recall, f1, metrics",
                              "expected at least one of them, got none");
}

void EventReader::read_drift(const ObjectFields& fields) {
  read_event_time(fields, Field::kDetectedAt);
  read_samples(fields);
  values_.read_optional(fields, Field::kFeature, event_->feature);
  read_p_and_magnitude(fields, event_->p_value, event_->magnitude);
  const bool by_features =
      fields.has(Field::kFeatures) && read_features(fields[Field::kFeatures]);
  if (!fields.has(Field::kPValue)) take_from_features();
  {
    const Complaint::Inside inside(values_.complaint(), "features");
    sort_by_name(event_->features, [](const auto& feature) { return feature.name; },
                 [](const auto& feature) {
                   return std::isnan(feature.p_value) && std::isnan(feature.magnitude);
                 },
                 values_.complaint());
  }
  if (by_features || fields.has_any(kDriftFigures)) return;
  values_.complaint().missing("p_value, magnitude, features",
                              "expected at least one of them, got none");
}

void EventReader::read_job(const ObjectFields& fields) {
  read_event_time(fields, Field::kAt);
  values_.read_required(fields, Field::kJobId, event_->job);
  values_.read_optional(fields, Field::kNote, event_->note);
  std::string_view& status = event_->status;
  if (!values_.read_required(fields, Field::kStatus, status)) return;
  if (status == "done" || status == "failed" || status == "cancelled") return;
  if (jobs_reopen_ && status == "queued") return;
  values_.complaint().unexpected(BadReason::kOutOfRange, "status", "done, failed or cancelled",
                                 fields[Field::kStatus]);
}

void EventReader::read_foreign(const ObjectFields& fields) { read_event_time(fields, Field::kAt); }

void EventReader::read_model(const JsonMember& model) {
  if (!values_.expect_object(model, "model")) return;
  event_->model_bytes = model.value;
  const ObjectFields fields = values_.fields_of(model);
  const Complaint::Inside inside(values_.complaint(), "model");
  values_.report_twice(fields, kModelFields);
  if (values_.require(fields, Field::kName)) read_name(fields[Field::kName]);
  if (values_.require(fields, Field::kVersion)) read_version(fields[Field::kVersion]);
  if (!values_.require(fields, Field::kDeployedAt)) return;
  values_.read_time(fields[Field::kDeployedAt], "deployed_at", event_->deployed_at);
}

void EventReader::read_name(const JsonMember& name) {
  if (!values_.read_string(name, "name", event_->model_name)) return;
  if (is_plain_text(event_->model_name, kMaxNameBytes)) return;
  values_.complaint().unexpected(BadReason::kOutOfRange, "name",
                                 "1 to 256 bytes without control characters", name);
}

void EventReader::read_version(const JsonMember& version) {
  std::string_view& text = event_->model_version;
  if (!values_.read_string(version, "version", text)) return;
  const bool plain = is_plain_text(text, kMaxVersionBytes);
  if (any_version_ ? plain : is_semver(text)) return;
  const bool hint = plain && !any_version_;
  values_.complaint().unexpected(
      BadReason::kInvalidVersion, "version",
      any_version_ ? "1 to 128 bytes without control characters" : "a semantic version (2.0.0)",
      version, hint ? " ([input] version_scheme = \"any\" takes it)" : "");
}

void EventReader::read_labels(const JsonMember& labels) {
  if (!values_.expect_object(labels, "labels")) return;
  const Complaint::Inside inside(values_.complaint(), "labels");
  values_.for_each(labels, [this](const JsonMember& member, std::string_view name) {
    auto& label = event_->labels.emplace_back(name, std::string_view());
    if (member.type != JsonType::kNull) values_.read_string(member, name, label.second);
  });
  sort_by_name(event_->labels, [](const auto& label) { return label.first; },
               [](const auto& label) { return label.second.data() == nullptr; },
               values_.complaint());
}

void EventReader::read_event_time(const ObjectFields& fields, Field field) {
  if (!values_.require(fields, field)) return;
  const JsonMember& time = fields[field];
  Instant at;
  if (!values_.read_time(time, name_of(field), at)) return;
  if (const auto ns = to_unix_ns(at)) {
    event_->time_ns = *ns;
    return;
  }
  values_.complaint().unexpected(
      BadReason::kOutOfRange, name_of(field),
      "a time from 1677-09-21T00:12:43.145224192Z to 2262-04-11T23:47:16.854775807Z", time);
}

void EventReader::read_samples(const ObjectFields& fields) {
  if (!fields.has(Field::kSamples)) return;
  const JsonMember& samples = fields[Field::kSamples];
  constexpr std::string_view kExpected = "an integer from 0 to 9223372036854775807";
  if (samples.type != JsonType::kNumber || !samples.integer) {
    values_.complaint().unexpected(BadReason::kWrongType, "samples", kExpected, samples);
  } else if (!to_int64(samples.value, event_->samples) || event_->samples < 0) {
    values_.complaint().unexpected(BadReason::kOutOfRange, "samples", kExpected, samples);
  }
}

/// True if the event has that member, even with a wrong value.
bool EventReader::read_figure(const ObjectFields& fields, Field field, double& value) {
  if (!fields.has(field)) return false;
  values_.read_number(fields[field], name_of(field), kFractionRule, value);
  return true;
}

/// True if there are figures, even with wrong values.
bool EventReader::read_figures(const JsonMember& metrics) {
  if (!values_.expect_object(metrics, "metrics")) return true;
  const Complaint::Inside inside(values_.complaint(), "metrics");
  bool any = false;
  values_.for_each(metrics, [&](const JsonMember& member, std::string_view name) {
    auto& metric = event_->metrics.emplace_back(name, kAbsent);
    if (member.type == JsonType::kNull) return;
    any = true;
    values_.read_number(member, name, kFiniteRule, metric.second);
  });
  sort_by_name(event_->metrics, [](const auto& metric) { return metric.first; },
               [](const auto& metric) { return std::isnan(metric.second); },
               values_.complaint());
  return any;
}

void EventReader::read_p_and_magnitude(const ObjectFields& fields, double& p_value,
                                       double& magnitude) {
  if (fields.has(Field::kPValue)) {
    values_.read_number(fields[Field::kPValue], "p_value", kFractionRule, p_value);
  }
  if (fields.has(Field::kMagnitude)) {
    values_.read_number(fields[Field::kMagnitude], "magnitude", kEffectRule, magnitude);
  }
}

/// True if there is a feature, even with wrong values.
bool EventReader::read_features(const JsonMember& features) {
  if (!values_.expect_object(features, "features")) return true;
  const Complaint::Inside inside(values_.complaint(), "features");
  bool any = false;
  values_.for_each(features, [&](const JsonMember& member, std::string_view name) {
    Event::Feature& feature = event_->features.emplace_back();
    feature.name = name;
    if (member.type == JsonType::kNull) return;
    any = true;
    read_feature(member, feature);
  });
  return any;
}

void EventReader::read_feature(const JsonMember& member, Event::Feature& feature) {
  if (!values_.expect_object(member, feature.name)) return;
  const ObjectFields fields = values_.fields_of(member);
  const Complaint::Inside inside(values_.complaint(), feature.name);
  values_.report_twice(fields, kFeatureFields);
  read_p_and_magnitude(fields, feature.p_value, feature.magnitude);
  if (fields.has_any(kDriftFigures)) return;
  values_.complaint().missing("p_value, magnitude", "expected at least one of them, got none");
}

/// The event's own figures are those of the smallest p; without any p the magnitude is the largest.
/// REQUIRES: the features in the order of the text, of which the first of equals counts.
void EventReader::take_from_features() {
  const Event::Feature* smallest = nullptr;
  double largest = kAbsent;
  for (const Event::Feature& feature : event_->features) {
    largest = std::fmax(largest, feature.magnitude);  // NaN counts for nothing
    if (std::isnan(feature.p_value)) continue;
    if (!smallest || feature.p_value < smallest->p_value) smallest = &feature;
  }
  if (smallest) event_->p_value = smallest->p_value;
  if (!std::isnan(event_->magnitude)) return;
  event_->magnitude = smallest ? smallest->magnitude : largest;
}

}  // namespace mlmon
