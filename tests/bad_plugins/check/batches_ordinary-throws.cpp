// Throws over the border: no wrapper is between it and mlmon.
#include <mlmon/plugin.hpp>
#include <stdexcept>

namespace {

struct Instance {};

int32_t create(mlmon_observer_host*, const mlmon_observer_services*, mlmon_str,
               mlmon_observer** out) {
  *out = reinterpret_cast<mlmon_observer*>(new Instance);
  return MLMON_OK;
}

int32_t on_batch(mlmon_observer*, const mlmon_batch*) { throw std::runtime_error("out of cheese"); }

void destroy(mlmon_observer* self) { delete reinterpret_cast<Instance*>(self); }

constexpr mlmon_observer_role kRole = [] {
  mlmon_observer_role role = {};
  role.size = sizeof role;
  role.create = create;
  role.on_batch = on_batch;
  role.destroy = destroy;
  return role;
}();

constexpr mlmon::ClassSpec kClass = [] {
  mlmon::ClassSpec spec = {};
  spec.id = "test.batches_ordinary";
  spec.version = "1.0.0";
  spec.summary = "one line";
  spec.observer = &kRole;
  spec.observes = true;
  return spec;
}();

}  // namespace

MLMON_PLUGIN(kClass)
