#include "plugins/alert/email.h"

#include <chrono>
#include <utility>

#include "plugins/alert/signature.h"

namespace mlmon::alert {
namespace {

/// The text of a member such as "labels.team"; empty: there is none.
std::string member_at(const Json& action, std::string_view path) {
  if (action.has(path)) {
    const Json& value = action.at(path);
    try {
      return value.text();
    } catch (const config_error&) {
      return "";  // not a text: it tells no groups apart
    }
  }
  const std::size_t dot = path.find('.');
  if (dot == path.npos || !action.has(path.substr(0, dot))) return "";
  return member_at(action.at(path.substr(0, dot)), path.substr(dot + 1));
}

std::int64_t now_s() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

Email::Email(EmailSettings settings) : settings_(std::move(settings)), client_(settings_.smtp) {}

std::string Email::thread_of(const AlertText& alert) const {
  std::string key = settings_.receiver + "\n" + alert.observer + "\n";
  if (settings_.group_by.empty()) {
    for (const std::string* part : {&alert.rule, &alert.model, &alert.version, &alert.deployed_at}) {
      key += *part + "\n";
    }
  } else {
    const Json action = Json::parse(alert.json);
    for (const std::string& member : settings_.group_by) {
      const bool whole_model = member == "model";
      key += (whole_model ? alert.one_model() : member_at(action, member)) + "\n";
    }
  }
  return "group-" + sha256(key).substr(0, 32);
}

Outcome Email::send(const Notification& notification, const transport::Cancelled& cancelled) {
  Mail mail;
  mail.from = settings_.from;
  mail.to = settings_.to;
  mail.id = notification.id();
  mail.thread = thread_of(notification.alerts()[0]);
  mail.subject = notification.subject();
  mail.text = notification.text();
  mail.at_s = now_s();
  transport::Envelope envelope = envelope_of(mail);
  Outcome outcome = client_.send(envelope, to_wire(mail), cancelled);
  begun_.erase(mail.id);
  if (outcome.status == MLMON_RETRY) remember(mail.id, std::move(envelope));
  return outcome;
}

transport::Envelope Email::envelope_of(const Mail& mail) const {
  const auto begun = begun_.find(mail.id);
  if (begun != begun_.end()) return begun->second;
  transport::Envelope envelope{address_in(mail.from), {}, false, {}};
  for (const std::string& one : mail.to) envelope.to.push_back(address_in(one));
  return envelope;
}

/// Of one that is forgotten, all recipients are asked again.
void Email::remember(const std::string& id, transport::Envelope envelope) {
  if (envelope.to.size() == settings_.to.size()) return;
  if (begun_.size() >= kMostBegun) begun_.erase(begun_.begin());
  begun_.emplace(id, std::move(envelope));
}

}  // namespace mlmon::alert
