#pragma once

#include <functional>
#include <mlmon/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "plugins/transport/http_client.h"
#include "plugins/transport/sender.h"

namespace mlmon::retraining {

/// There is an answer, and its status is 2xx.
bool accepted(const transport::HttpAnswer& answer);

/// The JSON object that the answer holds; nothing: it holds none, or not the whole of it was read.
std::optional<Json> object_in(const transport::HttpAnswer& answer);

/// What an answer means where 200 or 201 with a JSON object is due: that is success, if the object has
/// no other text than `value` at `member`. Any other 2xx, HTML or half a JSON is a dead letter, all else
/// as for every delivery. An object that is too long to be read whole counts by its status.
Outcome expect_object(const transport::HttpAnswer& answer, std::string_view member = {},
                      std::string_view value = {});

/// A dead letter that says what was found and what was due.
Outcome nonsense(const transport::HttpAnswer& answer, const std::string& due);

/// A retry, where an answer leaves open whether what was asked for is there already: it is not 2xx, not what was due, or
/// too long to be read whole.
Outcome look_up_again(const transport::HttpAnswer& answer, const std::string& due);

/// The text at a path of members, "metadata.name"; empty: there is none.
std::string text_at(const Json& object, std::string_view path);

}  // namespace mlmon::retraining
