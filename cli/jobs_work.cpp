#include "cli/jobs_work.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "cli/child_process.h"
#include "cli/exit_code.h"
#include "core/text/postgres_url.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

constexpr std::int64_t kGrace = 10 * kNsPerSecond;      // from SIGTERM to SIGKILL
constexpr std::int64_t kTryLater = 60 * kNsPerSecond;   // after exit code 75
constexpr int kTryLaterCode = 75;                  // EX_TEMPFAIL of sysexits.h

/// Keeps the signals that this process waits for, blocked as long as it lives.
class Signals {
 public:
  Signals() {
    std::signal(SIGCHLD, SIG_DFL);  // where it is ignored, no child's status is kept
    sigemptyset(&set_);
    for (const int signal : {SIGCHLD, SIGINT, SIGTERM}) sigaddset(&set_, signal);
    struct sigaction hangup {};
    sigaction(SIGHUP, nullptr, &hangup);
    if (hangup.sa_handler != SIG_IGN) sigaddset(&set_, SIGHUP);  // else nohup(1) is at work
    sigprocmask(SIG_BLOCK, &set_, &before_);
  }
  ~Signals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  const sigset_t& before() const { return before_; }

  /// The next signal within so long; 0: none.
  int wait(std::int64_t ns) const {
    ns = std::max<std::int64_t>(0, ns);
    const timespec limit{ns / kNsPerSecond, ns % kNsPerSecond};
    return std::max(0, sigtimedwait(&set_, nullptr, &limit));
  }

 private:
  sigset_t set_, before_;
};

/// The lease of one job, kept alive.
class Lease {
 public:
  enum class State { kHeld, kEnded, kLost };

  Lease(JobQueue& queue, const Clock& clock, std::string job, std::string worker, std::int64_t ns)
      : queue_(queue), clock_(clock), job_(std::move(job)), worker_(std::move(worker)), ns_(ns) {
    renewed();
  }

  /// Renews it when a third of it is over. kEnded: the job was done or has failed, as COMMAND itself may
  /// say. A store that cannot be asked costs the lease only when that is over.
  State look() {
    const std::int64_t now = clock_.monotonic_ns();
    if (now >= renew_at_ns_ && queue_.renew(job_, ns_, worker_).ok()) {
      renewed();
      return State::kHeld;
    }
    const Result<bool> held = queue_.holds(job_, worker_);
    if (!held || *held) return now >= over_at_ns_ ? State::kLost : State::kHeld;
    const Result<Job> job = queue_.show(job_);
    const bool ended = job && (job->status == "done" || job->status == "failed");
    return ended ? State::kEnded : State::kLost;
  }

  std::int64_t look_every_ns() const { return std::min(kNsPerSecond, ns_ / 3); }

 private:
  void renewed() {
    const std::int64_t now = clock_.monotonic_ns();
    renew_at_ns_ = now + ns_ / 3;
    over_at_ns_ = now + ns_;
  }

  JobQueue& queue_;
  const Clock& clock_;
  const std::string job_, worker_;
  const std::int64_t ns_;
  std::int64_t renew_at_ns_ = 0, over_at_ns_ = 0;
};

/// How COMMAND ended.
struct Outcome {
  int status = 0;    // as of waitpid(2)
  int stopped = 0;   // the first signal that was passed on
  bool lost = false;  // it was stopped because the lease was lost
};

/// Runs COMMANDs, one for each job.
class Work {
 public:
  Work(const JobsOptions& options, const std::string& worker, const std::string& state,
       JobQueue& queue, const Clock& clock, Log& log)
      : options_(options), worker_(worker), state_(state), queue_(queue), clock_(clock), log_(log) {}

  int run();

 private:
  ChildCommand command_for(const Job& job) const;
  Outcome watch(ChildProcess& child, Lease& lease);
  void settle(const Job& job, const Outcome& outcome);
  int interrupted(int signal) const;
  void complain(const Job& job, const std::string& text);

  const JobsOptions& options_;
  const std::string& worker_;
  const std::string& state_;
  JobQueue& queue_;
  const Clock& clock_;
  Log& log_;
  const Signals signals_;
  bool failed_ = false;
};

