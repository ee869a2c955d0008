#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/file_writer.h"
#include "cli/report/page.h"
#include "cli/separate_files.h"
#include "cli/setup.h"
#include "cli/standard_streams.h"
#include "cli/system_clock.h"
#include "core/input/input_paths.h"
#include "core/store/state_folder.h"
#include "core/store/state_schema.h"
#include "core/text/glob.h"
#include "core/text/url_password.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

const std::vector<std::string> kNoGlobs;

/// One `mlmon report`.
class Report {
 public:
  /// `on_terminal`: somebody is there who may ask where the page went.
  Report(const ReportOptions& options, bool on_terminal, Log& log)
      : options_(options), on_terminal_(on_terminal), log_(log) {}

  int execute() {
    const Result<int> out = claim_stdout();
    if (!out) return refuse(out.error());
    const auto setup =
        set_up(options_.place.config, options_.place.sets, options_.plugin_dirs, log_);
    if (!setup) return kExitUsage;
    const SystemEnvironment environment;
    const Result<std::string> folder =
        state_folder(options_.place.state, setup->config.state.place(), environment);
    if (!folder && options_.place.state) return refuse(folder.error());
    const InputPaths inputs = !options_.paths.empty() ? expand_paths(options_.paths)
                                                      : expand_globs(setup->config.input.files);
    if (const auto apart = check_output(inputs.files, setup->config, folder ? *folder : ""); !apart) {
      return refuse(apart.error());
    }
    content_.made_at = format_rfc3339(from_unix_ns(clock_.now_ns() / kNsPerSecond * kNsPerSecond));
    content_.limits = limits_of(setup->assembly);
    if (folder && holds_state(*folder)) {
      content_.state = without_url_passwords(*folder);
      if (const auto read = read_state(*folder); !read) return fail(read.error());
    }
    for (const Error& error : inputs.errors) note(error);
    read_events(inputs.files, *setup);
    const std::string page = report_page(content_);
    if (leads_to_stdout(options_.output)) return write_stdout(page, *out) ? code_ : kExitFailed;
    if (const auto written = write_atomically(options_.output, page); !written) {
      return fail(written.error());
    }
    const std::string wrote[] = {"wrote " + printable(options_.output)};
    if (on_terminal_) log_.tell_all(wrote);
    return code_;
  }

 private:
  int refuse(const Error& error) {
    log_.log(LogLevel::kError, "", error.text);
    return kExitUsage;
  }

  int fail(const Error& error) {
    log_.log(LogLevel::kError, "", error.text);
    return kExitFailed;
  }

  /// The page is made without what could not be read.
  void note(const Error& error) { code_ = fail(error); }

  Result<void> check_output(const std::vector<std::string>& inputs, const Config& config,
                            const std::string& folder) const {
    if (leads_to_stdout(options_.output)) return {};
    const NamedFile page{options_.output, "the page (-o)"};
    const std::vector<std::string>& globs = options_.paths.empty() ? config.input.files : kNoGlobs;
    if (const auto apart = check_not_found_as_input(page, options_.paths, globs); !apart) return apart;
    std::vector<NamedFile> read;
    if (!folder.empty()) read = state_files(folder);
    for (const std::string& input : inputs) read.push_back({input, input == "-" ? "stdin" : "an input", STDIN_FILENO});
    if (!config.file.empty()) read.push_back({config.file, "the configuration"});
    return check_apart({page}, read);
  }

  Result<Database> open(const std::string& folder) const { return open_state_database(folder, false); }

  bool wants(const std::string& model) const {
    return options_.model.empty() || glob_matches(options_.model, model);
  }

  Result<void> read_state(const std::string& folder) {
    auto database = open(folder);
    if (!database) return database.error();
    auto decisions = Decisions::read(*database);
    if (!decisions) return decisions.error();
    content_.decisions = std::move(*decisions);
    const auto receipts = ReceiptRecord(*database).list(
        [&](const KeptReceipt& receipt) { content_.receipts.push_back(receipt); });
    if (!receipts) return receipts;
    Overview overview(std::move(*database));
    const auto models = overview.models(
        options_.model, [&](const ModelStanding& model) { content_.models.push_back(model); });
    if (!models) return models;
    const auto good = overview.last_good_ms();
    if (!good) return good.error();
    content_.last_good_ms = *good;
    return read_lists(folder);
  }

  Result<void> read_lists(const std::string& folder) {
    auto of_jobs = open(folder), of_outbox = open(folder);
    if (!of_jobs) return of_jobs.error();
    if (!of_outbox) return of_outbox.error();
    JobQueue jobs(std::move(*of_jobs), clock_);
    const auto listed = jobs.list({"", options_.model}, [&](const Job& job) {
      content_.jobs.push_back(job);
      return true;
    });
    if (!listed) return listed;
    OutboxList outbox(std::move(*of_outbox), clock_);
    return outbox.list([&](const OutboxEntry& entry) {
      content_.outbox.push_back(entry);
      return true;
    });
  }

  /// Names in `metrics` that are drawn: those with a limit, and what the files begin with.
  std::vector<std::string> wanted_metrics(const std::vector<std::string>& files, const EventRules& rules,
                                          std::uint64_t max_line) const {
    constexpr std::size_t kMost = 50;
    std::set<std::string> names;
    for (const Limit& limit : content_.limits) names.insert(limit.figure);
    for (const std::string& file : files) {
      if (names.size() >= kMost) break;
      for (const std::string& name : EventHistory::metrics_in(file, rules, max_line)) names.insert(name);
    }
    for (const char* known : {"f1", "accuracy", "precision", "recall", "p_value", "magnitude"}) names.erase(known);
    return {names.begin(), names.end()};
  }

  void read_events(const std::vector<std::string>& files, const Setup& setup) {
    if (files.empty()) return;
    EventRules rules = event_rules(setup.config.input, &clock_);
    for (const AssembledObserver& observer : setup.assembly.observers) {
      for (const std::string& type : observer.types) {
        if (kind_of(type, rules) == 0) rules.foreign_types.push_back(type);
      }
    }
    const std::uint64_t max_line = setup.config.input.max_line;
    std::vector<std::string> metrics = wanted_metrics(files, rules, max_line);
    history_ = std::make_unique<EventHistory>(options_.model, std::move(metrics), std::move(rules), max_line);
    for (const std::string& file : files) {
      if (const auto read = history_->read(file); !read) note(read.error());
    }
    content_.history = history_.get();
    content_.files = files;
  }

  const ReportOptions& options_;
  const bool on_terminal_;
  Log& log_;
  SystemClock clock_;
  ReportContent content_;
  std::unique_ptr<EventHistory> history_;
  int code_ = kExitDone;
};

}  // namespace

int report_command(const ReportOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  return Report(options, terminal.is_terminal(), log).execute();
}

}  // namespace mlmon
