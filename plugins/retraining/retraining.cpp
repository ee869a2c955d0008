#include "plugins/retraining/retraining.h"

namespace mlmon::retraining {

using rules::Finding;

namespace {

constexpr const char* kOpen = "open";

}  // namespace

Retraining::Retraining(Setup& setup) {
  const Json& config = setup.config();
  if (const auto limit = config.number_or_off("min_f1")) rules_.add({"f1", rules::kF1, *limit});
  if (const auto limit = config.number_or_off("max_p_value")) {
    rules_.add({"drift", rules::kPValue, *limit});
  }
}

void Retraining::on_batch(const Batch& batch) {
  const auto every_breach = [](mlmon_model, std::size_t) { return false; };
  rules_.judge(
      batch, every_breach,
      [this](const Finding& finding) {
        if (job_open(finding.event.model())) {
          hold_back(finding, "job_open");
        } else {
          request(finding);
        }
      },
      [this](const Event& event) { close_job(event); });
}

bool Retraining::job_open(mlmon_model model) {
  Job job = jobs_.get(model);
  if (job == Job::unknown) {
    job = kept(model, kOpen) ? Job::open : Job::none;
    jobs_.set(model, 0, job);
  }
  return job == Job::open;
}

void Retraining::request(const Finding& finding) {
  Fields fields;
  fields.text("reason", rules::reason(finding));
  rules::add_figures(finding, fields);
  const bool over = act(finding.event, "retrain", finding.rule.name, fields);
  if (over) return;
  const mlmon_model model = finding.event.model();
  keep(model, kOpen, last_action_id());
  jobs_.set(model, 0, Job::open);
}

void Retraining::close_job(const Event& event) {
  const mlmon_model model = event.model();
  if (!job_open(model)) return;
  const Json whole = Json::parse(event.raw());
  const Json& said = whole.has("specversion") ? whole.at("data") : whole;
  if (said.text("job") != *kept(model, kOpen)) return;
  forget(model, kOpen);
  jobs_.set(model, 0, Job::none);
}

void Retraining::hold_back(const Finding& finding, const char* why) {
  Fields fields;
  if (explaining()) rules::add_figures(finding, fields);
  suppress(finding.event, "retrain", finding.rule.name, why, fields);
}

}  // namespace mlmon::retraining
