#include <fmt/format.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/bad_line_report.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/file_writer.h"
#include "cli/log.h"
#include "cli/progress.h"
#include "cli/quarantine.h"
#include "cli/setup.h"
#include "cli/signals.h"
#include "cli/standard_streams.h"
#include "cli/summary.h"
#include "cli/system_clock.h"
#include "cli/terminal.h"
#include "core/input/input_paths.h"
#include "core/run/pipeline.h"
#include "core/run/source_book.h"
#include "core/store/receipt_record.h"
#include "core/store/sqlite_store.h"
#include "core/store/state_folder.h"
#include "core/store/state_schema.h"

namespace mlmon {
namespace {

std::string random_id() {
  unsigned char bytes[16] = {};
  if (getrandom(bytes, sizeof bytes, 0) < 0) return "0";
  std::string id;
  for (const unsigned char byte : bytes) id += fmt::format("{:02x}", byte);
  return id;
}

std::uint64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::string now_text(const Clock& clock) {
  // Milliseconds are what a person can use.
  return format_rfc3339(from_unix_ns(clock.now_ns() / 1'000'000 * 1'000'000));
}

bool is_pipe(const std::string& path) {
  struct stat status {};
  return path == "-" || (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode));
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
    // Before plugins are loaded: what they print must not get between the actions.
    const Result<int> stdout_fd = claim_stdout();
    if (!stdout_fd) return refuse(stdout_fd.error());
    std::optional<Setup> setup =
        set_up(options_.config, options_.sets, options_.plugin_dirs, log_, options_.observers);
    if (!setup) return kExitUsage;
    const InputPaths inputs = find_inputs(setup->config);
    if (const auto followable = check_followable(inputs.files); !followable) {
      return refuse(followable.error());
    }
    const Result<void> opened = open_files(inputs.files, *stdout_fd);
    if (!opened && !is_trouble_of_a_disk(opened.error())) return refuse(opened.error());
    if (const auto apart = check_outputs(list_inputs(setup->config).files); !apart) {
      return refuse(apart.error());
    }
    const Result<void> ready = opened ? open_store(setup->config.state.dir) : opened;

    receipt_.run_id = random_id();
    receipt_.started_at = now_text(clock_);
    const std::int64_t started_ns = clock_.monotonic_ns();
    if (ready) {
      run(*setup, inputs);
    } else {
      fail(ready.error().text);
    }
    if (bad_configuration_) return kExitUsage;
    receipt_.ended_at = now_text(clock_);
    receipt_.seconds = static_cast<double>(clock_.monotonic_ns() - started_ns) / 1e9;
    receipt_.peak_rss_bytes = peak_rss_bytes();
    return account();
  }

 private:
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
    if (terminal) log_.tell("reading events from the terminal; Ctrl-D ends them");
    if (!options_.follow) {
      for (const Error& error : inputs.errors) fail(error.text);
    }
    for (const std::string& folder : inputs.empty_folders) {
      log_.say(LogLevel::kWarn, "input",
               folder + ": holds no *.ndjson or *.jsonl files (or such with .gz or .zst)");
    }
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

  /// Opens what is written to. An error: one of them cannot be, and nothing was done.
  Result<void> open_files(const std::vector<std::string>& inputs, int stdout_fd) {
    if (options_.quarantine) {
      if (const auto other = check_not_an_input(*options_.quarantine, inputs); !other) return other;
      Result<Quarantine> opened = Quarantine::open(*options_.quarantine);
      if (!opened) return opened.error();
      quarantine_.emplace(std::move(*opened));
    }
    if (options_.receipt) {
      if (const auto other = check_not_an_input(*options_.receipt, inputs); !other) return other;
    }
    if (writes_stdout()) {
      output_ = std::make_unique<FdOutput>(stdout_fd, "stdout");
      return {};
    }
    if (const auto other = check_not_an_input(options_.output, inputs); !other) return other;
    if (options_.quarantine && same_file(*options_.quarantine, options_.output)) {
      return Error{options_.output + ": is the quarantine, it cannot be the output as well"};
    }
    if (!options_.no_state) {
      auto file = FileOutput::open(options_.output);
      if (!file) return file.error();
      output_ = std::move(*file);
      return {};
    }
    const Result<int> file = replace_file(options_.output);
    if (!file) return file.error();
    output_ = std::make_unique<FdOutput>(*file, options_.output);
    return {};
  }

  /// A file that was made just now may lie in a folder of inputs.
  Result<void> check_outputs(const std::vector<std::string>& inputs) const {
    if (options_.quarantine) {
      if (const auto apart = check_not_an_input(*options_.quarantine, inputs); !apart) return apart;
    }
    return writes_stdout() ? Result<void>() : check_not_an_input(options_.output, inputs);
  }

  /// The other name would lead to where stdout points by now, see claim_stdout().
  bool writes_stdout() const {
    return options_.output == "-" || options_.output == "/dev/stdout";
  }

