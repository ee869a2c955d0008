#include "core/event/event_parser.h"

#include <algorithm>
#include <utility>

#include "core/event/event_fields.h"
#include "core/event/event_reader.h"
#include "core/event/event_types.h"
#include "core/event/unwrapper.h"
#include "core/event/value_reader.h"
#include "core/text/suggest.h"

namespace mlmon {
namespace {

// A type may be as long as a line, and looking for what was meant takes time by its length.
constexpr std::size_t kLongestGuess = 64;

}  // namespace

std::uint32_t kind_of(std::string_view type, const EventRules& rules) {
  if (const std::uint32_t own = own_kind_of(type); own != 0) return own;
  const auto& foreign = rules.foreign_types;
  if (type.empty()) return 0;
  const auto at = std::find(foreign.begin(), foreign.end(), type);
  if (at == foreign.end()) return 0;
  return kFirstForeignKind + static_cast<std::uint32_t>(at - foreign.begin());
}

EventRules own_line_rules(EventRules rules) {
  rules.unwrap.clear();
  rules.skip_foreign = false;
  rules.max_ahead_ns = 0;
  rules.jobs_reopen = true;
  return rules;
}

/// One reading of one line: which object is the event, and of which type.
class EventParser::Pass {
 public:
  explicit Pass(EventRules rules);

  bool run(std::string_view line, bool utf8_checked, Event& event, BadLine& bad);
  std::string_view unwrapped(std::string_view line) { return unwrapper_.inside(line); }

 private:
  void read_envelope(const ObjectFields& envelope, Event& event);
  void read_event(const ObjectFields& fields, Event& event);
  bool read_type(const ObjectFields& fields, Event& event);
  Complaint& complaint() { return values_.complaint(); }

  EventRules rules_;
  std::vector<std::string> types_;  // all that are known
  std::string expected_type_;       // the same, for people
  ValueReader values_;
  EventReader reader_;
  Unwrapper unwrapper_;
};

EventParser::Pass::Pass(EventRules rules)
    : rules_(std::move(rules)),
      types_(kOwnTypes),
      values_(rules_.nan_is_null, rules_.lenient_times),
      reader_(values_, rules_.any_version, rules_.jobs_reopen),
      unwrapper_(rules_.unwrap, rules_.nan_is_null) {
  for (const std::string& type : rules_.foreign_types) {
    if (!type.empty()) types_.push_back(type);
  }
  for (const std::string& type : types_) {
    if (!expected_type_.empty()) expected_type_ += &type == &types_.back() ? " or " : ", ";
    expected_type_ += type;
  }
}

bool EventParser::Pass::run(std::string_view line, bool utf8_checked, Event& event, BadLine& bad) {
  reader_.begin(event);
  if (values_.begin(line, utf8_checked)) {
    const ObjectFields fields = values_.line_fields();
    if (fields.has(Field::kSpecversion)) {
      read_envelope(fields, event);
    } else {
      event.json = values_.line_object();
      read_event(fields, event);
    }
  }
  if (!complaint().any()) return true;
  bad.reason = complaint().reason();
  bad.detail = complaint().detail();
  return false;
}

/// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md, section 3
void EventParser::Pass::read_envelope(const ObjectFields& envelope, Event& event) {
  values_.report_twice(envelope, kEnvelopeFields);
  std::string_view specversion, id, source, type;
  if (values_.read_required(envelope, Field::kSpecversion, specversion) && specversion != "1.0") {
    complaint().unexpected(BadReason::kOutOfRange, "specversion", "\"1.0\"",
                           envelope[Field::kSpecversion]);
  }
  values_.read_required(envelope, Field::kId, id);
  values_.read_required(envelope, Field::kSource, source);
  values_.read_required(envelope, Field::kType, type);
  if (!values_.require(envelope, Field::kData)) return;
  const JsonMember& data = envelope[Field::kData];
  if (!values_.expect_object(data, "data")) return;
  {
    const Complaint::Inside inside(complaint(), "data");
    read_event(values_.fields_of(data), event);
  }
  event.json = data.value;
  event.id = id;
  event.id_source = source;
}

void EventParser::Pass::read_event(const ObjectFields& fields, Event& event) {
  if (!read_type(fields, event)) {
    complaint().ignore_missing();
    values_.report_twice(fields, kCommonFields);
    return reader_.read_common(fields);
  }
  reader_.read_common(fields);
  switch (event.kind) {
    case kMetrics:
      values_.report_twice(fields, kMetricsFields);
      return reader_.read_metrics(fields);
    case kDrift:
      values_.report_twice(fields, kDriftFields);
      return reader_.read_drift(fields);
    case kJob:
      values_.report_twice(fields, kJobFields);
      return reader_.read_job(fields);
    default:
      values_.report_twice(fields, kForeignFields);
      return reader_.read_foreign(fields);
  }
}

/// False if the type is not known; what is wrong with it is then complained about.
bool EventParser::Pass::read_type(const ObjectFields& fields, Event& event) {
  if (!fields.has(Field::kType)) {
    complaint().missing("type", "missing, expected " + expected_type_);
    return false;
  }
  const JsonMember& type = fields[Field::kType];
  if (!values_.read_string(type, "type", event.type, expected_type_)) return false;
  if (fields.twice(Field::kType)) return false;
  event.kind = kind_of(event.type, rules_);
  if (event.kind == 0) {
    const bool long_type = event.type.size() > kLongestGuess;
    complaint().unexpected(BadReason::kUnknownType, "type", expected_type_, type,
                           long_type ? "" : did_you_mean(event.type, types_));
  }
  return event.kind != 0;
}

EventParser::EventParser(EventRules rules) : pass_(std::make_unique<Pass>(std::move(rules))) {}
EventParser::~EventParser() = default;
EventParser::EventParser(EventParser&&) noexcept = default;

bool EventParser::parse(std::string_view line, bool utf8_checked, Event& event, BadLine& bad) {
  return pass_->run(line, utf8_checked, event, bad);
}

std::string_view EventParser::unwrapped(std::string_view line) { return pass_->unwrapped(line); }

}  // namespace mlmon
