#pragma once

#include <string>
#include <string_view>

#include "core/config/config_environment.h"
#include "core/result.h"

namespace mlmon {

struct Interpolated {
  std::string text;
  bool secret = false;  // something came from outside
};

/// Puts in what a string of the configuration takes from outside: `${NAME}` and `${NAME:-default}`
/// (for a variable that is unset or empty) the environment's variable, `$${` a literal `${`; a
/// string that begins with `file:` becomes that file's content less one newline at its end. A
/// relative path goes from `folder`. Variables may stand in the path; what came from outside is not
/// looked at again.
///
/// No error shows what came from outside.
Result<Interpolated> interpolate(std::string_view raw, const std::string& folder,
                                 const ConfigEnvironment& environment);

/// The path as seen from `folder` (empty: the working folder); an absolute one as it is. `~` alone or
/// before a slash is `home`, unless that is empty.
std::string path_from(const std::string& folder, const std::string& path, const std::string& home);

/// The home folder; empty: nobody knows.
std::string home_of(const ConfigEnvironment& environment);

}  // namespace mlmon
