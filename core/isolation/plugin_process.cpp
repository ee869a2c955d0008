#include "core/isolation/plugin_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include "core/time_units.h"

namespace mlmon {
namespace {

constexpr int kSocket = 3, kMemory = 4;

/// How posix_spawn is to do it.
class Recipe {
 public:
  Recipe(int socket, int memory) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, 2, 1);
    ::posix_spawn_file_actions_adddup2(&actions_, socket, kSocket);
    ::posix_spawn_file_actions_adddup2(&actions_, memory, kMemory);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, kMemory + 1);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~Recipe() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Recipe(const Recipe&) = delete;

  int run(pid_t& pid, const std::vector<char*>& words) const {
    return ::posix_spawnp(&pid, words[0], &actions_, &attributes_, words.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::string meaning_of(int status) {
  if (WIFEXITED(status)) {
    return WEXITSTATUS(status) == 0 ? "exited" : fmt::format("exited with code {}", WEXITSTATUS(status));
  }
  std::string name = ::sigdescr_np(WTERMSIG(status)) != nullptr ? ::sigdescr_np(WTERMSIG(status)) : "a signal";
  std::transform(name.begin(), name.begin() + 1, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return "crashed: " + name;
}

}  // namespace

Result<PluginProcess> PluginProcess::start(const PluginCommand& command, int socket, int memory) {
  // Descriptors must not be where others of them are to go.
  const int high_socket = ::fcntl(socket, F_DUPFD_CLOEXEC, kMemory + 1);
  const int high_memory = ::fcntl(memory, F_DUPFD_CLOEXEC, kMemory + 1);
  std::vector<char*> words;
  std::string parent = std::to_string(::getpid());
  for (const std::string& word : command.words) {
    words.push_back(word == PluginCommand::kParent ? parent.data() : const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  pid_t pid = 0;
  const int failure = high_socket < 0 || high_memory < 0 ? errno : Recipe(high_socket, high_memory).run(pid, words);
  ::close(high_socket);
  ::close(high_memory);
  if (failure != 0) return Error{std::generic_category().message(failure)}.in(command.words[0]);
  return PluginProcess(pid);
}

PluginProcess::PluginProcess(PluginProcess&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}

PluginProcess::~PluginProcess() { end(0); }

Result<void> PluginProcess::limit_memory(std::uint64_t more_bytes) const {
  std::ifstream statm(fmt::format("/proc/{}/statm", pid_));
  std::uint64_t pages = 0;
  if (!(statm >> pages)) return Error{"cannot read how much memory the child has"};
  const std::uint64_t all = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) + more_bytes;
  const rlimit limit = {all, all};
  if (::prlimit(pid_, RLIMIT_AS, &limit, nullptr) == 0) return {};
  return Error{std::generic_category().message(errno)}.in("prlimit");
}

bool PluginProcess::is_running() const {
  siginfo_t ended{};
  return pid_ != 0 && ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid == 0;
}

bool PluginProcess::wait(int& status, std::int64_t wait_ns) {
  if (::waitpid(pid_, &status, WNOHANG) == pid_) return true;
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (fd < 0) return false;
  pollfd ended{fd, POLLIN, 0};
  ::poll(&ended, 1, static_cast<int>(wait_ns / kNsPerMs));
  ::close(fd);
  return ::waitpid(pid_, &status, WNOHANG) == pid_;
}

std::string PluginProcess::end(std::int64_t wait_ns) {
  if (pid_ == 0) return "";
  int status = 0;
  const bool ended = wait(status, wait_ns);
  // Whatever it has started goes, too.
  ::kill(-pid_, SIGKILL);
  if (!ended) ::waitpid(pid_, &status, 0);
  pid_ = 0;
  return ended ? meaning_of(status) : "";
}

}  // namespace mlmon
