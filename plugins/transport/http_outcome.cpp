#include "plugins/transport/http_outcome.h"

#include "plugins/transport/excerpt.h"

namespace mlmon::transport {

Outcome to_outcome(const HttpAnswer& answer) {
  const long status = answer.status;
  if (answer.cancelled) return interrupted();
  if (!answer.failure.empty()) return Outcome::retry(answer.failure);

  std::string what = "HTTP " + std::to_string(status);
  if (status >= 200 && status < 300) return Outcome::delivered(with_excerpt(std::move(what), answer.body));
  if (status == 408 || status == 425 || status == 429 || (status >= 500 && status < 600)) {
    return Outcome::retry(with_excerpt(std::move(what), answer.body), answer.retry_after_ms);
  }
  if (status < 400 && !answer.location.empty()) {
    what += " to " + excerpt(answer.location) + " (redirects are not followed)";
  }
  return Outcome::dead(with_excerpt(std::move(what), answer.body));
}

}  // namespace mlmon::transport
