/* Faults on purpose: preloaded into mlmon (LD_PRELOAD), it counts the calls that touch chosen files and
 * does something at one of them. Other programs, those that mlmon starts included, are left alone.
 *
 *   MLMON_FAULT_PATHS    patterns of fnmatch(3) for absolute paths, separated by ':'; without it nothing counts
 *   MLMON_FAULT_CALLS    the calls that count, separated by ',': write read sync truncate rename unlink open
 *                        (what makes or opens a file for writing); default: all but read
 *   MLMON_FAULT_AT       the number of the call, from 1; 0: none, calls are only counted
 *   MLMON_FAULT_DO       kill (before the call), kill_after, tear (half of a write, then kill), short (half of a
 *                        write or read), or an error: EINTR ENOSPC EDQUOT EIO
 *   MLMON_FAULT_LASTING  1: from that call on, else at that call only
 *   MLMON_FAULT_LOG      a file that gets a line "CALL PATH" for each call that counts
 *   MLMON_FAULT_SLOW     patterns: reading these files takes half a millisecond longer each time, so that there
 *                        is time for checkpoints
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum verdict { PASS, KILL, KILL_AFTER, TEAR, SHORT, FAIL };

static struct {
  char patterns[2048], slow[2048];
  char calls[256];
  long at;
  enum verdict verdict;
  int error;
  int lasting;
  int log;
} plan = {.log = -1};

static atomic_long calls_made;

static const char *variable(const char *name) {
  const char *const value = getenv(name);
  return value ? value : "";
}

static void read_verdict(const char *what) {
  static const struct {
    const char *name;
    enum verdict verdict;
    int error;
  } known[] = {{"kill", KILL, 0},        {"kill_after", KILL_AFTER, 0}, {"tear", TEAR, 0},
               {"short", SHORT, 0},      {"EINTR", FAIL, EINTR},        {"ENOSPC", FAIL, ENOSPC},
               {"EDQUOT", FAIL, EDQUOT}, {"EIO", FAIL, EIO}};
  for (size_t i = 0; i < sizeof known / sizeof *known; ++i) {
    if (strcmp(what, known[i].name) != 0) continue;
    plan.verdict = known[i].verdict;
    plan.error = known[i].error;
    return;
  }
}

__attribute__((constructor)) static void read_plan(void) {
  if (strcmp(program_invocation_short_name, "mlmon") != 0) return;
  snprintf(plan.patterns, sizeof plan.patterns, "%s", variable("MLMON_FAULT_PATHS"));
  snprintf(plan.slow, sizeof plan.slow, "%s", variable("MLMON_FAULT_SLOW"));
  const char *const calls = variable("MLMON_FAULT_CALLS");
  snprintf(plan.calls, sizeof plan.calls, ",%s,",
           *calls ? calls : "write,sync,truncate,rename,unlink,open");
  plan.at = atol(variable("MLMON_FAULT_AT"));
  plan.lasting = atoi(variable("MLMON_FAULT_LASTING"));
  read_verdict(variable("MLMON_FAULT_DO"));
  const char *const log = variable("MLMON_FAULT_LOG");
  if (*log) {
    plan.log = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  }
}

static int matches(const char *of, const char *path) {
  char patterns[sizeof plan.patterns];
  memcpy(patterns, of, sizeof patterns);
  char *rest = patterns, *pattern;
  while ((pattern = strsep(&rest, ":"))) {
    if (*pattern && fnmatch(pattern, path, 0) == 0) return 1;
  }
  return 0;
}

static void kill_self(void) {
  syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
  for (;;) pause();
}

/* What is to become of a call of that name that touches `path`. errno stays, but for FAIL. */
static enum verdict judge(const char *call, const char *path) {
  const int before = errno;
  char name[32];
  snprintf(name, sizeof name, ",%s,", call);
  if (!strcmp(call, "read") && matches(plan.slow, path)) {
    nanosleep(&(struct timespec){0, 500000}, NULL);
  }
  if (!strstr(plan.calls, name) || !matches(plan.patterns, path)) {
    errno = before;
    return PASS;
  }
  if (plan.log >= 0) {
    char line[PATH_MAX + 40];
    const int size = snprintf(line, sizeof line, "%s %s\n", call, path);
    syscall(SYS_write, plan.log, line, (size_t)size);
  }
  const long number = atomic_fetch_add(&calls_made, 1) + 1;
  errno = before;
  if (plan.at <= 0 || number < plan.at || (number > plan.at && !plan.lasting)) return PASS;
  if (plan.verdict == KILL) kill_self();
  if (plan.verdict == FAIL) errno = plan.error;
  return plan.verdict;
}

