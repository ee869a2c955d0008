#include "plugins/retraining/targets/parameters.h"

#include "plugins/template/action_names.h"

namespace mlmon::retraining {

templates::JsonTemplate read_parameters(const Json& table, std::string_view key,
                                        std::initializer_list<std::string_view> ours) {
  if (!table.has(key)) return {};
  const Json& parameters = table.at(key);
  for (const std::string_view name : ours) {
    if (!parameters.has(name)) continue;
    throw config_error(parameters.path() + "." + std::string(name) + ": mlmon sets this one itself");
  }
  return {parameters, templates::action_names()};
}

std::string with_members(std::string object, std::string_view more) {
  if (more == "{}") return object;
  object.pop_back();
  if (object.size() > 1) object += ',';
  return object.append(more.substr(1));
}

bool names(std::string_view json, std::string_view id) {
  return json.find("\"" + std::string(id) + "\"") != json.npos;
}

}  // namespace mlmon::retraining
