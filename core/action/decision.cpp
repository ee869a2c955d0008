#include "core/action/decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <string_view>
#include <utility>

#include "core/action/action_id.h"
#include "core/plugin/abi_text.h"
#include "core/text/json_text.h"
#include "core/text/utf8.h"

namespace mlmon {
namespace {

/// Members that the host writes.
constexpr std::array<std::string_view, 14> kHostMembers = {
    "action", "id",     "observer", "rule", "state", "of",  "why",
    "until",  "model", "labels", "event_time", "source", "line", "offset"};

constexpr std::size_t kUsualSize = 768;  // bytes of an action; more is no harm

/// A path as the receipt has it.
std::string path_text(const std::string& path) {
  std::string printable;
  append_printable(printable, path);
  return printable;
}

void add_text(std::string& json, std::string_view name, std::string_view value) {
  json += ",\"";
  json += name;
  json += "\":";
  append_json_string(json, value);
}

void append_number(std::string& json, std::uint64_t number) {
  std::array<char, 20> digits;
  json.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

/// What stands in a line that is read as JSON must be UTF-8, whatever a plugin hands over.
Result<void> check_names(std::string_view type, std::string_view rule, std::string_view more) {
  if (rule.empty()) return Error{"a decision without a rule"};
  if (!is_utf8(rule) || !is_utf8(more)) return Error{"its rule, state or reason is not UTF-8"};
  const bool plain = std::all_of(type.begin(), type.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (type.empty() || !plain || type == "suppressed") {
    std::string shown;
    append_printable(shown, type);
    return Error{fmt::format("action type: expected [a-z0-9_]+, got \"{}\"", shown)};
  }
  return {};
}

}  // namespace

DecisionWriter::DecisionWriter(std::string observer, EventRules rules, const ModelTable& models)
    : observer_(std::move(observer)), models_(models), parser_(std::move(rules)) {}

void DecisionWriter::decode(const Batch& batch, std::uint32_t row) {
  if (batch.plain[row] != 0) return take_columns(batch, row);
  BadLine bad;
  std::string_view line = batch.block.text().substr(batch.raw_off[row], batch.raw_len[row]);
  if (!batch.host_made) line = parser_.unwrapped(line);
  [[maybe_unused]] const bool decoded = parser_.parse(line, true, event_, bad);
  assert(decoded && "a row of a batch is an event");
}

void DecisionWriter::take_columns(const Batch& batch, std::uint32_t row) {
  const Model& model = models_.at(batch.model[row]);
  event_ = {};
  event_.kind = batch.kind[row];
  event_.type = event_.kind == kMetrics ? "metrics" : "drift";
  event_.model_name = model.name;
  event_.model_version = model.version;
  event_.deployed_at = model.deployed_at;
  event_.time_ns = batch.time_ns[row];
  event_.accuracy = batch.accuracy[row];
  event_.precision = batch.precision[row];
  event_.recall = batch.recall[row];
  event_.f1 = batch.f1[row];
  event_.p_value = batch.p_value[row];
  event_.magnitude = batch.magnitude[row];
  event_.samples = batch.samples[row];
}

Result<void> DecisionWriter::add_fields(std::string& json, mlmon_str fields) {
  const Result<std::string> members = members_.read(fields, kHostMembers);
  if (!members) return members.error();
  if (!members->empty()) (json += ',') += *members;
  return {};
}

void DecisionWriter::add_place(std::string& json, const Batch& batch, std::uint32_t row,
                               std::optional<std::int64_t> tick_ns) {
  if (!tick_ns) append_labels_member(json, event_);
  add_text(json, "event_time", format_rfc3339(from_unix_ns(tick_ns.value_or(batch.time_ns[row]))));
  if (batch.source != source_) {
    source_ = batch.source;
    source_json_.clear();
    append_json_string(source_json_, path_text(*source_));
  }
  json += ",\"source\":";
  json += source_json_;
  append_number(json += ",\"line\":", batch.line[row]);
  append_number(json += ",\"offset\":", batch.offset[row]);
  json += '}';
}

Result<Decision> DecisionWriter::action(const Batch& batch, std::uint32_t row,
                                        const mlmon_action& action,
                                        std::optional<std::int64_t> tick_ns) {
  const auto named = check_names(view(action.type), view(action.rule), view(action.transition));
  if (!named) return named.error();
  if (!tick_ns) decode(batch, row);
  const Model& model = models_.at(action.model);

  Decision decision;
  decision.seq = batch.seq_of(row);
  decision.model = action.model;
  decision.type = view(action.type);
  decision.state = view(action.transition);
  const ActionKey key = {observer_, decision.type, view(action.rule), decision.state};
  decision.id = tick_ns ? action_id(key, model, *tick_ns) : action_id(key, model, event_);

  std::string& json = decision.json;
  json.reserve(kUsualSize);
  ((((json = "{\"action\":\"") += decision.type) += "\",\"id\":\"") += decision.id) += '"';
  add_text(json, "observer", observer_);
  add_text(json, "rule", view(action.rule));
  if (!decision.state.empty()) add_text(json, "state", decision.state);
  json += ",\"model\":";
  append_model_json(json, model);
  if (const auto added = add_fields(json, action.fields); !added) return added.error();
  if (decision.type == "alert") {
    decision.alert = {std::string(view(action.rule)), members_.flag("once") ? "" : decision.state,
                      members_.text("severity"), members_.text("suppressed")};
  }
  add_place(json, batch, row, tick_ns);
  return decision;
}

Result<Decision> DecisionWriter::suppression(const Batch& batch, std::uint32_t row,
                                             const mlmon_suppression& suppression,
                                             std::optional<std::int64_t> tick_ns) {
  const auto named = check_names(view(suppression.of), view(suppression.rule), view(suppression.why));
  if (!named) return named.error();
  if (!tick_ns) decode(batch, row);

  Decision decision;
  decision.seq = batch.seq_of(row);
  decision.model = suppression.model;
  decision.suppressed = true;
  decision.type = view(suppression.of);
  std::string& json = decision.json;
  json = "{\"action\":\"suppressed\",\"of\":\"" + decision.type + '"';
  add_text(json, "why", view(suppression.why));
  if (suppression.has_until != 0) {
    add_text(json, "until", format_rfc3339(from_unix_ns(suppression.until_ns)));
  }
  add_text(json, "observer", observer_);
  add_text(json, "rule", view(suppression.rule));
  json += ",\"model\":";
  append_model_json(json, models_.at(suppression.model));
  if (const auto added = add_fields(json, suppression.fields); !added) return added.error();
  add_place(json, batch, row, tick_ns);
  return decision;
}

}  // namespace mlmon
