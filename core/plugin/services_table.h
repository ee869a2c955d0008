#pragma once

#include <mlmon/observer.h>

namespace mlmon {

/// The table that a plugin gets, of a struct that has a static function for each of its entries.
template <class Services>
constexpr mlmon_observer_services services_of() {
  mlmon_observer_services table{};
  table.size = sizeof table;
  table.abi_minor = MLMON_ABI_MINOR;
  table.log = Services::log;
  table.set_error = Services::set_error;
  table.cancelled = Services::cancelled;
  table.model_info = Services::model_info;
  table.act = Services::act;
  table.suppress = Services::suppress;
  table.explaining = Services::explaining;
  table.state_get = Services::state_get;
  table.state_put = Services::state_put;
  table.state_delete = Services::state_delete;
  table.last_action_id = Services::last_action_id;
  table.project = Services::project;
  table.subscribe = Services::subscribe;
  table.kind_name = Services::kind_name;
  table.emit = Services::emit;
  table.counter = Services::counter;
  table.count = Services::count;
  table.tick_every = Services::tick_every;
  table.state_scan = Services::state_scan;
  table.state_next = Services::state_next;
  return table;
}

}  // namespace mlmon
