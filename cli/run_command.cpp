#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/bad_line_report.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/file_writer.h"
#include "cli/kafka_input.h"
#include "cli/last_words.h"
#include "cli/log.h"
#include "cli/peak_memory.h"
#include "cli/progress.h"
#include "cli/quarantine.h"
#include "cli/reloader.h"
#include "cli/run_account.h"
#include "cli/run_files.h"
#include "cli/run_metrics.h"
#include "cli/run_state.h"
#include "cli/setup.h"
#include "cli/service_notifier.h"
#include "cli/signals.h"
#include "cli/standard_streams.h"
#include "cli/summary.h"
#include "cli/system_clock.h"
#include "cli/terminal.h"
#include "core/input/input_paths.h"
#include "core/plugin/plugin_call.h"
#include "core/run/audience_check.h"
#include "core/run/engine.h"
#include "core/run/rotated_files.h"
#include "core/text/postgres_url.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

std::string random_id() {
  unsigned char bytes[16] = {};
  if (getrandom(bytes, sizeof bytes, 0) < 0) return "0";
  std::string id;
  for (const unsigned char byte : bytes) id += fmt::format("{:02x}", byte);
  return id;
}

std::string now_text(const Clock& clock) {
  // Milliseconds are what a person can use.
  return format_rfc3339(from_unix_ns(clock.now_ns() / kNsPerMs * kNsPerMs));
}

bool is_pipe(const std::string& path) {
  struct stat status {};
  return path == "-" || (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode));
}

/// `first`, then all the others.
InputPaths with_first(const std::vector<std::string>& first, InputPaths paths) {
  std::erase_if(paths.files, [&](const std::string& path) {
    return std::find(first.begin(), first.end(), path) != first.end();
  });
  paths.files.insert(paths.files.begin(), first.begin(), first.end());
  return paths;
}

/// It is none of the user's mistakes, and may be over the next time.
bool is_trouble_of_a_disk(const Error& error) {
  return error.system == ENOSPC || error.system == EDQUOT || error.system == EIO;
}

/// One `mlmon run`, from its options to its exit code.
class Run {
 public:
  explicit Run(const RunOptions& options)
      : options_(options),
        terminal_(2),
        log_(terminal_, options.log_format, least_level(options.verbosity)) {}

  int execute() {
    outlives_terminal_ = hold_hangups();
    // Before plugins are loaded: what they print must not get between the actions.
    const Result<int> stdout_fd = claim_stdout();
    if (!stdout_fd) return refuse(stdout_fd.error());
    follow_stdout(*stdout_fd);
    const LastWords last_words;
    std::optional<Setup> setup =
        set_up(options_.config, options_.sets, options_.plugin_dirs, log_, options_.observers);
    if (!setup) return kExitUsage;
    if (!options_.no_state) {
      const auto place = state_folder(options_.state, setup->config.state.place(), SystemEnvironment());
      if (!place) return refuse(place.error());
    }
    Result<std::optional<KafkaSettings>> kafka = kafka_input(options_.paths, setup->config.input);
    if (!kafka) return refuse(kafka.error());
    kafka_ = std::move(*kafka);
    const InputPaths inputs = kafka_ ? InputPaths() : find_inputs(setup->config);
    if (const auto followable = check_followable(inputs.files); !followable) {
      return refuse(followable.error());
    }
    if (const auto apart = check_run_files(options_, *setup, inputs.files, *stdout_fd); !apart) {
      return refuse(apart.error());
    }
    // What an observer finds wrong only when it is made is to leave nothing behind, either.
    if (makes_files(setup->config.state) && tell_config_errors_ahead(setup->assembly, log_)) return kExitUsage;
    const Result<void> opened = open_files(*stdout_fd);
    if (!opened && !is_trouble_of_a_disk(opened.error())) return refuse(opened.error());
    const Result<void> ready = opened ? open_state(setup->config.state) : opened;

    receipt_.run_id = random_id();
    receipt_.started_at = now_text(clock_);
    const std::int64_t started_ns = clock_.monotonic_ns();
    if (ready) {
      run(*setup, inputs, *stdout_fd);
    } else {
      fail(ready.error().text);
    }
    if (bad_configuration_) return kExitUsage;
    receipt_.ended_at = now_text(clock_);
    receipt_.seconds = static_cast<double>(clock_.monotonic_ns() - started_ns) / 1e9;
    receipt_.peak_rss_bytes = peak_rss_bytes();
    const int code = account();
    // A thread that hangs in a plugin must not meet what is cleaned up behind it.
    if (abandoned_) _exit(code);
    return code;
  }

