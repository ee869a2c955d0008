#include "core/import/importer.h"

#include "core/event/event.h"
#include "core/import/tool_time.h"
#include "core/text/json_text.h"
#include "core/text/wording.h"

namespace mlmon {
namespace {

/// How a missing field is told, and the flag that gives it.
std::pair<std::string, std::string> wording_of(Field field) {
  switch (field) {
    case Field::kName: return {"model.name", "--model"};
    case Field::kVersion: return {"model.version", "--version"};
    case Field::kDeployedAt: return {"model.deployed_at", "--deployed-at"};
    default: return {std::string(name_of(field)), "--at"};
  }
}

constexpr std::size_t kReadable = 7;  // bytes behind a line that LineShapes may look at

MemberPath plain_member(Field field) { return {field, {}, Field::kUnknown}; }

/// The first that is told.
const std::string& first_of(const std::string& a, const std::string& b, const std::string& c) {
  return !a.empty() ? a : !b.empty() ? b : c;
}

}  // namespace

Importer::Importer(const ImportGiven& given, const EventRules& rules, std::function<void(std::string_view)> write)
    : given_(given),
      parser_(rules),
      shapes_(spellings_, rules.nan_is_null, rules.lenient_times),
      write_(std::move(write)),
      metrics_(kMetrics),
      drift_(kDrift) {}

void Importer::observe(const Observation& observation) {
  if (error_) return;
  metrics_.clear();
  drift_.clear();
  bool complete = true;
  if (!observation.metrics.empty()) {
    complete &= fill(metrics_, observation, Field::kCapturedAt);
    for (const auto& [path, value] : observation.metrics) metrics_.put_number(path, value);
  }
  if (!observation.drift.empty()) {
    complete &= fill(drift_, observation, Field::kDetectedAt);
    for (const auto& [path, value] : observation.drift) drift_.put_number(path, value);
    if (!observation.feature.empty()) drift_.put_text(plain_member(Field::kFeature), observation.feature);
  }
  if (!complete) return;
  if (!observation.metrics.empty()) write(metrics_, observation);
  if (!observation.drift.empty()) write(drift_, observation);
}

void Importer::left_out(std::string_view name) {
  const auto at = left_out_.find(name);
  if (at != left_out_.end()) ++at->second;
  else left_out_.emplace(name, 1);
}

/// What an event of either kind has beside its figures; false: something is missing or wrong.
bool Importer::fill(EventDraft& draft, const Observation& told, Field time) {
  const std::size_t missing = missing_.size();
  put_text(draft, Field::kName, given_.name, told.name, told);
  put_text(draft, Field::kVersion, given_.version, told.version, told);
  bool right = put_time(draft, Field::kDeployedAt, given_.deployed_at, told.deployed_at, told);
  const std::string& at = time == Field::kCapturedAt
                              ? first_of(told.captured_at, told.time, told.detected_at)
                              : first_of(told.detected_at, told.time, told.captured_at);
  right &= put_time(draft, time, given_.at, at, told);
  const auto& samples = given_.samples ? given_.samples : told.samples;
  if (samples) draft.put_text(plain_member(Field::kSamples), std::to_string(*samples));
  if (!told.id.empty()) draft.put_text(plain_member(Field::kId), told.id);
  for (const auto& [name, value] : given_.labels) {
    draft.put_text({Field::kLabels, name, Field::kUnknown}, value);
  }
  for (const auto& [name, value] : told.labels) {
    bool given = false;
    for (const auto& label : given_.labels) given |= label.first == name;
    if (!given) draft.put_text({Field::kLabels, name, Field::kUnknown}, value);
  }
  return right && missing == missing_.size() && missing_.empty();
}

void Importer::put_text(EventDraft& draft, Field field, const std::string& given, const std::string& told,
                        const Observation& observation) {
  const std::string& text = given.empty() ? told : given;
  if (text.empty()) return miss(field, observation);
  draft.put_text(plain_member(field), text);
}

bool Importer::put_time(EventDraft& draft, Field field, const std::optional<Instant>& given,
                        const std::string& told, const Observation& observation) {
  if (given) {
    draft.put_text(plain_member(field), format_rfc3339(*given));
    return true;
  }
  if (told.empty()) {
    miss(field, observation);
    return true;
  }
  SeenTime& seen = field == Field::kDeployedAt ? deployed_at_ : event_time_;
  if (told != seen.told) {
    const std::optional<Instant> at = read_tool_time(told);
    if (!at) {
      fail(observation, wording_of(field).first + ": expected a time like 2026-01-31T08:00:00Z, got " +
                            in_quotes(told));
      return false;
    }
    seen = {told, format_rfc3339(*at)};
  }
  draft.put_text(plain_member(field), seen.written);
  return true;
}

void Importer::miss(Field field, const Observation& observation) {
  missing_.emplace(field, observation.where);
}

void Importer::fail(const Observation& observation, const std::string& text) {
  if (!error_) error_ = Error{observation.where.empty() ? text : observation.where + ": " + text};
}

void Importer::write(const EventDraft& draft, const Observation& observation) {
  if (error_) return;
  line_.clear();
  draft.append_line(line_);
  const std::size_t size = line_.size() + 1;
  line_ += '\n';
  line_.append(kReadable, '\0');
  const std::string_view line(line_.data(), size);
  if (!is_event(line)) {
    return fail(observation, std::string(to_string(bad_.reason)) + ": " + bad_.detail);
  }
  write_(line);
  ++events_;
}

/// False: the parser's complaint is in bad_. REQUIRES: the line with its newline, and kReadable bytes after it.
bool Importer::is_event(std::string_view line) {
  constexpr std::uint32_t kAnyModel = 1;  // which one it is, nobody asks
  std::uint32_t model = 0;
  if (shapes_.read(line.data(), line.data() + line.size(), event_, model) != nullptr) return true;
  const std::string_view text = line.substr(0, line.size() - 1);
  if (!parser_.parse(text, false, event_, bad_)) return false;
  spellings_.add(event_.model_bytes, kAnyModel);
  shapes_.learn(text, event_);
  return true;
}

std::vector<std::string> Importer::needed() const {
  std::vector<std::string> needed(needed_.begin(), needed_.end());
  std::set<std::string> flags;
  std::string names, flag_list, where;
  for (const Field field : {Field::kName, Field::kVersion, Field::kDeployedAt, Field::kCapturedAt,
                            Field::kDetectedAt}) {
    const auto at = missing_.find(field);
    if (at == missing_.end()) continue;
    const auto [name, flag] = wording_of(field);
    if (where.empty()) where = at->second;
    if (flags.contains(flag)) continue;
    flags.insert(flag);
    names += (names.empty() ? "" : ", ") + name;
    flag_list += (flag_list.empty() ? "" : ", ") + flag;
  }
  if (names.empty()) return needed;
  needed.push_back((where.empty() ? "" : where + ": ") + "the file does not say " + names + ": give " + flag_list);
  return needed;
}

std::vector<std::string> Importer::warnings() const {
  std::vector<std::string> all = warnings_;
  if (left_out_.empty()) return all;
  constexpr std::size_t kShown = 5;
  std::uint64_t count = 0;
  std::size_t shown = 0;
  std::string names;
  for (const auto& [name, times] : left_out_) {
    count += times;
    if (++shown > kShown) continue;
    names += shown > 1 ? ", " : "";
    append_printable(names, name);
    if (times > 1) names += " (" + std::to_string(times) + ")";
  }
  if (shown > kShown) names += ", ...";
  all.push_back("left out " + std::to_string(count) + (count == 1 ? " value that is" : " values that are") +
                " null, NaN or infinite: " + names);
  return all;
}

}  // namespace mlmon
