#pragma once

#include "plugins/transport/http_client.h"

namespace mlmon::transport {

/// What an answer means for a delivery: any 2xx is success; no answer, 408, 425, 429 and 5xx are
/// tried again, when `Retry-After` says if it does; all else is a dead letter.
Outcome to_outcome(const HttpAnswer& answer);

}  // namespace mlmon::transport
