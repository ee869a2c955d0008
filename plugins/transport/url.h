#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlmon::transport {

/// The path of an API behind the URL that it lives at: whether that ends in a slash does not matter.
std::string join_url(std::string_view base, std::string_view path);

/// All but letters, digits and `-._~` as %XX: one segment of a path, or a value of a query.
std::string percent_encode(std::string_view text);

/// application/x-www-form-urlencoded.
std::string form_encode(const std::vector<std::pair<std::string, std::string>>& fields);

/// The URL for people: `***` for the password in it.
std::string without_password(std::string_view url);

/// The password in a URL, as it is written there; empty: there is none.
std::string_view password_in(std::string_view url);

}  // namespace mlmon::transport
