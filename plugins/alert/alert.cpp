#include "plugins/alert/alert.h"

#include "plugins/alert/message.h"

namespace mlmon::alert {

using rules::Finding;

Alert::Alert(Setup& setup) {
  const Json& config = setup.config();
  if (const auto limit = config.number_or_off("min_f1")) {
    rules_.add({"low_f1", rules::kF1, *limit});
  }
  if (const auto limit = config.number_or_off("max_p_value")) {
    rules_.add({"drift", rules::kPValue, *limit});
  }
  firing_ = rules::ModelTable<unsigned char>(rules_.size());
}

void Alert::on_batch(const Batch& batch) {
  const auto firing = [this](mlmon_model model, std::size_t rule) {
    return firing_.get(model, rule) != 0;
  };
  rules_.judge(batch, firing, [this](const Finding& finding) { tell(finding); });
}

void Alert::tell(const Finding& finding) {
  const Message message = describe(finding, model(finding.event.model()));
  Fields fields;
  fields.text("severity", finding.rule.metric.drift ? "warning" : "critical");
  fields.text("subject", message.subject).text("body", message.body);
  rules::add_figures(finding, fields);
  act(finding.event, "alert", finding.rule.name, finding.breach ? "firing" : "resolved", fields);
  firing_.set(finding.event.model(), finding.index, finding.breach);
}

}  // namespace mlmon::alert
