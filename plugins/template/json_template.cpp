#include "plugins/template/json_template.h"

#include <algorithm>
#include <mlmon/text.hpp>

namespace mlmon::templates {

JsonTemplate::JsonTemplate(const Json& value, const std::vector<Name>& names) {
  type_ = value.is_text()     ? Type::text
          : value.is_object() ? Type::object
          : value.is_array()  ? Type::array
                              : Type::other;
  if (type_ == Type::text) text_ = Template(value, names);
  if (type_ == Type::other) other_ = value.dump();
  if (type_ == Type::array) {
    for (const Json& item : value.items()) items_.emplace_back(item, names);
  }
  if (type_ != Type::object) return;
  names_ = value.names();
  for (const std::string& name : names_) items_.emplace_back(value.at(name), names);
}

std::string JsonTemplate::expand(const Lookup& lookup) const {
  if (type_ == Type::other) return other_;
  std::string out;
  if (type_ == Type::text) {
    append_quoted(out, text_.expand(lookup));
    return out;
  }
  const bool object = type_ == Type::object;
  out = object ? "{" : "[";
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (i > 0) out += ',';
    if (object) {
      append_quoted(out, names_[i]);
      out += ':';
    }
    out += items_[i].expand(lookup);
  }
  return out += object ? '}' : ']';
}

std::vector<std::pair<std::string, std::string>> JsonTemplate::expand_texts(
    const Lookup& lookup) const {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    out.emplace_back(names_[i], items_[i].as_text(lookup));
  }
  return out;
}

std::string JsonTemplate::as_text(const Lookup& lookup) const {
  return type_ == Type::text ? text_.expand(lookup) : expand(lookup);
}

bool JsonTemplate::has(std::string_view name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

}  // namespace mlmon::templates
