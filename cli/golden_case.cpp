#include "cli/golden_case.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "cli/command.h"

namespace mlmon {
namespace {

namespace fs = std::filesystem;

/// A folder that goes with this object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "mlmon-test-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const fs::path& path() const { return path_; }  // empty: it could not be made

 private:
  fs::path path_;
};

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool write_file(const fs::path& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  return file.flush().good();
}

/// The first `lines` lines, as far as they go.
std::string_view beginning(const std::string& text, std::size_t lines) {
  std::size_t end = 0;
  while (lines-- > 0 && end != std::string::npos) {
    const std::size_t newline = text.find('\n', end);
    end = newline == std::string::npos ? text.size() : newline + 1;
  }
  return std::string_view(text).substr(0, end);
}

Error system_error(const std::string& what) { return {what + ": " + std::strerror(errno), errno}; }

/// Runs in a child; what it says on stderr is added to the file `told`.
Result<int> run_in_child(const RunOptions& options, const fs::path& told) {
  const int log = open(told.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) return system_error(told.string());
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    if (dup2(log, STDERR_FILENO) < 0) _exit(1);
    const int code = run_command(options);
    std::fflush(nullptr);
    _exit(code);
  }
  close(log);
  if (child < 0) return system_error("cannot start a process");
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return system_error("cannot wait for a process");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

RunOptions options_of(const GoldenCase& golden, const std::string& plugin,
                      const WayOfReading& way, const fs::path& folder) {
  RunOptions options;
  if (way.cut_after) {
    options.paths = {(folder / "events.ndjson").string()};
    options.state = (folder / "state").string();
  } else {
    options.paths = {golden.events};
    options.no_state = true;
  }
  options.output = (folder / "actions").string();
  options.sets = way.sets;
  options.threads = way.threads;
  options.deliver = false;
  options.summary = SummaryFormat::kNone;
  if (golden.config.empty()) {
    options.observers = {plugin};
  } else {
    options.config = golden.config;
  }
  return options;
}

}  // namespace

Result<std::vector<GoldenCase>> find_golden_cases(const std::string& folder) {
  std::error_code failed;
  std::vector<GoldenCase> cases;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    const fs::path& path = at->path();
    const std::string stem = path.stem().string();
    if (path.extension() != ".ndjson" || fs::path(stem).extension() == ".actions") continue;
    const fs::path config = fs::path(folder) / (stem + ".toml");
    cases.push_back({stem, path.string(), fs::exists(config) ? config.string() : "",
                     (fs::path(folder) / (stem + ".actions.ndjson")).string()});
  }
  if (failed) return Error{folder + ": " + failed.message()};
  if (cases.empty()) return Error{folder + ": holds no case (NAME.ndjson, with NAME.actions.ndjson)"};
  std::sort(cases.begin(), cases.end(),
            [](const GoldenCase& a, const GoldenCase& b) { return a.name < b.name; });
  return cases;
}

std::vector<WayOfReading> ways_of_reading(std::size_t lines) {
  std::vector<WayOfReading> ways = {{"in one go", 1, {}, {}},
                                    {"queues of 4 events", 1, {"bus.capacity=4"}, {}},
                                    {"queues of 64 events, two parsers", 2, {"bus.capacity=64"}, {}}};
  std::vector<std::size_t> cuts = {1, lines / 3, lines / 2, lines - 1};
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  for (const std::size_t cut : cuts) {
    if (cut == 0 || cut >= lines) continue;
    ways.push_back({"cut after line " + std::to_string(cut), 1, {}, cut});
  }
  return ways;
}

Result<GoldenRun> run_golden_case(const GoldenCase& golden, const std::string& plugin,
                                  const WayOfReading& way) {
  const TemporaryFolder folder;
  if (folder.path().empty()) return system_error("cannot make a temporary folder");
  const RunOptions options = options_of(golden, plugin, way, folder.path());
  GoldenRun run;
  const auto read = [&]() -> Result<void> {
    const Result<int> code = run_in_child(options, folder.path() / "told");
    if (!code) return code.error();
    run.code = *code;
    return {};
  };
  if (way.cut_after) {
    const std::string events = content_of(golden.events);
    if (!write_file(options.paths[0], beginning(events, *way.cut_after))) {
      return system_error(options.paths[0]);
    }
    if (const auto first = read(); !first) return first.error();
    if (!write_file(options.paths[0], events)) return system_error(options.paths[0]);
  }
  if (run.code == 0) {
    if (const auto rest = read(); !rest) return rest.error();
  }
  run.actions = content_of(options.output);
  run.told = content_of(folder.path() / "told");
  return run;
}

std::vector<std::string> without_places(const std::string& actions) {
  std::vector<std::string> lines;
  std::istringstream text(actions);
  for (std::string line; std::getline(text, line);) {
    const std::size_t place = line.rfind(",\"source\":");
    lines.push_back(place == std::string::npos ? line : line.substr(0, place) + "}");
  }
  return lines;
}

}  // namespace mlmon
