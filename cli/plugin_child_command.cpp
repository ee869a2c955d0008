#include "cli/plugin_child_command.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "cli/exit_code.h"
#include "cli/group_guard.h"
#include "core/isolation/plugin_child.h"
#include "core/isolation/plugin_process.h"

namespace mlmon {
namespace {

constexpr int kSocket = 3, kMemory = 4;

/// This very program, also where another one was installed in its place meanwhile.
std::vector<std::string> child_words(const char* what) {
  return {"/proc/self/exe", kPluginChildCommand, PluginCommand::kParent, what};
}

int serve_library(const std::string& path) {
  for (const int fd : {kSocket, kMemory}) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  Result<BatchRegion> region = BatchRegion::open(kMemory);
  if (!region) return kExitFailed;
  PluginChild child(FrameSocket(kSocket), std::move(*region));
  return child.serve(path, MLMON_VERSION) ? kExitDone : kExitFailed;
}

int become_program(const std::vector<std::string>& program) {
  std::vector<char*> words;
  for (const std::string& word : program) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
  const std::string why = program[0] + ": " + std::strerror(errno);
  FrameSocket(kSocket).send(FrameWriter(FrameKind::kReturn).i32(MLMON_E_FAILED).text(why).u32(0).take(),
                            FrameSocket::kNever);
  return kExitFailed;
}

}  // namespace

std::vector<std::string> library_child(const std::string& path) {
  std::vector<std::string> words = child_words("library");
  words.push_back(path);
  return words;
}

std::vector<std::string> program_child(const std::vector<std::string>& program) {
  std::vector<std::string> words = child_words("program");
  words.insert(words.end(), program.begin(), program.end());
  return words;
}

int plugin_child_command(const std::vector<std::string>& arguments) {
  if (arguments.size() < 3) return kExitUsage;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (std::to_string(::getppid()) != arguments[0]) return kExitFailed;  // it has died already
  end_group_after(::getppid());  // what a plugin has started, too
  const std::vector<std::string> rest(arguments.begin() + 2, arguments.end());
  return arguments[1] == "library" ? serve_library(rest[0]) : become_program(rest);
}

}  // namespace mlmon
