#include "plugins/retraining/policy.h"

#include "plugins/rules/rule_reader.h"

namespace mlmon::retraining {

Policy read_policy(const Json& config, rules::Problems& problems) {
  Policy policy;
  const auto span = [&](const char* key, std::int64_t& ns) {
    if (config.has(key)) problems.collect([&] { ns = config.duration_ns(key); });
  };
  span("grace", policy.grace_ns);
  span("cooldown", policy.cooldown_ns);
  span("job_timeout", policy.job_timeout_ns);
  policy.budget = read_budget(config, problems);
  if (config.has("require")) {
    const std::string& require = config.text("require");
    if (require == "all") policy.require = Policy::Require::all;
    if (require == "confirmed") policy.require = Policy::Require::confirmed;
  }
  return policy;
}

}  // namespace mlmon::retraining
