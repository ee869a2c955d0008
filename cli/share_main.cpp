// mlmon_share FOLDER DATE: writes what an installed mlmon has below share/ and what is made of its own texts:
// manual pages, completions, an example configuration. Part of the build.

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "cli/completion_scripts.h"
#include "cli/config_template.h"
#include "cli/file_writer.h"
#include "cli/manual.h"
#include "cli/setup.h"

namespace {

bool write(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  const mlmon::Result<void> written = mlmon::write_atomically(path.string(), text);
  if (!written) std::fprintf(stderr, "%s\n", written.error().text.c_str());
  return written.ok();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  mlmon::Terminal terminal(2);
  mlmon::Log log(terminal, mlmon::LogFormat::kText, mlmon::LogLevel::kWarn);
  const mlmon::Config defaults = *mlmon::load_config({}, mlmon::SystemEnvironment()).config;
  const mlmon::Assembly assembly =
      mlmon::assemble(defaults, mlmon::plugin_folders_of({}), MLMON_VERSION, log);
  for (const mlmon::AssembledObserver& observer : assembly.observers) {
    if (observer.library) continue;
    std::fprintf(stderr, "%s\n", observer.failure.c_str());
    return 1;
  }
  const std::pair<const char*, std::string> files[] = {
      {"man/man1/mlmon.1", mlmon::commands_manual(argv[2])},
      {"man/man5/mlmon.toml.5", mlmon::configuration_manual(assembly.observers, argv[2])},
      {"bash-completion/completions/mlmon", std::string(mlmon::completion_script("bash"))},
      {"zsh/vendor-completions/_mlmon", std::string(mlmon::completion_script("zsh"))},
      {"fish/vendor_completions.d/mlmon.fish", std::string(mlmon::completion_script("fish"))},
      {"doc/mlmon/examples/mlmon.toml", mlmon::config_template(assembly.observers)}};
  for (const auto& [name, text] : files) {
    if (!write(std::filesystem::path(argv[1]) / name, text)) return 1;
  }
  return assembly.errors.empty() ? 0 : 1;
}
