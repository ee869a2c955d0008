#include "plugins/alert/succession.h"

#include <algorithm>
#include <tuple>

#include "plugins/rules/finding.h"

namespace mlmon::alert {

void Succession::add(mlmon_model model, const Model& described) {
  if (knows(model)) return;
  if (model >= deployments_.size()) deployments_.resize(model + 1 + model / 2);
  const auto [found, is_new] = index_.emplace(std::string(described.name), names_.size());
  if (is_new) names_.emplace_back();
  names_[found->second].deployments.push_back(model);
  deployments_[model] = {found->second,
                         described.deployed_s,
                         described.deployed_ns,
                         rules::deployed_and(described, after_ns_),
                         std::string(described.version),
                         0};
}

void Succession::count(mlmon_model model, int rules) {
  deployments_[model].holding += rules;
  names_[deployments_[model].name].holding += rules;
}

std::vector<mlmon_model> Succession::superseded_by(mlmon_model model, std::int64_t now_ns) const {
  const Deployment& newer = deployments_[model];
  const Name& name = names_[newer.name];
  std::vector<mlmon_model> over;
  if (name.holding == newer.holding || now_ns < newer.due_ns) return over;
  for (const mlmon_model other : name.deployments) {
    const Deployment& older = deployments_[other];
    if (older.holding == 0) continue;
    if (std::tie(older.at_s, older.at_ns) < std::tie(newer.at_s, newer.at_ns)) over.push_back(other);
  }
  // Handles differ from run to run.
  std::sort(over.begin(), over.end(), [this](mlmon_model a, mlmon_model b) {
    const Deployment &x = deployments_[a], &y = deployments_[b];
    return std::tie(x.at_s, x.at_ns, x.version) < std::tie(y.at_s, y.at_ns, y.version);
  });
  return over;
}

}  // namespace mlmon::alert
