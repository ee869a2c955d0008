#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/log.h"
#include "cli/options.h"
#include "cli/service_notifier.h"
#include "cli/setup.h"
#include "core/clock.h"
#include "core/run/engine.h"

namespace mlmon {

/// Reads the configuration again when SIGHUP asks for it, and lets a run go on with the observers that it names by
/// then. What is wrong with it is told, and the old one stays in force. Belongs to the pipeline's thread.
class Reloader {
 public:
  /// `setup`: what the run began with. All of these outlive it.
  Reloader(const RunOptions& options, const Setup& setup, Engine& engine, Log& log, ServiceNotifier& notifier,
           const Clock& clock);

  /// Refuses what would write to one file for two purposes.
  std::function<Result<void>(const Setup&)> check_files;

  /// Called after observers were replaced.
  std::function<void()> on_swapped;

  /// As Pipeline::on_reload and Pipeline::swap.
  bool prepare();
  Result<void> swap();

 private:
  bool load();
  void note_code();
  void note_fixed_keys(const Config& config);
  void refuse(const std::vector<std::string>& errors);
  void finish(const ReloadPlan& plan);

  const RunOptions& options_;
  const Setup& begun_with_;
  Engine& engine_;
  Log& log_;
  ServiceNotifier& notifier_;
  const Clock& clock_;
  std::map<std::string, std::string> loaded_;  // code in this process, by path: it stays what it was
  std::int64_t checkpoint_every_ns_;           // in force

  // Of the reload that is going on.
  Setup next_;
  std::vector<std::string> settings_;  // keys that have another value
  std::vector<std::string> restart_;   // what needs one
};

}  // namespace mlmon
