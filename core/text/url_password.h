#pragma once

#include <string>
#include <string_view>

namespace mlmon {

/// Text for people with `***` in place of the password of each URL in it: `https://user:***@host/`, and of a member
/// `password` of its query.
std::string without_url_passwords(std::string_view text);

}  // namespace mlmon
