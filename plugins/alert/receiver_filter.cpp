#include "plugins/alert/receiver_filter.h"

#include <algorithm>

namespace mlmon::alert {

ReceiverFilter::ReceiverFilter(const Json& receiver, bool by_labels) {
  if (receiver.has("severity")) {
    severity_.emplace();
    for (const Json& severity : receiver.at("severity").items()) {
      severity_->push_back(severity.text());
    }
  }
  if (receiver.has("models")) models_.emplace(receiver.at("models"));
  if (receiver.has("rules")) rules_.emplace(receiver.at("rules"));
  if (!by_labels || !receiver.has("labels")) return;
  const Json& labels = receiver.at("labels");
  for (const std::string& name : labels.names()) labels_.emplace_back(name, labels.text(name));
}

bool ReceiverFilter::lets_through(const Json& action) const {
  if (severity_) {
    const std::string severity = action.has("severity") ? action.text("severity") : "";
    if (std::find(severity_->begin(), severity_->end(), severity) == severity_->end()) return false;
  }
  if (models_ && !models_->match_model_of(action)) return false;
  if (rules_ && !rules_->match(action.text("rule"))) return false;
  return labels_.empty() || labels_fit(action);
}

bool ReceiverFilter::labels_fit(const Json& action) const {
  if (!action.has("labels")) return false;
  const Json& has = action.at("labels");
  return std::all_of(labels_.begin(), labels_.end(), [&](const auto& label) {
    return has.has(label.first) && has.text(label.first) == label.second;
  });
}

}  // namespace mlmon::alert
