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
  states_ = rules::ModelTable<State>(rules_.size());
}

void Alert::on_batch(const Batch& batch) {
  const auto firing = [this](mlmon_model model, std::size_t rule) { return fires(model, rule); };
  rules_.judge(
      batch, firing, [this](const Finding& finding) { tell(finding); }, [](const Event&) {});
}

bool Alert::fires(mlmon_model model, std::size_t rule) {
  State state = states_.get(model, rule);
  if (state == State::unknown) {
    state = kept(model, rules_[rule].name) ? State::firing : State::quiet;
    states_.set(model, rule, state);
  }
  return state == State::firing;
}

void Alert::tell(const Finding& finding) {
  const Message message = describe(finding, model(finding.event.model()));
  Fields fields;
  fields.text("severity", finding.rule.metric.drift ? "warning" : "critical");
  fields.text("subject", message.subject).text("body", message.body);
  rules::add_figures(finding, fields);
  act(finding.event, "alert", finding.rule.name, finding.breach ? "firing" : "resolved", fields);
  const mlmon_model about = finding.event.model();
  if (finding.breach) {
    keep(about, finding.rule.name, "firing");
  } else {
    forget(about, finding.rule.name);
  }
  states_.set(about, finding.index, finding.breach ? State::firing : State::quiet);
}

}  // namespace mlmon::alert
