#pragma once

#include <cstdint>
#include <mlmon/delivery.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugins/template/template.h"
#include "plugins/transport/http_client.h"
#include "plugins/transport/secrets.h"

namespace mlmon::retraining {

/// An action that is to be requested, read once for all of a try.
struct Request {
  explicit Request(const Item& item);
  Request(const Request&) = delete;

  std::string id;
  std::string run_id;  // "mlmon-ID"
  std::uint32_t attempt;
  std::string json;  // the action, one line
  Json action;
  templates::Lookup lookup;  // of the names in templates
};

/// A system that is asked for retrainings by HTTP. Made from its table in a configuration, it opens
/// nothing: its requests go through the client that it is lent. One thread.
class HttpTarget {
 public:
  virtual ~HttpTarget() = default;

  const transport::HttpSettings& settings() const { return settings_; }
  const transport::Secrets& secrets() const { return secrets_; }

  /// The requests that an action comes to if every answer is good, in their order.
  virtual std::vector<transport::HttpRequest> requests(const Request& request) const = 0;

  /// One try: makes them, and looks up what an answer leaves open.
  virtual Outcome send(const Request& request, transport::HttpTry& http) = 0;

  /// Asks what became of a request that was delivered. Of types that can tell.
  virtual JobReport poll(const Request&, transport::HttpTry&) { return JobReport::open(); }

 protected:
  explicit HttpTarget(transport::HttpSettings settings)
      : settings_(std::move(settings)), secrets_(settings_) {}

  transport::HttpRequest get(std::string_view path) const;
  transport::HttpRequest post(std::string_view path, std::string body) const;
  void hide(std::string_view secret) { secrets_.add(secret); }

 private:
  const transport::HttpSettings settings_;
  transport::Secrets secrets_;
};

/// The settings of a target whose API's paths are appended to its URL. Throws config_error.
transport::HttpSettings read_api_settings(const Json& table, std::int64_t timeout_ms,
                                          const transport::HttpKeys& keys = {});

/// The text of a key, neither empty nor with control characters in it; without the key: `otherwise`.
/// Throws config_error.
std::string read_text(const Json& table, std::string_view key, std::string_view otherwise = {});

}  // namespace mlmon::retraining