 private:
  /// A file that is stdout is where stdout has gone.
  void follow_stdout(int stdout_fd) {
    for (std::optional<std::string>* path : {&options_.quarantine, &options_.receipt, &options_.metrics_file}) {
      if (*path && **path != "-" && leads_to_stdout(**path)) *path = fmt::format("/proc/self/fd/{}", stdout_fd);
    }
  }

  /// What the paths come to now.
  InputPaths list_inputs(const Config& config) const {
    if (!options_.paths.empty()) return expand_paths(options_.paths);
    if (!config.input.files.empty()) return expand_globs(config.input.files);
    InputPaths inputs;
    inputs.files = {"-"};
    return inputs;
  }

  /// The same; what cannot be read is told and counts as a failure, unless it is waited for.
  InputPaths find_inputs(const Config& config) {
    InputPaths inputs = list_inputs(config);
    const bool terminal = inputs.files == std::vector<std::string>{"-"} && isatty(0) != 0;
    if (terminal && options_.verbosity >= 0) log_.tell("reading events from the terminal; Ctrl-D ends them");
    if (!options_.follow) {
      for (const Error& error : inputs.errors) fail(error.text);
    }
    for (const std::string& folder : inputs.empty_folders) {
      log_.say(LogLevel::kInfo, "input", folder + ": " + kNoInputs);
    }
    receipt_.empty_folders = inputs.empty_folders;
    return inputs;
  }

  /// A pipe keeps the files beside it waiting.
  Result<void> check_followable(const std::vector<std::string>& inputs) const {
    if (!options_.follow || inputs.size() < 2) return {};
    for (const std::string& path : inputs) {
      if (!is_pipe(path)) continue;
      return Error{path + ": is a pipe, --follow can read it only by itself"};
    }
    return {};
  }

  /// Something is to be made that is not there: a file or the state.
  bool makes_files(const Config::State& config) const {
    const auto makes = [](const std::string& path) { return ::access(path.c_str(), F_OK) != 0; };
    if (!writes_stdout(options_) && makes(options_.output)) return true;
    if (options_.quarantine && makes(*options_.quarantine)) return true;
    if (options_.no_state || options_.dry_run) return false;
    const SystemEnvironment environment;
    const Result<std::string> place = state_folder(options_.state, config.place(), environment);
    // To ask a database would take longer than to make observers.
    return place && (is_postgres_url(*place) || !holds_state(*place));
  }

  /// Opens what is written to. An error: one of them cannot be, and nothing was done.
  Result<void> open_files(int stdout_fd) {
    if (options_.quarantine) {
      Result<Quarantine> opened = Quarantine::open(*options_.quarantine);
      if (!opened) return opened.error();
      quarantine_.emplace(std::move(*opened));
    }
    if (writes_stdout(options_)) {
      output_ = std::make_unique<FdOutput>(stdout_fd, "stdout");
      return {};
    }
    auto file = FileOutput::open(options_.output);
    if (!file) return file.error();
    output_ = std::move(*file);
    return {};
  }

  Result<void> open_state(const Config::State& config) {
    Result<RunState> state = RunState::open(options_, config, kafka_.has_value(), clock_, log_);
    if (!state) return state.error();
    state_.emplace(std::move(*state));
    return {};
  }

  int refuse(const Error& error) {
    log_.log(LogLevel::kError, "", error.text);
    return kExitUsage;
  }

  void fail(const std::string& why) {
    log_.log(LogLevel::kError, "", why);
    facts_.failed = true;
  }

  /// Of a run that does not end in time; a plugin that does not return is the likely reason.
  std::string last_line() const {
    std::int64_t seconds = 0;
    const std::string call = PluginCall::oldest(seconds);
    if (call.empty()) {
      return log_.line(LogLevel::kError, "", "the shutdown timeout is over, giving up");
    }
    return fmt::format("fatal: {}: has not returned for {} s, giving up after the shutdown timeout\n",
                       call, seconds);
  }

