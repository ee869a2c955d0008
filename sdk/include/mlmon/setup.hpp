// mlmon/setup.hpp - what an observer asks of the host in its constructor.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "field.hpp"
#include "host.hpp"
#include "observer.h"

#pragma GCC visibility push(hidden)
namespace mlmon {
inline namespace v1 {

using ObserverHost = Host<mlmon_observer_host, mlmon_observer_services>;

/// A number of the receipt that only grows. Copy it freely; any thread may add.
class Counter {
 public:
  Counter() = default;  // of no host: counts nothing
  Counter(const ObserverHost& host, std::uint32_t number) : host_(host), number_(number) {}

  void add(std::uint64_t more = 1) const {
    if (host_.services != nullptr) host_.services->count(host_.handle, number_, more);
  }

 private:
  ObserverHost host_;
  std::uint32_t number_ = 0;
};

/// What an observer is made from, only valid in its constructor. Beside config() and log(), all of it needs
/// a host of ABI 1.1 and throws old_host_error where that is older; ask newer() where you can do without.
class Setup : public BasicSetup<ObserverHost> {
 public:
  using BasicSetup<ObserverHost>::BasicSetup;

  /// The host has what is below.
  bool newer() const { return MLMON_HAS(mlmon_observer_services, host().services, state_next); }

  /// Columns of members that events carry beside those that all know: `pointer` is a JSON pointer into
  /// the event. With `event_type` only in events of that type, which costs the others nothing.
  NumberField number_field(std::string_view pointer, std::string_view event_type = {}) const {
    return NumberField(project(pointer, MLMON_COLUMN_NUMBER, event_type));
  }
  IntegerField integer_field(std::string_view pointer, std::string_view event_type = {}) const {
    return IntegerField(project(pointer, MLMON_COLUMN_INTEGER, event_type));
  }
  BooleanField boolean_field(std::string_view pointer, std::string_view event_type = {}) const {
    return BooleanField(project(pointer, MLMON_COLUMN_BOOLEAN, event_type));
  }
  TextField text_field(std::string_view pointer, std::string_view event_type = {}) const {
    return TextField(project(pointer, MLMON_COLUMN_TEXT, event_type));
  }
  TextField json_field(std::string_view pointer, std::string_view event_type = {}) const {
    return TextField(project(pointer, MLMON_COLUMN_JSON, event_type));
  }

  /// Sees events of this type too; the result is what event.kind() is for them.
  std::uint32_t subscribe(std::string_view type) const {
    need_newer();
    std::uint32_t kind = 0;
    check(host().services->subscribe(host().handle, to_str(type), &kind));
    return kind;
  }

  /// A counter of this name ([a-z_][a-z0-9_]*); `help` says in one line what it counts.
  Counter counter(std::string_view name, std::string_view help) const {
    need_newer();
    std::uint32_t number = 0;
    check(host().services->counter(host().handle, to_str(name), to_str(help), &number));
    return {host(), number};
  }

  /// Asks for Observer::on_tick, so far apart in event time.
  void tick_every(std::chrono::nanoseconds period) const {
    need_newer();
    check(host().services->tick_every(host().handle, period.count()));
  }

 private:
  static void check(std::int32_t result) {
    if (result < 0) throw host_error(result);
  }

  void need_newer() const {
    if (!newer()) throw old_host_error("this mlmon is too old for the plugin: it needs ABI 1.1");
  }

  std::uint32_t project(std::string_view pointer, std::uint32_t type,
                        std::string_view event_type) const {
    need_newer();
    const mlmon_projection wanted = {sizeof(mlmon_projection), type, to_str(pointer),
                                     to_str(event_type)};
    std::uint32_t column = 0;
    check(host().services->project(host().handle, &wanted, &column));
    return column;
  }
};

}  // namespace v1
}  // namespace mlmon
#pragma GCC visibility pop
