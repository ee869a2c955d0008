#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cli/conformance/delivery_trial.h"
#include "cli/conformance/observer_checks.h"
#include "cli/conformance/process_growth.h"

namespace mlmon {
namespace {

constexpr std::uint32_t kMostActions = 40;

/// Actions that may come to a router: made-up ones, and what the class itself decides.
std::vector<std::string> actions_for(const Subject& subject) {
  const std::string about =
      R"("id":"01MADEUPMADEUPMADEUPMADEUP","observer":"checked","rule":"low_f1",)"
      R"("model":{"name":"fraud","version":"2.1.0","deployed_at":"2026-01-01T00:00:00Z"},)"
      R"("reason":"made up","metric":"f1","value":0.5,"threshold":0.6,)"
      R"("event_time":"2026-02-01T08:00:00Z","source":"made-up","line":1,"offset":0})";
  const std::string told = R"("subject":"made up","body":"made up",)";
  std::vector<std::string> actions = {
      R"({"action":"retrain",)" + about,
      R"({"action":"alert","state":"firing","severity":"critical",)" + told + about,
      R"({"action":"alert","state":"resolved","severity":"info",)" + told + about,
      R"({"action":"of_another",)" + about};
  if (!subject.item->observes()) return actions;
  const Record decided = record_apart(subject, [&] {
    EventSupply events(made_up_lines(500, {}), {});
    Manners manners;
    manners.explaining = false;
    ObserverTrial trial(*subject.item, subject.config, events, manners);
    trial.live(50);
    return Record{"", trial.decisions, {}};
  });
  for (const std::string& decision : decided.decisions) {
    if (actions.size() < kMostActions) actions.push_back(decision);
  }
  return actions;
}

std::string wrong_with(const std::vector<NamedEndpoint>& endpoints) {
  std::set<std::string> names;
  for (const NamedEndpoint& endpoint : endpoints) {
    if (endpoint.name.empty()) return "an endpoint has no name";
    if (!names.insert(endpoint.name).second) return "two endpoints are named " + endpoint.name;
    if (endpoint.rate_limit < 0 || (endpoint.rate_limit > 0 && endpoint.rate_period_ms <= 0)) {
      return endpoint.name + ": expected a rate_limit of 0 or more, with a rate_period_ms above 0";
    }
    const std::uint32_t known = MLMON_ENDPOINT_QUEUE | MLMON_ENDPOINT_GROUPS | MLMON_ENDPOINT_BEGAN;
    if ((endpoint.flags & ~known) != 0) return endpoint.name + ": unknown flags";
    if (endpoint.timeout_ms <= 0 || endpoint.retry_initial_ms <= 0 ||
        endpoint.retry_max_ms < endpoint.retry_initial_ms || endpoint.retry_give_up_ms <= 0) {
      return endpoint.name +
             ": expected a time-out and back-offs above 0, retry_max_ms not below "
             "retry_initial_ms";
    }
  }
  return "";
}

Verdict endpoints(const Subject& subject) {
  RouterTrial router(subject.item->delivery, subject.config);
  if (std::string failure = failure_of(router.create()); !failure.empty()) {
    return Verdict::failed(failure);
  }
  if (std::string wrong = wrong_with(router.endpoints()); !wrong.empty())
    return Verdict::failed(wrong);
  std::vector<NamedEndpoint> again;
  const std::string failure = failure_of(router.name_again(again));
  if (!failure.empty()) return Verdict::failed(failure);
  if (again != router.endpoints())
    return Verdict::failed("endpoints() names others when called again");
  return Verdict::ok(fmt::format("{} endpoint{}", again.size(), again.size() == 1 ? "" : "s"));
}

std::string wrong_with(const std::vector<std::uint32_t>& indices, std::size_t endpoints) {
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] >= endpoints) {
      return fmt::format("index {} of {} endpoints", indices[i], endpoints);
    }
    if (i > 0 && indices[i] <= indices[i - 1]) return "the indices are not ascending";
  }
  return "";
}

std::string wrong_route(RouterTrial& router, const std::string& action) {
  const auto all = static_cast<std::uint32_t>(router.endpoints().size());
  std::vector<std::uint32_t> indices, again;
  std::uint32_t count = 0, other = 0;
  if (std::string failure = failure_of(router.route(action, all, indices, count));
      !failure.empty()) {
    return failure;
  }
  if (count > all) return fmt::format("it gives {} of {} endpoints", count, all);
  if (std::string wrong = wrong_with(indices, all); !wrong.empty()) return wrong;
  router.route(action, all, again, other);
  if (other != count || again != indices) return "it goes elsewhere when asked again";
  if (count == 0) return "";
  router.route(action, count - 1, again, other);
  if (other != count) return "with less room it tells another number of endpoints";
  return "";
}

Verdict route(const Subject& subject) {
  const std::vector<std::string> actions = actions_for(subject);
  RouterTrial one(subject.item->delivery, subject.config);
  RouterTrial other(subject.item->delivery, subject.config);
  one.create();
  other.create();
  for (const std::string& action : actions) {
    if (std::string wrong = wrong_route(one, action); !wrong.empty()) {
      return Verdict::failed(wrong + ", for " + action.substr(0, 120));
    }
    std::vector<std::uint32_t> here, there;
    std::uint32_t count = 0;
    const auto all = static_cast<std::uint32_t>(one.endpoints().size());
    one.route(action, all, here, count);
    other.route(action, all, there, count);
    if (here != there) return Verdict::failed("two routers of one configuration disagree");
  }
  return Verdict::ok();
}