  void run(const Setup& setup, const InputPaths& inputs, int stdout_fd) {
    SignalWatch signals(options_.shutdown_timeout_ns, [this] { return last_line(); }, outlives_terminal_);
    BadLineReport bad_lines(log_, quarantine_ ? &*quarantine_ : nullptr);
    OutputAside output(*output_, terminal_);
    const Result<RotatedFiles> rotated = find_rotated(setup.config, inputs);
    if (!rotated) return fail(rotated.error().text);
    auto engine = Engine::make({state_->store(), output, bad_lines, clock_, log_, models_},
                               engine_options(setup.config, inputs, rotated->files),
                               setup.assembly.observers);
    if (!engine) return fail(engine.error().text);
    bad_configuration_ = tell_config_errors((*engine)->observers(), log_);
    if (bad_configuration_) return;
    if (options_.no_state) {
      if (const auto emptied = output_->empty(); !emptied) return fail(emptied.error().text);
    }
    warn_of_unheard(**engine);
    Intake& intake = (*engine)->intake();
    Pipeline& pipeline = (*engine)->pipeline();
    intake.on_error([&](const Error& error) {
      log_.log(LogLevel::kError, "", error.text + " (trying again)");
    });
    intake.on_warning([&](const Error& error) { log_.log(LogLevel::kWarn, "", error.text); });

    intake.on_failure([&](const Error& error) { log_.log(LogLevel::kError, "", error.text); });

    std::optional<ProgressLine> progress;
    if (wants_progress(options_.progress, options_.verbosity, terminal_.is_terminal())) {
      progress.emplace(terminal_, clock_);
    }
    if (metrics_wanted()) {
      metrics_.emplace(*options_.metrics_file, state_->store(), !options_.no_state,
                       [&] { return pipeline.counter_helps(); }, clock_, log_);
      pipeline.after_commit([&] { metrics_->file().changed(), metrics_->file().write_if_due(); });
    }
    if (progress || quarantine_ || metrics_ || notifier_.listens()) {
      pipeline.on_progress = [&](const Progress& now) {
        if (progress) progress->show(now);
        if (quarantine_) quarantine_->flush();
        if (metrics_) metrics_->file().write_if_due();
        if (notifier_.listens()) notifier_.alive(clock_.monotonic_ns(), progress_line(now));
      };
    }
    if (quarantine_ && !options_.no_state) {
      pipeline.before_commit([&] {
        quarantine_poison();
        return quarantine_->commit();
      });
    }
    Reloader reloader(options_, setup, **engine, log_, notifier_, clock_);
    reloader.check_files = [&](const Setup& next) {
      return check_run_files(options_, next, inputs.files, stdout_fd);
    };
    reloader.on_swapped = [&] { warn_of_unheard(**engine); };
    pipeline.on_reload = [&] { return reloader.prepare(); };
    pipeline.swap = [&] { return reloader.swap(); };
    notifier_.ready();
    signals.on_hangup([&] { pipeline.ask_reload(); });
    signals.on_signal([&](int) { pipeline.stop(); });
    const Result<void> ran = pipeline.run();
    signals.on_signal({});
    signals.on_hangup({});
    if (ran && pipeline.reload_missed()) {
      log_.log(LogLevel::kWarn, "", "reload: not done, since the run is ending");
    }
    notifier_.stopping();
    progress.reset();

    if (!ran) fail(ran.error().text);
    for (const Error& error : intake.errors()) {
      const bool told = options_.follow || intake.reads_log();
      if (!told) log_.log(LogLevel::kError, "", error.text);
      facts_.failed = true;
    }
    for (const std::string& failure : pipeline.failures()) fail(failure);
    if (const std::uint64_t more = intake.misplaced_untold(); more > 0) {
      log_.log(LogLevel::kWarn, "", fmt::format("… and {} more models are in more than one partition", more));
    }
    abandoned_ = pipeline.abandoned();
    receipt_.sources = intake.counts();
    bad_lines.finish(receipt_.sources);
    if (ran && quarantine_) {
      quarantine_poison();
      if (const auto written = quarantine_->commit(); !written) fail(written.error().text);
    }

    receipt_.observers = pipeline.observer_receipts();
    receipt_.actions = pipeline.actions();
    receipt_.models = model_receipts(pipeline.tally(), models_);
    facts_.interrupted = signals.received() == SIGINT;
    counter_helps_ = pipeline.counter_helps();
    if (metrics_) metrics_->file().write();
  }

  void warn_of_unheard(const Engine& engine) {
    for (const UnheardType& type : unheard_types(engine.assembled(), engine.observers(), engine.types(), {})) {
      if (!type.emitter.empty()) log_.log(LogLevel::kWarn, type.observer, type.text());
    }
  }

  /// What observers skip comes from their threads.
  void quarantine_poison() {
    const std::lock_guard lock(poison_mutex_);
    for (const PoisonedEvent& event : poisoned_) quarantine_->add(event);
    poisoned_.clear();
  }