  /// What is kept between runs, or a temporary store in its place.
  Result<void> open_store(const std::string& configured) {
    Result<std::unique_ptr<Store>> store = open_store_in(configured);
    if (!store) return store.error();
    store_ = std::move(*store);
    return {};
  }

  Result<std::unique_ptr<Store>> open_store_in(const std::string& configured) {
    if (options_.no_state) return open_temporary_store();
    const SystemEnvironment environment;
    const Result<std::string> folder = state_folder(options_.state, configured, environment);
    if (!folder) return folder.error();
    if (options_.dry_run) {
      return holds_state(*folder) ? open_copy_store(*folder) : open_temporary_store();
    }
    if (const auto made = make_state_folder(*folder); !made) return made.error();
    Result<RunLock> lock = RunLock::take(*folder, options_.lock_timeout_ns, clock_);
    if (!lock) return lock.error();
    lock_.emplace(std::move(*lock));
    state_folder_ = *folder;
    return open_state_store(*folder);
  }

  int refuse(const Error& error) {
    log_.log(LogLevel::kError, "", error.text);
    return kExitUsage;
  }

  void fail(const std::string& why) {
    log_.log(LogLevel::kError, "", why);
    facts_.failed = true;
  }

  void run(const Setup& setup, const InputPaths& inputs) {
    SignalWatch signals(options_.shutdown_timeout_ns,
                        log_.line(LogLevel::kError, "", "the shutdown timeout is over, giving up"));
    Result<Wakeup> wakeup = Wakeup::open();
    if (!wakeup) return fail(wakeup.error().text);
    const auto wake = [&] { wakeup->wake(); };

    IntakeOptions intake_options;
    intake_options.paths = inputs.files;
    intake_options.max_line = setup.config.input.max_line;
    intake_options.threads = threads();
    intake_options.stop_at_bad = options_.stop_at_bad;
    BadLineReport bad_lines(log_, quarantine_ ? &*quarantine_ : nullptr);
    const auto wishes = std::make_shared<EventWishes>(event_rules(setup.config.input));
    const ObserverSurroundings surroundings{
        wishes, options_.explain, options_.from_start, models_, log_, wake, [&](std::string_view id) {
          const Result<bool> ended = store_->has_ended(id, options_.from_start);
          return ended && *ended;
        }};
    std::vector<std::string> names;
    std::vector<ObserverState> states;
    for (const AssembledObserver& assembled : setup.assembly.observers) {
      names.push_back(assembled.config.name);
      if (const auto loaded = load_state(names.back(), models_, states.emplace_back()); !loaded) {
        return fail(loaded.error().text);
      }
    }
    std::vector<PipelineObserver> observers =
        start_observers(setup.assembly.observers, std::move(states), surroundings);
    bad_configuration_ = tell_config_errors(observers, log_);
    if (bad_configuration_) return;
    const EventRules rules = intake_options.rules = wishes->rules();
    SourceBook book(*store_, names, options_.from_start);
    std::optional<Follower> follower;
    const bool pipe = inputs.files.size() == 1 && is_pipe(inputs.files[0]);
    if (options_.follow && !pipe) {
      follower.emplace([&] { return list_inputs(setup.config); }, clock_);
      intake_options.follower = &*follower;
    }
    intake_options.reopen_fifo = options_.follow && pipe && inputs.files[0] != "-";
    if (!options_.no_state || follower) intake_options.book = &book;
    Intake intake(std::move(intake_options), models_, bad_lines, wake);
    intake.on_error = [&](const Error& error) {
      log_.log(LogLevel::kError, "", error.text + " (trying again)");
    };

    OutputAside output(*output_, terminal_);
    PipelineOptions pipeline_options;
    pipeline_options.checkpoint_every_ns = setup.config.bus.checkpoint_every_ns;
    pipeline_options.deliver_timeout_ns = options_.deliver_timeout_ns;
    pipeline_options.shutdown_timeout_ns = options_.shutdown_timeout_ns;
    pipeline_options.deliver = options_.deliver && !options_.dry_run;
    pipeline_options.durable = !options_.no_state;
    pipeline_options.from_start = options_.from_start;
    pipeline_options.backlog = options_.backlog;
    Pipeline pipeline(
        {intake, observers, models_, rules, *store_, output, clock_, log_, *wakeup},
        pipeline_options);
    std::optional<ProgressLine> progress;
    if (wants_progress(options_.progress, options_.verbosity, terminal_.is_terminal())) {
      progress.emplace(terminal_, clock_);
    }
    if (progress || quarantine_) {
      pipeline.on_progress = [&](const Progress& now) {
        if (progress) progress->show(now);
        if (quarantine_) quarantine_->flush();
      };
    }
    if (quarantine_) pipeline.before_commit = [&] { quarantine_->flush(); };
    signals.on_signal([&](int) { pipeline.stop(); });
    const Result<void> ran = pipeline.run();
    signals.on_signal({});
    progress.reset();

    if (!ran) fail(ran.error().text);
    for (const Error& error : intake.errors()) {
      if (!follower) log_.log(LogLevel::kError, "", error.text);  // else it was told already
      facts_.failed = true;
    }
    for (const std::string& failure : pipeline.failures()) fail(failure);
    bad_lines.finish(intake.sources());
    if (quarantine_ && quarantine_->error()) fail(quarantine_->error()->text);

    receipt_.sources = intake.sources();
    receipt_.observers = pipeline.observer_receipts();
    receipt_.actions = pipeline.actions();
    receipt_.models = model_receipts(pipeline.tally(), models_);
    facts_.interrupted = signals.received() == SIGINT;
  }

