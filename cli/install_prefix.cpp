#include "cli/install_prefix.h"

#include <system_error>

namespace mlmon {

std::filesystem::path install_prefix() {
  std::error_code failed;
  return std::filesystem::read_symlink("/proc/self/exe", failed).parent_path().parent_path();
}

}  // namespace mlmon