  EngineOptions engine_options(const Config& config, const InputPaths& inputs,
                               const std::vector<std::string>& first) {
    EngineOptions options;
    options.on_poison = [this](PoisonedEvent event) {
      const std::lock_guard lock(poison_mutex_);
      poisoned_.push_back(std::move(event));
    };
    options.intake.paths = with_first(first, inputs).files;
    options.intake.rules = event_rules(config.input, &clock_);
    options.intake.max_line = config.input.max_line;
    options.intake.threads = threads();
    options.intake.stop_at_bad = options_.stop_at_bad;
    options.intake.skip_late = config.input.skip_late;
    const bool pipe = inputs.files.size() == 1 && is_pipe(inputs.files[0]);
    options.intake.reopen_fifo = options_.follow && pipe && inputs.files[0] != "-";
    if (kafka_) {
      options.kafka = kafka_;
      options.kafka->follow = options_.follow;
      options.kafka->from_start = options_.from_start;
      options.kafka->grouped = state_->store().is_shared();
      options.kafka->note_places = !options_.no_state && !options_.dry_run;
    } else if (options_.follow && !pipe) {
      options.follow = [this, &config, first] { return with_first(first, list_inputs(config)); };
    }
    options.explain = options_.explain;
    options.pipeline.checkpoints.every_ns = config.bus.checkpoint_every_ns;
    options.pipeline.checkpoints.durable = !options_.no_state;
    options.pipeline.checkpoints.count = metrics_wanted();
    options.pipeline.deliver_timeout_ns = options_.deliver_timeout_ns;
    options.pipeline.shutdown_timeout_ns = options_.shutdown_timeout_ns;
    options.pipeline.deliver = options_.deliver && !options_.dry_run;
    options.pipeline.from_start = options_.from_start;
    options.pipeline.backlog = options_.backlog;
    return options;
  }

  /// What was rotated away since the last run; nothing where all is read from its start.
  Result<RotatedFiles> find_rotated(const Config& config, const InputPaths& inputs) {
    const bool pipe = inputs.files.size() == 1 && is_pipe(inputs.files[0]);
    if (options_.no_state || options_.from_start || pipe || kafka_) return RotatedFiles{};
    auto found = mlmon::find_rotated(state_->store(), [&](const std::string& path) {
      return !options_.paths.empty() ? is_among_paths(options_.paths, path)
                                     : matches_globs(config.input.files, path);
    });
    if (!found) return found;
    for (const std::string& warning : found->warnings) log_.log(LogLevel::kWarn, "", warning);
    return found;
  }

  std::size_t threads() const {
    if (options_.threads > 0) return options_.threads;
    return std::max(1u, std::thread::hardware_concurrency());
  }

  /// Exit code, receipt and summary, all from the same counters.
  int account() {
    if (metrics_ && metrics_->file().error()) fail(metrics_->file().error()->text);
    note_facts(options_, receipt_, facts_);
    const std::string why = too_many_bad(options_, receipt_);
    facts_.too_many_bad = !why.empty();
    if (facts_.too_many_bad) log_.log(LogLevel::kError, "", why);
    receipt_.exit_code = exit_code(facts_);
    // Its text first, so that a run that fails in this counts as failed in the state and the metrics, too; its name
    // last, so that there is none that is not true.
    std::optional<AtomicFile> file = prepare_receipt();
    const int prepared = receipt_.exit_code;
    if (state_) note(state_->keep(receipt_, clock_.now_ns() / kNsPerMs));
    if (metrics_ && is_good(receipt_.exit_code)) note(metrics_->tell_success(counter_helps_));
    if (receipt_.exit_code != prepared) file = prepare_receipt();
    if (file) note(file->publish());
    const std::string summary = summary_of(options_, receipt_, terminal_.is_terminal());
    if (!summary.empty()) terminal_.write(summary);
    return receipt_.exit_code;
  }

  /// None: nobody wants it, or it cannot be written.
  std::optional<AtomicFile> prepare_receipt() {
    if (!options_.receipt) return std::nullopt;
    Result<AtomicFile> file = AtomicFile::prepare(*options_.receipt, to_json(receipt_) + "\n");
    if (file) return std::move(*file);
    note(file.error());
    return std::nullopt;
  }

  /// What fails so late counts, too.
  void note(const Result<void>& done) {
    if (done) return;
    fail(done.error().text);
    receipt_.exit_code = exit_code(facts_);
  }

  bool metrics_wanted() const { return options_.metrics_file && !options_.dry_run; }

  RunOptions options_;
  SystemClock clock_;
  Terminal terminal_;
  Log log_;
  std::mutex poison_mutex_;
  std::vector<PoisonedEvent> poisoned_;  // since the last checkpoint
  std::optional<Quarantine> quarantine_;
  std::unique_ptr<Output> output_;
  ServiceNotifier notifier_;
  std::map<std::string, std::string> counter_helps_;  // of plugins' counters
  std::optional<RunState> state_;
  std::optional<RunMetrics> metrics_;
  std::optional<KafkaSettings> kafka_;  // what is read in place of files
  ModelTable models_;  // the receipt points into it
  Receipt receipt_;
  RunFacts facts_;
  bool outlives_terminal_ = false;
  bool abandoned_ = false;  // a thread hangs in a plugin
  bool bad_configuration_ = false;  // as a plugin found, before anything was read
};

}  // namespace

int run_command(const RunOptions& options) { return Run(options).execute(); }

}  // namespace mlmon