/// Delivers the actions in one call; what is wrong with the answer.
std::string wrong_delivery(const mlmon_delivery_role& role, mlmon_delivery* endpoint,
                           DeliverySide& side, const std::vector<std::string>& actions,
                           std::uint32_t attempt) {
  std::vector<mlmon_delivery_item> items;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < actions.size(); ++i) ids.push_back(fmt::format("01MADEUP{:018}", i));
  for (std::size_t i = 0; i < actions.size(); ++i) {
    items.push_back({sizeof(mlmon_delivery_item),
                     attempt,
                     {ids[i].data(), ids[i].size()},
                     {actions[i].data(), actions[i].size()},
                     {nullptr, 0}});
  }
  const mlmon_delivery_result unanswered = {sizeof unanswered, 0, -1, {nullptr, 0}};
  std::string blank;
  for (std::size_t i = 0; i < items.size(); ++i) {
    blank.append(reinterpret_cast<const char*>(&unanswered), sizeof unanswered);
  }
  GuardedBlock room("the results", blank, GuardedBlock::Flush::kEnd, "deliver");
  auto* results = reinterpret_cast<mlmon_delivery_result*>(room.open());
  const std::int32_t code =
      role.deliver(endpoint, items.data(), static_cast<std::uint32_t>(items.size()), results);
  const CallResult result = side.judge("deliver", code);
  if (!result.wrong.empty()) return result.wrong;
  for (std::size_t i = 0; code >= 0 && i < items.size(); ++i) {
    if (results[i].status == 0) return fmt::format("result {} is left unanswered", i);
    if (results[i].status > MLMON_DEAD) {
      return fmt::format("result {} has the status {}, which does not exist", i,
                         results[i].status);
    }
    if (results[i].status != MLMON_DELIVERED && results[i].text.len == 0) {
      return fmt::format("result {} does not say why it was not delivered", i);
    }
  }
  return "";
}

/// A life of one endpoint, on a thread of its own.
std::string live_endpoint(const Subject& subject, std::uint32_t index, bool cancelled,
                 const std::vector<std::string>& actions) {
  const mlmon_delivery_role& role = subject.item->delivery;
  std::string wrong;
  std::thread thread([&] {
    DeliverySide side(cancelled);
    mlmon_delivery* endpoint = nullptr;
    const CallResult made = side.judge(
        "create", role.create(side.handle(), side.services(),
                              {subject.config.data(), subject.config.size()}, index, &endpoint));
    wrong = failure_of(made);
    if (!wrong.empty()) return;
    if (endpoint == nullptr) {
      wrong = "create gave no instance";
      return;
    }
    if (!actions.empty()) wrong = wrong_delivery(role, endpoint, side, {actions[0]}, 1);
    if (!actions.empty() && wrong.empty())
      wrong = wrong_delivery(role, endpoint, side, {actions[0]}, 2);
    if (!actions.empty() && wrong.empty()) wrong = wrong_delivery(role, endpoint, side, actions, 1);
    role.destroy(endpoint);
  });
  thread.join();
  return wrong;
}

Verdict deliver(const Subject& subject, bool cancelled) {
  if (!subject.may_deliver) {
    return Verdict::skipped("made-up actions would go where the configuration says (--deliver)");
  }
  const std::vector<std::string> actions = actions_for(subject);
  RouterTrial router(subject.item->delivery, subject.config);
  router.create();
  for (std::uint32_t i = 0; i < router.endpoints().size(); ++i) {
    const NamedEndpoint& endpoint = router.endpoints()[i];
    if ((endpoint.flags & MLMON_ENDPOINT_QUEUE) != 0) continue;
    const std::string wrong = live_endpoint(subject, i, cancelled, actions);
    if (!wrong.empty()) return Verdict::failed(endpoint.name + ": " + wrong);
  }
  return Verdict::ok();
}

Verdict answers(const Subject& subject) { return deliver(subject, false); }

Verdict cancelled(const Subject& subject) { return deliver(subject, true); }

Verdict lifecycle(const Subject& subject) {
  const auto once = [&] {
    RouterTrial router(subject.item->delivery, subject.config);
    router.create();
    for (std::uint32_t i = 0; i < router.endpoints().size(); ++i) {
      if ((router.endpoints()[i].flags & MLMON_ENDPOINT_QUEUE) == 0) live_endpoint(subject, i, false, {});
    }
  };
  return what_stays_behind(once);
}

}  // namespace

std::vector<Check> delivery_checks() {
  using enum Check::About;
  const std::vector<std::string> configured = {"schema.configuration"};
  const std::vector<std::string> named = {"schema.configuration", "delivery.endpoints"};
  return {
      {"delivery.endpoints", "endpoints are named, and always alike", kDelivery, endpoints,
       configured},
      {"delivery.route", "where an action goes depends on nothing else", kDelivery, route, named},
      {"delivery.deliver", "each action gets an answer", kDelivery, answers, named},
      {"delivery.cancelled",
       "also when the process is to end",
       kDelivery,
       cancelled,
       {"schema.configuration", "delivery.endpoints", "delivery.deliver"}},
      {"delivery.lifecycle", "routers and endpoints leave nothing behind", kDelivery, lifecycle,
       named},
  };
}

}  // namespace mlmon
