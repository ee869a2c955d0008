#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/find_state.h"
#include "cli/log.h"
#include "cli/model_text.h"
#include "cli/standard_streams.h"
#include "cli/state_rows.h"
#include "cli/system_clock.h"
#include "cli/terminal.h"
#include "core/store/outbox_list.h"
#include "core/store/state_folder.h"
#include "core/store/state_schema.h"
#include "core/text/url_password.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

using Json = nlohmann::ordered_json;
using OutboxVerb = OutboxOptions::Verb;

Json member(const Json& object, const char* name) {
  return object.is_object() ? object.value(name, Json()) : Json();
}

std::string entry_json(const OutboxEntry& entry, const Json& action) {
  const Json json = {
      {"id", entry.id},
      {"endpoint", entry.endpoint},
      {"status", entry.dead ? "dead" : "waiting"},
      {"attempts", entry.attempts},
      {"next_try", entry.next_try_ms == 0 ? Json() : Json(format_unix_ms(entry.next_try_ms))},
      {"error", entry.error.empty() ? Json() : Json(without_url_passwords(entry.error))},
      {"action", member(action, "action")},
      {"rule", member(action, "rule")},
      {"model", member(action, "model")}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string cell_text(const Json& value) {
  return value.is_string() ? printable(value.get<std::string>()) : "-";
}

std::vector<std::string> cells_of(const OutboxEntry& entry, const Json& action,
                                  std::int64_t now_ms) {
  constexpr std::size_t kWidest = 80;
  const Json model = member(action, "model");
  const std::string next = entry.dead                    ? "-"
                           : entry.next_try_ms <= now_ms ? "now"
                                                         : format_unix_ms(entry.next_try_ms);
  return {entry.id,
          printable(entry.endpoint),
          entry.dead ? "dead" : "waiting",
          std::to_string(entry.attempts),
          next,
          cell_text(member(action, "action")),
          cell_text(member(action, "rule")),
          model_name(cell_text(member(model, "name")), cell_text(member(model, "version")),
                     cell_text(member(model, "deployed_at"))),
          entry.error.empty() ? "-" : printable(without_url_passwords(entry.error), kWidest)};
}

int list_outbox(const OutboxOptions& options, OutboxList& outbox, Log& log) {
  StateRows rows({"<id", "<endpoint", "<status", ">attempts", "<next try", "<action", "<rule",
                  "<model", "<error"},
                 "delivery", options.json);
  const std::int64_t now_ms = SystemClock().now_ns() / kNsPerMs;
  const auto listed = outbox.list([&](const OutboxEntry& entry) {
    const Json action = Json::parse(entry.action, nullptr, false);
    if (options.json) return rows.add(entry_json(entry, action));
    return rows.add(cells_of(entry, action, now_ms));
  });
  if (!listed) return failed(listed.error(), log);
  const auto written = rows.finish();
  return written ? kExitDone : failed(written.error(), log);
}

Result<std::int64_t> change_items(const OutboxOptions& options, OutboxList& outbox) {
  if (options.verb == OutboxVerb::kRetry) {
    return options.all ? outbox.retry_all() : outbox.retry(options.ids);
  }
  return options.all ? outbox.drop_all() : outbox.drop(options.ids);
}

int report(OutboxVerb verb, std::int64_t count) {
  const std::string line = fmt::format("{} {} {}\n", count, count == 1 ? "delivery" : "deliveries",
                                       verb == OutboxVerb::kRetry ? "due now" : "dropped");
  return write_stdout(line) ? kExitDone : kExitFailed;
}

}  // namespace

int outbox_command(const OutboxOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const std::optional<std::string> folder = find_state(options.place, log);
  if (!folder) return kExitUsage;
  if (!holds_state(*folder)) {
    if (options.verb == OutboxVerb::kList) return kExitDone;
    if (options.all) return report(options.verb, 0);
    return failed({fmt::format("no delivery of action {} waits or is dead: {} holds no state",
                               options.ids[0], *folder)},
                  log);
  }
  Result<Database> database = open_state_database(*folder, false);
  if (!database) return failed(database.error(), log);
  const SystemClock clock;
  OutboxList outbox(std::move(*database), clock);
  if (options.verb == OutboxVerb::kList) return list_outbox(options, outbox, log);
  const Result<std::int64_t> count = change_items(options, outbox);
  return count ? report(options.verb, *count) : failed(count.error(), log);
}

}  // namespace mlmon
