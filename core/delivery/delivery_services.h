#pragma once

#include <mlmon/delivery.h>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/delivery/router_host.h"
#include "core/log_sink.h"

/// What a router or an endpoint of a plugin knows its host by.
struct mlmon_delivery_host {
  const std::string& origin;  // for logs
  mlmon::LogSink& log;
  std::string said{};                                 // by set_error
  std::vector<mlmon::Endpoint>* endpoints = nullptr;  // during endpoints()
  std::string refused{};                              // why an endpoint was
  bool bad_name = false;                              // because of its name, which a person chose
  std::atomic<bool> cancelled{false};

  // What an endpoint tells while it delivers is gathered, and written at once when its round is over, or when it is
  // much.
  std::mutex telling{};  // any of its threads may
  bool gathers = false;
  std::vector<std::string> gathered{};
  std::size_t gathered_bytes = 0;
  std::size_t tellings = 0;  // gathered in this round, by now
  bool untold = false;       // not all of them could be written
};

namespace mlmon {

/// The table of services of both.
extern const mlmon_delivery_services kDeliveryServices;

/// [A-Za-z0-9_.-], 1 to 100 characters.
bool is_endpoint_name(std::string_view name);

/// Writes what was gathered. Under its mutex.
void write_gathered(mlmon_delivery_host& host);

/// The text of a failure: what the plugin said, or its code.
std::string delivery_failure(const mlmon_delivery_host& host, std::int32_t code);

}  // namespace mlmon
