#include "plugins/retraining/retraining.h"

namespace mlmon::retraining {

using rules::Finding;

Retraining::Retraining(Setup& setup) {
  const Json& config = setup.config();
  if (const auto limit = config.number_or_off("min_f1")) rules_.add({"f1", rules::kF1, *limit});
  if (const auto limit = config.number_or_off("max_p_value")) {
    rules_.add({"drift", rules::kPValue, *limit});
  }
}

void Retraining::on_batch(const Batch& batch) {
  const auto every_breach = [](mlmon_model, std::size_t) { return false; };
  rules_.judge(batch, every_breach, [this](const Finding& finding) {
    if (job_open_.get(finding.event.model())) {
      hold_back(finding, "job_open");
    } else {
      request(finding);
    }
  });
}

void Retraining::request(const Finding& finding) {
  Fields fields;
  fields.text("reason", rules::reason(finding));
  rules::add_figures(finding, fields);
  act(finding.event, "retrain", finding.rule.name, fields);
  job_open_.set(finding.event.model(), 0, 1);
}

void Retraining::hold_back(const Finding& finding, const char* why) {
  Fields fields;
  if (explaining()) rules::add_figures(finding, fields);
  suppress(finding.event, "retrain", finding.rule.name, why, fields);
}

}  // namespace mlmon::retraining
