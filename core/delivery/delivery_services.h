#pragma once

#include <mlmon/delivery.h>

#include <atomic>
#include <string>

#include "core/delivery/router_host.h"
#include "core/log_sink.h"

/// What a router or an endpoint of a plugin knows its host by.
struct mlmon_delivery_host {
  const std::string& origin;  // for logs
  mlmon::LogSink& log;
  std::string said{};                                 // by set_error
  bool untold = false;                                // what it told could not be written
  std::vector<mlmon::Endpoint>* endpoints = nullptr;  // during endpoints()
  std::string refused{};                              // why an endpoint was
  std::atomic<bool> cancelled{false};
};

namespace mlmon {

/// The table of services of both.
extern const mlmon_delivery_services kDeliveryServices;

/// The text of a failure: what the plugin said, or its code.
std::string delivery_failure(const mlmon_delivery_host& host, std::int32_t code);

}  // namespace mlmon
