#include "core/action/whole_object.h"

#include <bit>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;  // sorts its members

void append_text(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

void append(std::string& out, const SortedJson& value) {
  if (value.is_object()) {
    out += '{';
    for (const auto& [name, inner] : value.items()) {
      append_text(out, name);
      append(out, inner);
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (const SortedJson& inner : value) append(out, inner);
    out += ']';
  } else if (value.is_string()) {
    out += '"';
    append_text(out, value.get_ref<const std::string&>());
  } else if (value.is_number()) {
    const auto number = value.get<double>();
    out += 'n';
    append_text(out, std::to_string(std::bit_cast<std::uint64_t>(number == 0 ? 0.0 : number)));
  } else {
    out += value.dump();
  }
}

}  // namespace

std::string whole_object(std::string_view json) {
  SortedJson object = SortedJson::parse(json, nullptr, false);
  // A number beyond the doubles is valid JSON, and this parser's limit: then the text is the content.
  if (!object.is_object()) return std::string(json);
  for (const char* decoded : {"type", "model", "at", "id", "labels"}) object.erase(decoded);
  std::string out;
  append(out, object);
  return out;
}

}  // namespace mlmon
