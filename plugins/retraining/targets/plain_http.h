#pragma once

#include <optional>

#include "plugins/retraining/targets/http_target.h"
#include "plugins/template/json_template.h"

namespace mlmon::retraining {

/// Type "http": one request to a URL, with the action as its body or what the configuration makes of
/// it. Any 2xx is success. `Idempotency-Key` is the action's id.
class PlainHttp final : public HttpTarget {
 public:
  PlainHttp(const Json& table, std::int64_t timeout_ms);

  std::vector<transport::HttpRequest> requests(const Request& request) const override;
  Outcome send(const Request& request, transport::HttpTry& http) override;

 private:
  std::string body(const Request& request) const;

  std::string content_type_ = "application/json";
  std::optional<templates::Template> text_;
  std::optional<templates::JsonTemplate> table_;
};

}  // namespace mlmon::retraining