int Work::run() {
  for (bool first = true;; first = false) {
    if (const int signal = signals_.wait(0); signal != 0 && signal != SIGCHLD) {
      return interrupted(signal);
    }
    const Result<std::optional<Job>> claimed =
        queue_.claim(options_.model, worker_, options_.lease_ns);
    if (!claimed) {
      log_.log(LogLevel::kError, "", claimed.error().text);
      return kExitFailed;
    }
    if (!*claimed) return first && options_.once ? kExitNoJob : failed_ ? kExitFailed : kExitDone;
    const Job& job = **claimed;
    Lease lease(queue_, clock_, job.id, worker_, options_.lease_ns);
    Result<ChildProcess> child = ChildProcess::start(command_for(job));
    if (!child) {
      // The next job would fare no better.
      const auto back = queue_.give_back(job.id, 0, worker_);
      complain(job, child.error().text + (back ? "" : "; " + back.error().text));
      return kExitFailed;
    }
    const Outcome outcome = watch(*child, lease);
    settle(job, outcome);
    if (outcome.stopped != 0) return interrupted(outcome.stopped);
    if (options_.once) return failed_ ? kExitFailed : kExitDone;
  }
}

ChildCommand Work::command_for(const Job& job) const {
  return {options_.command,
          {{"MLMON_JOB_ID", job.id},
           {"MLMON_MODEL_NAME", job.model},
           {"MLMON_MODEL_VERSION", job.version},
           {"MLMON_REASON", job.reason},
           // So that `mlmon jobs` in COMMAND means this job's registry, as its worker.
           {"MLMON_WORKER", worker_},
           {"MLMON_STATE", is_postgres_url(state_) ? state_ : std::filesystem::absolute(state_).string()}},
          job_json(job) + "\n",
          signals_.before(),
          // Over before the lease is: what is left of it must not meet the next worker's COMMAND.
          std::min(kGrace, options_.lease_ns / 3)};
}

Outcome Work::watch(ChildProcess& child, Lease& lease) {
  Outcome outcome;
  std::int64_t kill_at_ns = 0;
  bool looks = true;
  std::int64_t look_at_ns = clock_.monotonic_ns() + lease.look_every_ns();
  for (;;) {
    if (const auto status = child.ended()) {
      outcome.status = *status;
      return outcome;
    }
    const int signal = signals_.wait(look_at_ns - clock_.monotonic_ns());
    if (signal != 0 && signal != SIGCHLD) {
      child.send(outcome.stopped == 0 ? signal : SIGKILL);
      if (outcome.stopped == 0) outcome.stopped = signal;
    }
    const std::int64_t now = clock_.monotonic_ns();
    if (now < look_at_ns) continue;
    look_at_ns = now + lease.look_every_ns();
    if (kill_at_ns != 0 && now >= kill_at_ns) child.send(SIGKILL);
    if (!looks) continue;
    const Lease::State state = lease.look();
    looks = state == Lease::State::kHeld;
    if (state == Lease::State::kLost) {
      outcome.lost = true;
      kill_at_ns = now + kGrace;
      child.send(SIGTERM);
    }
  }
}

void Work::settle(const Job& job, const Outcome& outcome) {
  if (outcome.lost) return complain(job, "the lease was lost, COMMAND was stopped");
  const bool exited = WIFEXITED(outcome.status);
  const int code = exited ? WEXITSTATUS(outcome.status) : WTERMSIG(outcome.status);
  Result<void> settled;
  if (exited && code == 0) {
    settled = queue_.close(job.id, "done", "", worker_);
  } else if (exited && code == kTryLaterCode) {
    settled = queue_.give_back(job.id, kTryLater, worker_);
  } else if (outcome.stopped != 0) {
    settled = queue_.give_back(job.id, 0, worker_);
  } else {
    const std::string how = exited ? fmt::format("exit code {}", code)
                                   : fmt::format("signal {} ({})", code, strsignal(code));
    complain(job, "COMMAND ended with " + how);
    settled = queue_.close(job.id, "failed", how, worker_);
  }
  if (settled) return;
  const Result<Job> now = queue_.show(job.id);
  if (now && now->status == "done") return;  // by COMMAND itself
  complain(job, settled.error().text);
}

/// After SIGTERM and SIGHUP it is as if there were no more jobs.
int Work::interrupted(int signal) const {
  return signal == SIGINT ? kExitInterrupted : failed_ ? kExitFailed : kExitDone;
}

void Work::complain(const Job& job, const std::string& text) {
  failed_ = true;
  log_.log(LogLevel::kError, "", fmt::format("job {} of {}: {}", job.id, job.model, text));
}

}  // namespace

int work(const JobsOptions& options, const std::string& worker, const std::string& state,
         JobQueue& queue, const Clock& clock, Log& log) {
  return Work(options, worker, state, queue, clock, log).run();
}

}  // namespace mlmon
