#include "plugins/retraining/targets.h"

#include <optional>
#include <string>
#include <utility>

#include "plugins/transport/http_text.h"

namespace mlmon::retraining {
namespace {

std::string describe_command(const transport::CommandSettings& command, const Request& request) {
  std::string text = "exec";
  for (const std::string& word : command.words) {
    text += ' ';
    append_quoted(text, word);
  }
  return text + "\nstdin: " + request.json + "\n";
}

std::string describe_http(const HttpTarget& target, const Request& request) {
  std::string text;
  for (const transport::HttpRequest& one : target.requests(request)) {
    text += transport::to_text(one, target.settings(), target.secrets());
  }
  return text;
}

}  // namespace

Targets::Targets(DeliverySetup& setup) : targets_(read_targets(setup.config())) {}

std::vector<EndpointSpec> Targets::endpoints() const {
  std::vector<EndpointSpec> specs;
  for (const TargetSettings& target : targets_) specs.push_back(target.spec);
  return specs;
}

std::vector<std::uint32_t> Targets::route(const Item& item) const {
  std::vector<std::uint32_t> chosen;
  if (Json::text_in(item.json(), "action") != "retrain") return chosen;
  std::optional<Json> action;  // read if a target asks for it
  for (std::uint32_t i = 0; i < targets_.size(); ++i) {
    const transport::Globs& models = targets_[i].models;
    if (!models.match_all() && !action) action = item.read();
    if (models.match_all() || models.match_model_of(*action)) chosen.push_back(i);
  }
  return chosen;
}

std::string Targets::describe(const Item& item, std::uint32_t endpoint) const {
  const TargetSettings& target = targets_.at(endpoint);
  const Request request(item);
  if (target.http) return describe_http(*target.http, request);
  if (target.command) return describe_command(*target.command, request);
  return "a job in the embedded registry: " + request.id;
}

HttpSender::HttpSender(std::unique_ptr<HttpTarget> target)
    : target_(std::move(target)), client_(target_->settings()) {}

Outcome HttpSender::send(const Item& item, const transport::Cancelled& cancelled) {
  transport::HttpTry http(client_, cancelled);
  Outcome outcome = target_->send(Request(item), http);
  outcome.text = target_->secrets().blank(std::move(outcome.text));
  return outcome;
}

JobReport HttpSender::poll(const Item& item, const transport::Cancelled& cancelled) {
  transport::HttpTry http(client_, cancelled);
  JobReport report = target_->poll(Request(item), http);
  report.text = target_->secrets().blank(std::move(report.text));
  return report;
}

Target::Target(DeliverySetup& setup, std::uint32_t index) {
  TargetSettings target = std::move(read_targets(setup.config()).at(index));
  if (target.http) {
    http_ = std::make_unique<HttpSender>(std::move(target.http));
  } else if (target.command) {
    sender_ = std::make_unique<transport::Command>(*target.command);
  } else {
    setup.host().set_error("the embedded queue is delivered to by the host");
    throw host_error(MLMON_E_UNSUPPORTED);
  }
}

Outcome Target::deliver(const Item& item) {
  const transport::Cancelled cancelled = [this] { return this->cancelled(); };
  return http_ ? http_->send(item, cancelled) : sender_->send(item, cancelled);
}

JobReport Target::poll(const Item& item) {
  return http_ ? http_->poll(item, [this] { return cancelled(); }) : JobReport::open();
}

}  // namespace mlmon::retraining
