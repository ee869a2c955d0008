#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "core/import/cells.h"
#include "core/import/document.h"
#include "core/import/field_map.h"
#include "core/text/wording.h"

namespace mlmon {
namespace {

using Json = ImportJson;
using Kind = ImportField::Kind;

struct Mapped {
  ImportField field;
  std::string name;  // as people gave it
  Json::json_pointer pointer;
};

/// A number, also as text.
Result<std::optional<double>> figure_in(const Json& value, const std::string& name, ImportSink& sink) {
  if (value.is_string()) return read_cell(value.get<std::string>(), name, sink);
  if (!is_number(value) && !value.is_null()) {
    return Error{name + ": expected a number, got " + kind_of(value)};
  }
  return figure_of(value, name, sink);
}

bool is_int64(const Json& value) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= kMost);
}

/// What the pointer leads to, or null. nlohmann throws where an array has no such index.
const Json* find_value(const Json& value, const Json::json_pointer& pointer) {
  try {
    return value.contains(pointer) ? &value.at(pointer) : nullptr;
  } catch (const Json::exception&) {
    return nullptr;
  }
}

/// Records whose members are our fields, by their names or as mapped.
class JsonRecords {
 public:
  JsonRecords(std::vector<Mapped> mapped, Json::json_pointer each, bool has_each)
      : mapped_(std::move(mapped)), each_(std::move(each)), has_each_(has_each) {}

  Result<void> read(const Json& document, ImportSink& sink) const;

 private:
  Result<void> read_record(const Json& record, const std::string& where, ImportSink& sink) const;
  Result<void> read_members(const Json& object, const std::string& within, Observation& observation,
                            ImportSink& sink) const;
  Result<void> put(const ImportField& field, const std::string& name, const Json& value,
                   Observation& observation, ImportSink& sink) const;

  std::vector<Mapped> mapped_;
  Json::json_pointer each_;
  bool has_each_;
};

Result<void> JsonRecords::read(const Json& document, ImportSink& sink) const {
  const Json* const found = find_value(document, each_);
  if (!found) {
    return Error{"expected an array at " + each_.to_string() + " as --each says, got " + kind_of(document)};
  }
  const Json& records = *found;
  if (records.is_object() && !has_each_) return read_record(records, "", sink);
  if (!records.is_array()) {
    const std::string place = has_each_ ? each_.to_string() + ": " : "";
    return Error{place + "expected an array of records" + (has_each_ ? "" : " or one record") + ", got " +
                 kind_of(records)};
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (auto done = read_record(records[i], "record " + std::to_string(i + 1), sink); !done) return done;
  }
  return {};
}

Result<void> JsonRecords::read_record(const Json& record, const std::string& where, ImportSink& sink) const {
  const std::string place = where.empty() ? "" : where + ": ";
  if (!record.is_object()) return Error{place + "expected an object, got " + kind_of(record)};
  Observation observation;
  observation.where = where;
  for (const Mapped& mapped : mapped_) {
    const Json* const value = find_value(record, mapped.pointer);
    if (!value) continue;
    auto done = put(mapped.field, mapped.pointer.to_string(), *value, observation, sink);
    if (!done) return Error{place + done.error().text};
  }
  if (auto done = read_members(record, "", observation, sink); !done) {
    return Error{place + done.error().text};
  }
  sink.observe(observation);
  return {};
}

/// The members with our names, of the record and of the objects in it that have such.
Result<void> JsonRecords::read_members(const Json& object, const std::string& within,
                                       Observation& observation, ImportSink& sink) const {
  for (const auto& [key, value] : object.items()) {
    const std::string name = within + key;
    const bool holds_more = name == "model" || name == "metrics" || name == "labels" || name == "features" ||
                            within == "features.";
    if (value.is_object() && holds_more) {
      if (auto done = read_members(value, name + ".", observation, sink); !done) return done;
      continue;
    }
    const auto field = parse_import_field(name);
    if (!field) continue;
    const bool is_mapped = std::any_of(mapped_.begin(), mapped_.end(), [&](const Mapped& mapped) {
      return mapped.field.path == field->path && mapped.field.text == field->text;
    });
    if (is_mapped) continue;
    if (auto done = put(*field, name, value, observation, sink); !done) return done;
  }
  return {};
}

Result<void> JsonRecords::put(const ImportField& field, const std::string& name, const Json& value,
                              Observation& observation, ImportSink& sink) const {
  if (field.kind == Kind::kText || field.kind == Kind::kLabel) {
    if (!value.is_null() && !value.is_string() && !is_number(value)) {
      return Error{name + ": expected a string, got " + kind_of(value)};
    }
    put_text(observation, field, text_of(value));
    return {};
  }
  if (field.kind == Kind::kSamples && is_int64(value)) {
    observation.samples = value.get<std::int64_t>();
    return {};
  }
  auto figure = figure_in(value, name, sink);
  if (!figure) return figure.error();
  if (!*figure) return {};
  if (field.kind == Kind::kSamples) {
    return Error{name + ": expected an integer from 0 to 9223372036854775807, got " + text_of(value)};
  }
  (field.kind == Kind::kDriftFigure ? observation.drift : observation.metrics).push_back({field.path, **figure});
  return {};
}

Result<Json::json_pointer> pointer_of(const std::string& text) {
  try {
    return Json::json_pointer(text);
  } catch (const Json::exception&) {
    return Error{"expected a JSON pointer like /metrics/f1, got " + in_quotes(text)};
  }
}

}  // namespace

Result<DocumentFormat> json_format(const ImportChoices& choices) {
  std::vector<Mapped> mapped;
  for (const auto& [name, text] : choices.map) {
    auto field = parse_import_field(name);
    if (!field) return field.error();
    auto pointer = pointer_of(text);
    if (!pointer) return pointer.error().in("--map " + name);
    mapped.push_back({std::move(*field), name, std::move(*pointer)});
  }
  auto each = pointer_of(choices.each);
  if (!each) return each.error().in("--each");
  const JsonRecords records(std::move(mapped), std::move(*each), !choices.each.empty());
  return DocumentFormat(
      [records](const Json& document, ImportSink& sink) { return records.read(document, sink); });
}

}  // namespace mlmon
