#pragma once

#include <filesystem>

namespace mlmon {

/// The folder that this program is installed under: it stands in PREFIX/bin. What belongs to it is found
/// from there, so that any prefix will do. The build folder is laid out alike.
std::filesystem::path install_prefix();

}  // namespace mlmon
