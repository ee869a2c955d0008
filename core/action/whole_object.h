#pragma once

#include <string>
#include <string_view>

namespace mlmon {

/// What an event of a third party's type says beside what mlmon decodes of it (type, model, at, id, labels), as
/// bytes that are the same for equal content: members sorted by name, numbers as doubles, no white space.
std::string whole_object(std::string_view json);

}  // namespace mlmon