  Result<void> load_state(const std::string& observer, ModelTable& models, ObserverState& state) {
    if (options_.no_state) return {};
    return store_->load_state(
        observer, models,
        [&](std::uint32_t model, std::string_view key, std::string_view value) {
          state.load(model, key, value);
        });
  }

  std::size_t threads() const {
    if (options_.threads > 0) return options_.threads;
    return std::max(1u, std::thread::hardware_concurrency());
  }

  /// Exit code, receipt and summary, all from the same counters.
  int account() {
    for (const ObserverReceipt& observer : receipt_.observers) {
      facts_.failed |= !observer.failure.empty();
    }
    judge_bad_lines(receipt_.bad(), receipt_.lines() - receipt_.empty());
    const FailOn fail_on = options_.fail_on;
    facts_.alert_fired = receipt_.actions.alerts_fired > 0 &&
                         (fail_on == FailOn::kAlert || fail_on == FailOn::kAny);
    facts_.retrain_requested = receipt_.actions.retrains_requested > 0 &&
                               (fail_on == FailOn::kRetrain || fail_on == FailOn::kAny);
    const ActionCounts& actions = receipt_.actions;
    facts_.undelivered =
        actions.waiting + actions.dead + actions.waiting_from_before + actions.died > 0;
    receipt_.exit_code = exit_code(facts_);
    keep_receipt();
    if (options_.receipt) {
      const Result<void> written = write_atomically(*options_.receipt, to_json(receipt_) + "\n");
      if (!written) {
        fail(written.error().text);
        receipt_.exit_code = exit_code(facts_);
      }
    }
    summarize();
    return receipt_.exit_code;
  }

  /// In the state, for `mlmon status`.
  void keep_receipt() {
    if (state_folder_.empty() || !store_) return;
    Receipt kept = receipt_;
    kept.models.clear();
    Result<Database> database = open_state_database(state_folder_, false);
    const Result<void> done =
        database ? ReceiptRecord(*database).add(
                       {clock_.now_ns() / 1'000'000, receipt_.exit_code, to_json(kept)})
                 : database.error();
    if (done) return;
    fail(done.error().text);
    receipt_.exit_code = exit_code(facts_);
  }

  /// Too many are told of together with the reason why they are.
  void judge_bad_lines(std::uint64_t bad, std::uint64_t lines) {
    std::string why;
    if (bad > 0 && options_.stop_at_bad) {
      why = "stopped before the first bad line (--bad-lines stop)";
    } else if (options_.max_bad && options_.max_bad->exceeded_by(bad, lines)) {
      why = fmt::format("{} of {} lines bad, more than --max-bad allows", bad, lines);
    } else if (bad > 0 && receipt_.events() == 0) {
      why = "not one line is an event";
    }
    facts_.too_many_bad = !why.empty();
    if (facts_.too_many_bad) log_.log(LogLevel::kError, "", why);
  }

  void summarize() {
    const bool as_text = options_.log_format == LogFormat::kText;
    switch (options_.summary) {
      case SummaryFormat::kNone:
        return;
      case SummaryFormat::kJson:
        return terminal_.write(to_json(receipt_) + "\n");
      case SummaryFormat::kAuto:
        if (options_.verbosity < 0) return;
        if (!terminal_.is_terminal() && !went_wrong(receipt_)) return;
        if (!as_text) return terminal_.write(to_json(receipt_) + "\n");
        [[fallthrough]];
      case SummaryFormat::kText:
        return terminal_.write(summary_text(receipt_));
    }
  }

  const RunOptions& options_;
  SystemClock clock_;
  Terminal terminal_;
  Log log_;
  std::optional<Quarantine> quarantine_;
  std::unique_ptr<Output> output_;
  std::string state_folder_;  // empty: nothing is kept
  std::optional<RunLock> lock_;  // before the store: released after it
  std::unique_ptr<Store> store_;
  ModelTable models_;  // the receipt points into it
  Receipt receipt_;
  RunFacts facts_;
  bool bad_configuration_ = false;  // as a plugin found, before anything was read
};

}  // namespace

int run_command(const RunOptions& options) { return Run(options).execute(); }

}  // namespace mlmon
