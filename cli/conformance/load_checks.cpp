#include <fmt/format.h>

#include <chrono>
#include <map>
#include <string>

#include "cli/conformance/check.h"
#include "cli/conformance/dynamic_library.h"
#include "cli/conformance/process_state.h"

namespace mlmon {
namespace {

constexpr auto kLongLoad = std::chrono::milliseconds(500);

Verdict library(const Subject& subject) {
  const auto begin = std::chrono::steady_clock::now();
  const Result<DynamicLibrary> loaded = DynamicLibrary::open(subject.path);
  if (!loaded) return Verdict::failed(loaded.error().text);
  const auto took = std::chrono::steady_clock::now() - begin;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  if (took < kLongLoad) return Verdict::ok();
  return Verdict::warning(fmt::format("loading takes {} ms", ms));
}

/// What loading it and asking it what it is does to the process.
struct Loading {
  ProcessState before, after;
  std::size_t threads_before = 0, threads_after = 0;
};

Loading load_apart(const Subject& subject) {
  Loading loading;
  loading.before = ProcessState::now();
  loading.threads_before = count_threads();
  const Result<DynamicLibrary> library = DynamicLibrary::open(subject.path);
  if (library) ask_entry(*library, MLMON_ABI_MAJOR, MLMON_ABI_MINOR);
  loading.threads_after = count_threads();
  loading.after = ProcessState::now();
  return loading;
}

template <std::map<std::string, std::string> ProcessState::*part>
Verdict same_facts(const Subject& subject) {
  const Loading loading = load_apart(subject);
  return Verdict::unless(difference(loading.before.*part, loading.after.*part));
}

template <std::string ProcessState::*part>
Verdict same_text(const Subject& subject) {
  const Loading loading = load_apart(subject);
  const std::string &before = loading.before.*part, &after = loading.after.*part;
  return Verdict::unless(before == after ? "" : fmt::format("was {}, is {}", before, after));
}

Verdict threads(const Subject& subject) {
  const Loading loading = load_apart(subject);
  if (loading.threads_after <= loading.threads_before) return Verdict::ok();
  const std::size_t started = loading.threads_after - loading.threads_before;
  return Verdict::failed(
      fmt::format("{} thread{} started", started, started == 1 ? " was" : "s were"));
}

Verdict output(const Subject& subject) {
  const Loading loading = load_apart(subject);
  const std::size_t printed = loading.after.printed - loading.before.printed;
  return Verdict::unless(printed == 0 ? "" : fmt::format("{} bytes were printed", printed));
}

}  // namespace

std::vector<Check> load_checks() {
  using enum Check::About;
  const std::vector<std::string> loaded = {"file.readable", "load.library"};
  return {
      {"load.library", "the dynamic loader takes it", kFile, library, {"file.readable"}},
      {"load.signals", "handlers and mask stay as they are", kFile,
       same_facts<&ProcessState::signals>, loaded},
      {"load.locale", "the locale stays", kFile, same_text<&ProcessState::locale>, loaded},
      {"load.floating_point", "rounding and flushing to zero stay (-ffast-math)", kFile,
       same_text<&ProcessState::floating_point>, loaded},
      {"load.descriptors", "no file stays open, none is closed", kFile,
       same_facts<&ProcessState::descriptors>, loaded},
      {"load.environment", "the environment stays", kFile, same_facts<&ProcessState::environment>,
       loaded},
      {"load.folder", "working folder and umask stay", kFile, same_facts<&ProcessState::folder>,
       loaded},
      {"load.threads", "no thread is started", kFile, threads, loaded},
      {"load.output", "nothing is printed", kFile, output, loaded},
  };
}

}  // namespace mlmon
