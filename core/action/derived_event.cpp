#include "core/action/derived_event.h"

#include <array>
#include <cassert>
#include <utility>

#include "core/action/action_id.h"
#include "core/text/json_text.h"

namespace mlmon {
namespace {

/// Members that the host writes.
constexpr std::array<std::string_view, 5> kHostEventMembers = {"type", "model", "at", "id", "labels"};

/// What is emitted is made here of models that were accepted.
EventRules any_version(EventRules rules) {
  rules.any_version = true;
  return rules;
}

}  // namespace

DerivedWriter::DerivedWriter(std::string observer, EventRules rules, EventRules emitted,
                             const ModelTable& models)
    : observer_(std::move(observer)),
      models_(models),
      parser_(std::move(rules)),
      checker_(any_version(std::move(emitted))) {}

void DerivedWriter::decode(const Batch& batch, std::uint32_t row,
                           std::optional<std::int64_t> tick_ns) {
  event_.labels.clear();
  if (tick_ns) return;
  BadLine bad;
  std::string_view line = batch.block.text().substr(batch.raw_off[row], batch.raw_len[row]);
  if (!batch.host_made) line = parser_.unwrapped(line);
  [[maybe_unused]] const bool decoded = parser_.parse(line, true, event_, bad);
  assert(decoded && "a row of a batch is an event");
}

Result<DerivedEvent> DerivedWriter::emitted(const Batch& batch, std::uint32_t row,
                                            const mlmon_derived& derived,
                                            std::optional<std::int64_t> tick_ns) {
  const Result<std::string> members = members_.read(derived.fields, kHostEventMembers);
  if (!members) return members.error();
  decode(batch, row, tick_ns);
  // An action has a rule, so that no id of one can be the same.
  const std::string_view type = {derived.type.ptr, derived.type.len};
  const ActionKey key = {observer_, type, "", *members};
  const Model& model = models_.at(derived.model);
  const std::string id = tick_ns ? action_id(key, model, *tick_ns) : action_id(key, model, event_);
  return make(batch, row, derived.model, type, id, *members, tick_ns);
}

Result<DerivedEvent> DerivedWriter::of_action(const Batch& batch, std::uint32_t row,
                                              const Decision& action,
                                              std::optional<std::int64_t> tick_ns) {
  decode(batch, row, tick_ns);
  // Without its place, which stands last: where an event was read is no part of what it says.
  const std::string members =
      "\"action\":" + action.json.substr(0, action.json.rfind(",\"source\":\"")) + "}";
  return make(batch, row, action.model, action.type, action.id, members, tick_ns);
}

Result<DerivedEvent> DerivedWriter::make(const Batch& batch, std::uint32_t row,
                                         std::uint32_t model, std::string_view type,
                                         std::string_view id, const std::string& members,
                                         std::optional<std::int64_t> tick_ns) {
  DerivedEvent made{batch.seq_of(row), model,           {}, batch.source, batch.source_index,
                    batch.line[row],   batch.offset[row]};
  std::string& json = made.json;
  json = "{\"type\":";
  append_json_string(json, type);
  json += ",\"model\":";
  append_model_json(json, models_.at(model));
  json += ",\"at\":\"" + format_rfc3339(from_unix_ns(tick_ns.value_or(batch.time_ns[row])));
  json += "\",\"id\":\"";
  json += id;
  json += '"';
  append_labels_member(json, event_);
  if (!members.empty()) json += "," + members;
  json += '}';
  BadLine bad;
  if (!checker_.parse(json, false, checked_, bad)) return Error{bad.detail};
  return made;
}

}  // namespace mlmon
