#include "plugins/transport/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "plugins/transport/excerpt.h"

namespace mlmon::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kGrace{2'000};  // from SIGTERM to SIGKILL
constexpr milliseconds kLongestNap{50};

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }

  int get() const { return number_; }
  bool open() const { return number_ >= 0; }
  void close() {
    if (open()) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// A file without a name: unlike a pipe it neither fills up nor breaks when nobody reads it.
Descriptor file_of(const std::string& content) {
  Descriptor file(memfd_create("mlmon-action", MFD_CLOEXEC));
  if (!file.open()) fail("memfd_create");
  for (std::size_t at = 0; at < content.size();) {
    const ssize_t written = ::write(file.get(), content.data() + at, content.size() - at);
    if (written < 0 && errno != EINTR) fail("write");
    if (written > 0) at += static_cast<std::size_t>(written);
  }
  if (lseek(file.get(), 0, SEEK_SET) != 0) fail("lseek");
  return file;
}

std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& variables) {
  std::vector<std::string> all;
  for (char** entry = environ; entry && *entry; ++entry) all.emplace_back(*entry);
  for (const auto& [name, value] : variables) {
    const std::string begin = name + "=";
    std::erase_if(all, [&](const std::string& entry) { return entry.starts_with(begin); });
    all.push_back(begin + value);
  }
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// Where execvp(3) finds the program; what was given where it finds none.
std::string path_of(const std::string& word) {
  const char* folders = std::getenv("PATH");
  if (word.find('/') != word.npos || !folders) return word;
  for (std::string_view rest = folders;;) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const std::string folder(rest.substr(0, colon));
    const std::string path = (folder.empty() ? "." : folder) + "/" + word;
    if (access(path.c_str(), X_OK) == 0) return path;
    if (colon == rest.size()) return word;
    rest.remove_prefix(colon + 1);
  }
}

/// 0, or the errno.
int spawn(std::vector<std::string> words, std::vector<std::string> environment, int input,
          int output, pid_t& pid) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                            POSIX_SPAWN_SETPGROUP);
  const int error = posix_spawnp(&pid, words.front().c_str(), &files, &attributes,
                                 pointers(words).data(), pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

/// A child of which the zombie is kept until its group need not be killed any more: so long no
/// other process can get its number.
class Child {
 public:
  Child(pid_t pid, Descriptor output) : pid_(pid), output_(std::move(output)) {}

  /// Waits until it says something or ends, but a moment at most.
  void wait_a_moment() {
    pollfd readable{output_.get(), POLLIN, 0};  // a closed one is ignored
    const int ready = poll(&readable, 1, static_cast<int>(nap_.count()));
    nap_ = ready > 0 ? milliseconds(1) : std::min(2 * nap_, kLongestNap);
    listen();
  }

  bool ended() {
    if (ended_) return true;
    siginfo_t info{};
    const int result = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    ended_ = (result == 0 && info.si_pid == pid_) || (result < 0 && errno == ECHILD);
    if (ended_) listen();
    return ended_;
  }

  /// SIGTERM, and for those that are there after the grace SIGKILL. Who holds the output is there.
  void end_group() {
    ::kill(-pid_, SIGTERM);
    const auto last = steady_clock::now() + kGrace;
    while ((!ended() || output_.open()) && steady_clock::now() < last) wait_a_moment();
    ::kill(-pid_, SIGKILL);
  }

  Ending reap() {
    int status = 0;
    pid_t reaped = 0;
    do {
      reaped = waitpid(pid_, &status, 0);
    } while (reaped < 0 && errno == EINTR);
    if (reaped < 0) return {Ending::How::kLost, 0, std::move(said_)};
    if (WIFSIGNALED(status)) return {Ending::How::kSignal, WTERMSIG(status), std::move(said_)};
    return {Ending::How::kExit, WEXITSTATUS(status), std::move(said_)};
  }

 private:
  /// Takes what there is, but not for ever from one who never stops; what is too much is dropped.
  void listen() {
    char chunk[16 * 1024];
    for (int i = 0; i < 16 && output_.open(); ++i) {
      const ssize_t size = read(output_.get(), chunk, sizeof chunk);
      if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (size <= 0) return output_.close();
      said_.append(chunk, std::min(static_cast<std::size_t>(size), kMostRead - said_.size()));
    }
  }

  const pid_t pid_;
  Descriptor output_;
  std::string said_;
  bool ended_ = false;
  milliseconds nap_{1};
};

}  // namespace

Ending run_process(const std::vector<std::string>& words,
                   const std::vector<std::pair<std::string, std::string>>& variables,
                   const std::string& input, std::int64_t timeout_ms, const Cancelled& cancelled) {
  const Descriptor file = file_of(input);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
  Descriptor output(ends[0]), theirs(ends[1]);
  if (fcntl(output.get(), F_SETFL, O_NONBLOCK) != 0) fail("fcntl");

  pid_t pid = 0;
  int error = spawn(words, environment_with(variables), file.get(), theirs.get(), pid);
  if (error == ENOEXEC) {
    // A script without `#!` is the shell's, as execvp(3) has it.
    std::vector<std::string> script = {"/bin/sh", path_of(words.front())};
    script.insert(script.end(), words.begin() + 1, words.end());
    error = spawn(script, environment_with(variables), file.get(), theirs.get(), pid);
  }
  if (error != 0) return {Ending::How::kNotStarted, error, ""};
  theirs.close();

  Child child(pid, std::move(output));
  const auto begin = steady_clock::now();
  using How = Ending::How;
  How given_up = How::kExit;  // kExit: not given up
  while (given_up == How::kExit && !child.ended()) {
    child.wait_a_moment();
    if (steady_clock::now() - begin >= milliseconds(timeout_ms)) given_up = How::kTimeout;
    if (cancelled()) given_up = How::kCancelled;
  }
  if (given_up == How::kExit || child.ended()) return child.reap();
  child.end_group();
  Ending ending = child.reap();
  ending.how = given_up;
  return ending;
}

}  // namespace mlmon::transport
