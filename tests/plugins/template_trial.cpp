#include "tests/plugins/template_trial.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "plugins/template/action_names.h"

namespace mlmon::templates {
namespace {

constexpr const char* kPlace = "targets[0].body";

/// As a string of JSON.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// To nlohmann a number beyond the doubles is out of range; to JSON it is a number.
bool is_json(const std::string& text) {
  try {
    return !nlohmann::json::parse(text).is_discarded();
  } catch (const nlohmann::json::out_of_range&) {
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

}  // namespace

std::string as_utf8(const std::string& text) { return nlohmann::json::parse(quoted(text)).get<std::string>(); }

TemplateTrial::TemplateTrial(const std::string& utf8) {
  const std::string json = quoted(utf8);
  try {
    plain_.emplace(utf8, kPlace, action_names());
  } catch (const config_error& error) {
    complaint_ = error.what();
  }
  try {
    in_table_.emplace(Json::parse("{\"k\":" + json + ",\"n\":[1," + json + "]}"), action_names());
  } catch (const config_error&) {
  }
}

std::string TemplateTrial::broken_promise() const {
  if (plain_.has_value() != in_table_.has_value()) return "taken by itself or in a table, and refused otherwise";
  const bool placed = std::string_view(complaint_).starts_with(std::string(kPlace) + ": ");
  return taken() || placed ? "" : "refused without a place: " + complaint_;
}

std::string TemplateTrial::expand(const std::string& action) const { return plain_->expand(lookup_in(Json::parse(action))); }

std::string TemplateTrial::broken_promise(const std::string& action) const {
  const Json of = Json::parse(action);
  const std::string one = plain_->expand(lookup_in(of)), all = in_table_->expand(lookup_in(of));
  const nlohmann::json wanted = {{"k", one}, {"n", {1, one}}};
  if (nlohmann::json::parse(all, nullptr, false) == wanted) return {};
  return "by itself it is " + one + ", in a table " + all;
}

JsonTextTrial::JsonTextTrial(const std::string& utf8) {
  try {
    made_ = Template::of_json(Json::parse(quoted(utf8)), action_names());
  } catch (const config_error&) {
  }
}

std::string JsonTextTrial::broken_promise(const std::string& action) const {
  const std::string text = made_->expand(lookup_in(Json::parse(action)));
  return is_json(text) ? "" : "it is no JSON: " + text;
}

}  // namespace mlmon::templates
