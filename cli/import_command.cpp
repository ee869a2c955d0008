#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/setup.h"
#include "cli/spool.h"
#include "core/import/document.h"
#include "core/import/format.h"
#include "core/import/importer.h"
#include "core/import/rows.h"
#include "core/input/input.h"
#include "core/run/assembly.h"

namespace mlmon {
namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::size_t kLargestDocument = 512 * 1024 * 1024;

using AnyFormat = std::variant<DocumentFormat, std::function<std::unique_ptr<RowFormat>()>>;

Result<AnyFormat> format_of(const ImportOptions& options) {
  const ImportChoices& choices = options.choices;
  if (options.format == "evidently") return AnyFormat(evidently_format(choices));
  if (options.format == "alibi") return AnyFormat(alibi_format(choices));
  if (options.format == "mlflow") return AnyFormat(mlflow_format(choices));
  if (options.format == "sagemaker") return AnyFormat(sagemaker_format());
  if (options.format == "json") {
    auto format = json_format(choices);
    if (!format) return format.error();
    return AnyFormat(std::move(*format));
  }
  if (options.format == "nannyml") return AnyFormat([&choices] { return nannyml_format(choices); });
  if (auto format = csv_format(choices); !format) return format.error();
  return AnyFormat([&choices] { return std::move(*csv_format(choices)); });
}

/// Calls take(piece) until the input ends.
Result<void> read_all(Input& input, const std::function<Result<void>(std::string_view)>& take) {
  std::string piece(kPiece, '\0');
  for (;;) {
    if (input.poll_fd() >= 0 && !input.ready()) {
      pollfd waits{input.poll_fd(), POLLIN, 0};
      if (::poll(&waits, 1, -1) < 0) continue;  // EINTR
    }
    const auto got = input.read(piece.data(), piece.size());
    if (!got) return got.error();
    if (*got == 0) return {};
    if (*got == Input::kNothingYet) continue;
    if (auto taken = take(std::string_view(piece).substr(0, *got)); !taken) return taken;
  }
}

Result<void> import_document(Input& input, const DocumentFormat& format, Importer& importer) {
  std::string text;
  auto read = read_all(input, [&](std::string_view piece) -> Result<void> {
    text += piece;
    if (text.size() > kLargestDocument) return Error{"expected at most 512 MiB"};
    return {};
  });
  if (!read) return read;
  return read_documents(text, [&](const ImportJson& document) { return format(document, importer); });
}

Result<void> import_rows(Input& input, RowFormat& format, char delimiter, Importer& importer) {
  Rows rows(format, delimiter, importer);
  auto read = read_all(input, [&](std::string_view piece) -> Result<void> {
    if (auto added = rows.add(piece); !added) return added;
    if (importer.error()) return *importer.error();
    return {};
  });
  return read ? rows.end() : read;
}

/// What became of the files so far.
class Import {
 public:
  Import(const ImportOptions& options, AnyFormat format, EventRules rules, Log& log)
      : options_(options), format_(std::move(format)), rules_(std::move(rules)), log_(log) {}

  void add(const std::string& path);
  int finish();

 private:
  Result<void> read(const std::string& path);
  Result<void> read_into(Input& input, Importer& importer);

  const ImportOptions& options_;
  const AnyFormat format_;
  const EventRules rules_;
  Log& log_;
  Spool spool_;
  bool failed_ = false, incomplete_ = false;
};

void Import::add(const std::string& path) {
  const std::uint64_t before = spool_.size();
  const auto done = read(path);
  if (done) return;
  // Input's errors name the path themselves.
  const std::string text = done.error().text;
  log_.log(LogLevel::kError, "", text.starts_with(path + ": ") ? text : path + ": " + text);
  failed_ = true;
  spool_.cut(before);
}

Result<void> Import::read(const std::string& path) {
  auto input = open_input(path);
  if (!input) return input.error();
  ImportGiven given = options_.given;
  if (options_.at_mtime) {
    struct stat status {};
    const int fd = (*input)->file_fd();
    if (fd < 0 || ::fstat(fd, &status) != 0) {
      log_.log(LogLevel::kError, "", path + ": is not a file whose time of change is known: give --at T");
      incomplete_ = true;
      return {};
    }
    given.at = Instant{status.st_mtim.tv_sec, static_cast<std::int32_t>(status.st_mtim.tv_nsec)};
  }
  Importer importer(given, rules_, [this](std::string_view lines) { spool_.add(lines); });
  if (auto done = read_into(**input, importer); !done) return done;
  if (importer.error()) return *importer.error();
  for (const std::string& needed : importer.needed()) {
    log_.log(LogLevel::kError, "", path + ": " + needed);
    incomplete_ = true;
  }
  if (!importer.needed().empty()) return {};
  for (const std::string& warning : importer.warnings()) {
    log_.log(LogLevel::kWarn, "", path + ": " + warning);
  }
  if (importer.events() == 0) log_.log(LogLevel::kWarn, "", path + ": holds nothing to import");
  return {};
}

Result<void> Import::read_into(Input& input, Importer& importer) {
  if (const auto* document = std::get_if<DocumentFormat>(&format_)) {
    return import_document(input, *document, importer);
  }
  const auto format = std::get<1>(format_)();
  return import_rows(input, *format, options_.choices.delimiter, importer);
}

int Import::finish() {
  if (incomplete_) return kExitUsage;
  if (const auto printed = spool_.print(); !printed) {
    log_.log(LogLevel::kError, "", printed.error().text);
    return kExitFailed;
  }
  return failed_ ? kExitFailed : kExitDone;
}

/// What `run` would refuse of what was given, whatever a file says; nothing: it is right.
std::optional<std::string> complaint_about(const ImportGiven& given, const EventRules& rules) {
  EventDraft draft(kMetrics);
  const auto put = [&](Field field, const std::string& text) { draft.put_text({field, {}, {}}, text); };
  const std::string any_time = "2026-01-01T00:00:00Z";
  put(Field::kName, given.name.empty() ? "name" : given.name);
  put(Field::kVersion, given.version.empty() ? "1.0.0" : given.version);
  put(Field::kDeployedAt, given.deployed_at ? format_rfc3339(*given.deployed_at) : any_time);
  put(Field::kCapturedAt, given.at ? format_rfc3339(*given.at) : any_time);
  put(Field::kF1, "1");
  for (const auto& [name, value] : given.labels) draft.put_text({Field::kLabels, name, {}}, value);
  std::string line;
  draft.append_line(line);
  Event event;
  BadLine bad;
  if (EventParser(rules).parse(line, false, event, bad)) return std::nullopt;
  return std::string(to_string(bad.reason)) + ": " + bad.detail;
}

}  // namespace

int import_command(const ImportOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const auto input = read_input_config(options.config, options.sets, log);
  if (!input) return kExitUsage;
  EventRules rules = event_rules(*input);
  auto format = format_of(options);
  const auto complaint = format ? complaint_about(options.given, rules) : format.error().text;
  if (complaint) {
    log.log(LogLevel::kError, "", *complaint);
    return kExitUsage;
  }
  Import import(options, std::move(*format), std::move(rules), log);
  for (const std::string& path : options.paths) import.add(path);
  return import.finish();
}

}  // namespace mlmon