static enum verdict judge_fd(const char *call, int fd) {
  if (!*plan.patterns) return PASS;
  const int before = errno;
  char link[40], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const long size = syscall(SYS_readlink, link, path, sizeof path - 1);
  errno = before;
  if (size < 0) return PASS;
  path[size] = '\0';
  return judge(call, path);
}

static enum verdict judge_path(const char *call, const char *path) {
  if (!*plan.patterns) return PASS;
  char whole[PATH_MAX] = "";
  if (*path != '/' && syscall(SYS_getcwd, whole, sizeof whole) > 0) strcat(whole, "/");
  strncat(whole, path, sizeof whole - strlen(whole) - 1);
  return judge(call, whole);
}

static size_t part(enum verdict verdict, size_t size) {
  return (verdict == SHORT || verdict == TEAR) && size > 1 ? size / 2 : size;
}

static void end_of(enum verdict verdict) {
  if (verdict == KILL_AFTER || verdict == TEAR) kill_self();
}

/* REAL(result, name, types): a pointer `real` to what the name means without us. */
#define REAL(result, name, ...)                                      \
  static result (*real)(__VA_ARGS__);                                \
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name)

/* The body of a call that moves bytes, of which there may be fewer. */
#define TRANSFER(call, fd, size, perform)                            \
  const enum verdict verdict = judge_fd(call, fd);                   \
  if (verdict == FAIL) return -1;                                    \
  const size_t some = part(verdict, size);                           \
  const ssize_t moved = (perform);                                   \
  end_of(verdict);                                                   \
  return moved

/* The body of a call that happens as a whole or not. */
#define WHOLE(call, judged, perform)                                 \
  const enum verdict verdict = judged;                               \
  if (verdict == FAIL) return -1;                                    \
  const int done = (perform);                                        \
  end_of(verdict);                                                   \
  return done

ssize_t write(int fd, const void *from, size_t size) {
  REAL(ssize_t, write, int, const void *, size_t);
  TRANSFER("write", fd, size, real(fd, from, some));
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t at) {
  REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
  TRANSFER("write", fd, size, real(fd, from, some, at));
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
  TRANSFER("write", fd, size, real(fd, from, some, at));
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  TRANSFER("write", fd, (size_t)count, real(fd, parts, (int)some));
}

ssize_t read(int fd, void *to, size_t size) {
  REAL(ssize_t, read, int, void *, size_t);
  TRANSFER("read", fd, size, real(fd, to, some));
}

ssize_t pread(int fd, void *to, size_t size, off_t at) {
  REAL(ssize_t, pread, int, void *, size_t, off_t);
  TRANSFER("read", fd, size, real(fd, to, some, at));
}

ssize_t pread64(int fd, void *to, size_t size, off64_t at) {
  REAL(ssize_t, pread64, int, void *, size_t, off64_t);
  TRANSFER("read", fd, size, real(fd, to, some, at));
}

int fsync(int fd) {
  REAL(int, fsync, int);
  WHOLE("sync", judge_fd("sync", fd), real(fd));
}

int fdatasync(int fd) {
  REAL(int, fdatasync, int);
  WHOLE("sync", judge_fd("sync", fd), real(fd));
}

int ftruncate(int fd, off_t size) {
  REAL(int, ftruncate, int, off_t);
  WHOLE("truncate", judge_fd("truncate", fd), real(fd, size));
}

int ftruncate64(int fd, off64_t size) {
  REAL(int, ftruncate64, int, off64_t);
  WHOLE("truncate", judge_fd("truncate", fd), real(fd, size));
}

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  WHOLE("rename", judge_path("rename", to), real(from, to));
}

int unlink(const char *path) {
  REAL(int, unlink, const char *);
  WHOLE("unlink", judge_path("unlink", path), real(path));
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  WHOLE("open", judge_path("open", path), real(path, mode));
}

int mkostemp(char *path, int flags) {
  REAL(int, mkostemp, char *, int);
  WHOLE("open", judge_path("open", path), real(path, flags));
}

static enum verdict judge_open(const char *path, int flags) {
  return (flags & O_ACCMODE) == O_RDONLY ? PASS : judge_path("open", path);
}

static mode_t mode_of(int flags, va_list more) {
  return flags & O_CREAT ? va_arg(more, mode_t) : 0;
}

int open(const char *path, int flags, ...) {
  REAL(int, open, const char *, int, ...);
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  WHOLE("open", judge_open(path, flags), real(path, flags, mode));
}

int open64(const char *path, int flags, ...) {
  REAL(int, open64, const char *, int, ...);
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  WHOLE("open", judge_open(path, flags), real(path, flags, mode));
}
