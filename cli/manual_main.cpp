// mlmon_manual FOLDER DATE: writes the manual pages below FOLDER, as part of the build.

#include <cstdio>
#include <filesystem>
#include <string>

#include "cli/file_writer.h"
#include "cli/manual.h"
#include "cli/setup.h"

namespace {

bool write(const std::filesystem::path& path, const std::string& text) {
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
  const std::filesystem::path folder(argv[1]);
  const bool done =
      write(folder / "man1/mlmon.1", mlmon::commands_manual(argv[2])) &&
      write(folder / "man5/mlmon.toml.5",
            mlmon::configuration_manual(assembly.observers, argv[2]));
  return done && assembly.errors.empty() ? 0 : 1;
}
