// Calls the service that "how" names where it may not be called: from another thread, or after create.
#include <mlmon/note.h>

#include <cstring>
#include <exception>
#include <string>
#include <thread>

struct mlmon_observer {
  mlmon_observer_host* host;
  const mlmon_observer_services* services;
  std::string config;
  std::int32_t answer = 1;  // of the service
};

namespace {

mlmon_str str(const char* text) { return {text, std::strlen(text)}; }

std::int32_t call(const mlmon_observer& self, const mlmon_batch& batch) {
  const mlmon_observer_services& services = *self.services;
  const auto how = [&](const char* what) {
    return self.config.find("\"" + std::string(what) + "\"") != std::string::npos;
  };
  mlmon_action action = {};
  action.size = sizeof action;
  action.model = batch.model[0];
  action.type = str("alert");
  action.rule = str("r");
  mlmon_suppression held = {};
  held.size = sizeof held;
  held.model = batch.model[0];
  held.of = str("alert");
  held.rule = str("r");
  held.why = str("why");
  mlmon_derived derived = {};
  derived.size = sizeof derived;
  derived.model = batch.model[0];
  derived.type = str("made");
  mlmon_projection projection = {sizeof projection, MLMON_COLUMN_TEXT, str("/x"), {nullptr, 0}};
  mlmon_str text = {};
  mlmon_state_item item = {};
  item.size = sizeof item;
  std::uint32_t number = 0;
  if (how("act")) return services.act(self.host, &action);
  if (how("suppress")) return services.suppress(self.host, &held);
  if (how("emit")) return services.emit(self.host, &derived);
  if (how("state_get")) return services.state_get(self.host, 0, str("k"), &text);
  if (how("state_put")) return services.state_put(self.host, 0, str("k"), str("v"));
  if (how("state_delete")) return services.state_delete(self.host, 0, str("k"));
  if (how("state_scan")) return services.state_scan(self.host, 0);
  if (how("state_next")) return services.state_next(self.host, &item);
  if (how("last_action_id")) return services.last_action_id(self.host, &text);
  if (how("project")) return services.project(self.host, &projection, &number);
  if (how("subscribe")) return services.subscribe(self.host, str("t"), &number);
  if (how("counter")) return services.counter(self.host, str("c"), str("help"), &number);
  if (how("tick_every")) return services.tick_every(self.host, 1);
  services.set_error(self.host, str("said elsewhere"));
  return MLMON_E_INVALID;
}

std::int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                    mlmon_str config, mlmon_observer** out) {
  *out = new mlmon_observer{host, services, std::string(config.ptr, config.len)};
  return MLMON_OK;
}

// The answer to a call that is refused must be MLMON_E_INVALID; what the plugin makes of it is its own thing.
std::int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  if (self->config.find("other_thread") != std::string::npos) {
    std::thread([&] { self->answer = call(*self, *batch); }).join();
  } else {
    self->answer = call(*self, *batch);
  }
  if (self->answer != MLMON_E_INVALID) std::terminate();
  return MLMON_OK;
}

std::int32_t on_tick(mlmon_observer*, const mlmon_tick*) { return MLMON_OK; }

void destroy(mlmon_observer* self) { delete self; }

const mlmon_observer_role role = {
    sizeof(mlmon_observer_role), 0, create, on_batch, nullptr, destroy, on_tick, nullptr, nullptr};

}  // namespace

MLMON_OBSERVER_PLUGIN_WITH("test.wrong_thread", "1.0.0", "calls where it may not", nullptr, &role, 0,
                           nullptr, "made")
