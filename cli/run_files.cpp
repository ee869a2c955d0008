#include "cli/run_files.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "cli/file_writer.h"
#include "cli/separate_files.h"
#include "core/config/config_environment.h"
#include "core/store/state_folder.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

/// The files that receivers of type `file` write.
void add_receivers(const AssembledObserver& observer, std::vector<NamedFile>& files) {
  const SortedJson own = SortedJson::parse(observer.own, nullptr, false);
  const auto receivers = own.is_object() ? own.find("receivers") : own.end();
  if (receivers == own.end() || !receivers->is_array()) return;
  for (const SortedJson& receiver : *receivers) {
    if (!receiver.is_object() || receiver.value("type", SortedJson()) != SortedJson("file")) continue;
    const SortedJson path = receiver.value("path", SortedJson()), name = receiver.value("name", SortedJson());
    if (!path.is_string()) continue;
    const std::string named = name.is_string() ? " " + name.get<std::string>() : "";
    files.push_back({path.get<std::string>(), "the file of receiver" + named});
  }
}

std::vector<NamedFile> written_by(const RunOptions& options, const Setup& setup, int stdout_fd) {
  std::vector<NamedFile> files;
  if (writes_stdout(options)) {
    files.push_back({"-", "stdout", stdout_fd});
  } else {
    files.push_back({options.output, "the output (-o)"});
  }
  if (options.quarantine) files.push_back({*options.quarantine, "the quarantine"});
  if (options.receipt) files.push_back({*options.receipt, "the receipt"});
  if (options.metrics_file) files.push_back({*options.metrics_file, "the metrics file"});
  for (const AssembledObserver& observer : setup.assembly.observers) add_receivers(observer, files);
  return files;
}

/// Files that must stay as they are; of the state also those that are still to be made.
std::vector<NamedFile> read_by(const RunOptions& options, const Setup& setup,
                               const std::vector<std::string>& inputs) {
  std::vector<NamedFile> files;
  for (const std::string& input : inputs) {
    files.push_back({input, input == "-" ? "stdin" : "an input", 0});
  }
  if (!setup.config.file.empty()) files.push_back({setup.config.file, "the configuration"});
  if (options.no_state) return files;
  const SystemEnvironment environment;
  const auto folder = state_folder(options.state, setup.config.state.place(), environment);
  if (!folder) return files;
  for (NamedFile& file : state_files(*folder)) files.push_back(std::move(file));
  return files;
}

}  // namespace

bool writes_stdout(const RunOptions& options) {
  return leads_to_stdout(options.output);
}

Result<void> check_run_files(const RunOptions& options, const Setup& setup,
                             const std::vector<std::string>& inputs, int stdout_fd) {
  const std::vector<NamedFile> written = written_by(options, setup, stdout_fd);
  const std::vector<std::string>& globs =
      options.paths.empty() ? setup.config.input.files : std::vector<std::string>();
  for (const NamedFile& file : written) {
    const auto apart = check_not_found_as_input(file, options.paths, globs);
    if (!apart) return apart;
  }
  return check_apart(written, read_by(options, setup, inputs));
}

}  // namespace mlmon
