#include "plugins/retraining/targets/answer.h"

#include "plugins/transport/excerpt.h"
#include "plugins/transport/http_outcome.h"

namespace mlmon::retraining {

bool accepted(const transport::HttpAnswer& answer) {
  return answer.failure.empty() && !answer.cancelled && answer.status >= 200 && answer.status < 300;
}

std::optional<Json> object_in(const transport::HttpAnswer& answer) {
  if (answer.cut) return std::nullopt;
  try {
    Json value = Json::parse(answer.body);
    if (value.is_object()) return value;
  } catch (const config_error&) {  // not JSON
  }
  return std::nullopt;
}

Outcome expect_object(const transport::HttpAnswer& answer, std::string_view member,
                      std::string_view value) {
  if (!accepted(answer)) return transport::to_outcome(answer);
  const bool due = answer.status == 200 || answer.status == 201;
  if (due && answer.cut && answer.body.starts_with('{')) return Outcome::delivered();
  const std::optional<Json> object = object_in(answer);
  if (!due || !object) return nonsense(answer, "200 with a JSON object");
  const std::string found = member.empty() ? "" : text_at(*object, member);
  if (found.empty() || found == value) return Outcome::delivered();
  return nonsense(answer, std::string(member) + " " + std::string(value));
}

Outcome nonsense(const transport::HttpAnswer& answer, const std::string& due) {
  return Outcome::dead(transport::with_excerpt(
      "HTTP " + std::to_string(answer.status) + ", expected " + due, answer.body));
}

Outcome look_up_again(const transport::HttpAnswer& answer, const std::string& due) {
  const std::string limit = " of at most " + std::to_string(transport::kMostRead) + " bytes";
  const Outcome outcome =
      accepted(answer) ? nonsense(answer, due + (answer.cut ? limit : "")) : transport::to_outcome(answer);
  return Outcome::retry("looked up: " + outcome.text, answer.retry_after_ms);
}

std::string text_at(const Json& object, std::string_view path) {
  const Json* value = &object;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string_view name = path.substr(0, dot);
    if (!value->is_object() || !value->has(name)) return "";
    value = &value->at(name);
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return value->is_text() ? value->text() : "";
}

}  // namespace mlmon::retraining
