#pragma once

#include <string_view>

namespace mlmon {

/// The page's style sheet: one column on a narrow screen, light or dark as the reader's system is.
extern const std::string_view kReportStyle;

}  // namespace mlmon
