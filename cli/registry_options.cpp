#include <algorithm>
#include <utility>

#include "cli/subcommand.h"
#include "core/text/quantity.h"

namespace mlmon {
namespace {

void add_lease(Flags& flags, JobsOptions& options) {
  flags.value("--lease", [&](const std::string& text) -> Result<void> {
    const auto ns = parse_duration_ns(text);
    if (!ns || *ns == 0) return expected("a duration like 30m or 2h, more than 0s", text);
    options.lease_ns = *ns;
    return {};
  });
}

void add_worker(Flags& flags, JobsOptions& options) {
  flags.value("--worker", [&](const std::string& text) -> Result<void> {
    if (text.empty()) return expected("a name", text);
    options.worker = text;
    return {};
  });
}

Invocation parse_jobs_list(const std::vector<std::string>& arguments) {
  JobsOptions options;
  Flags flags;
  add_state(flags, options.place);
  std::vector<std::pair<std::string, std::string>> statuses;
  for (const char* status : {"queued", "claimed", "done", "failed", "cancelled"}) {
    statuses.emplace_back(status, status);
  }
  flags.choice<std::string>("--status", options.status, statuses);
  flags.text("--model", options.model);
  flags.on("--json", options.json);
  return finish("jobs list", flags, options, arguments, take_none);
}

Invocation parse_jobs_claim(const std::vector<std::string>& arguments) {
  JobsOptions options;
  options.verb = JobsOptions::Verb::kClaim;
  Flags flags;
  add_state(flags, options.place);
  flags.text("--model", options.model);
  add_lease(flags, options);
  add_worker(flags, options);
  return finish("jobs claim", flags, options, arguments, take_none);
}

/// Of the verbs that are about one job.
Invocation parse_jobs_one(JobsOptions::Verb verb, const std::string& name,
                          const std::vector<std::string>& arguments) {
  using Verb = JobsOptions::Verb;
  JobsOptions options;
  options.verb = verb;
  Flags flags;
  add_state(flags, options.place);
  if (verb == Verb::kShow) flags.on("--json", options.json);
  if (verb == Verb::kRenew) add_lease(flags, options);
  if (verb == Verb::kDone) flags.text("--note", options.note);
  if (verb == Verb::kFail) flags.text("--reason", options.note);
  if (verb != Verb::kShow && verb != Verb::kRetry) add_worker(flags, options);
  return finish("jobs " + name, flags, options, arguments,
                [&](std::vector<std::string> rest) -> Result<void> {
                  if (rest.empty()) return Error{"expected the ID of a job"};
                  options.id = rest[0];
                  rest.erase(rest.begin());
                  if (verb == Verb::kFail && options.note.empty()) {
                    return Error{"expected a --reason"};
                  }
                  return take_none(rest);
                });
}

Invocation parse_jobs_work(const std::vector<std::string>& arguments) {
  JobsOptions options;
  options.verb = JobsOptions::Verb::kWork;
  Flags flags;
  add_state(flags, options.place);
  flags.text("--model", options.model);
  flags.on("--once", options.once);
  add_lease(flags, options);
  add_worker(flags, options);
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  if (end != arguments.end()) options.command.assign(end + 1, arguments.end());
  return finish("jobs work", flags, options, {arguments.begin(), end},
                [&](const std::vector<std::string>& rest) -> Result<void> {
                  if (!rest.empty() && options.command.empty()) {
                    return Error{"unexpected argument " + typed(rest[0]) +
                                 " (the COMMAND comes after --)"};
                  }
                  if (options.command.empty()) return Error{"expected -- and a COMMAND"};
                  return take_none(rest);
                });
}

Result<void> take_ids(OutboxOptions& options, const std::vector<std::string>& rest) {
  for (const std::string& id : rest) {
    const auto known = std::find(options.ids.begin(), options.ids.end(), id);
    if (known == options.ids.end()) options.ids.push_back(id);
  }
  if (options.all == options.ids.empty()) return {};
  return Error{options.all ? "--all and IDs exclude each other"
                           : "expected the ID of an action, or --all"};
}

Invocation parse_outbox_verb(OutboxOptions::Verb verb, const std::string& name,
                             const std::vector<std::string>& arguments) {
  OutboxOptions options;
  options.verb = verb;
  Flags flags;
  add_state(flags, options.place);
  if (verb == OutboxOptions::Verb::kList) {
    flags.on("--json", options.json);
    return finish("outbox " + name, flags, options, arguments, take_none);
  }
  flags.on("--all", options.all);
  return finish("outbox " + name, flags, options, arguments,
                [&](const std::vector<std::string>& rest) { return take_ids(options, rest); });
}

}  // namespace

Invocation parse_jobs(const std::vector<std::string>& arguments) {
  using Verb = JobsOptions::Verb;
  std::vector<Command> commands = {{"list", parse_jobs_list}};
  const auto add = [&](const std::string& name, Verb verb) {
    commands.push_back({name, [name, verb](const std::vector<std::string>& rest) {
                          return parse_jobs_one(verb, name, rest);
                        }});
  };
  add("show", Verb::kShow);
  commands.push_back({"claim", parse_jobs_claim});
  add("renew", Verb::kRenew);
  add("done", Verb::kDone);
  add("fail", Verb::kFail);
  add("cancel", Verb::kCancel);
  add("retry", Verb::kRetry);
  commands.push_back({"work", parse_jobs_work});
  return parse_command("jobs", commands, arguments);
}

Invocation parse_outbox(const std::vector<std::string>& arguments) {
  using Verb = OutboxOptions::Verb;
  std::vector<Command> commands;
  const std::pair<std::string, Verb> verbs[] = {
      {"list", Verb::kList}, {"retry", Verb::kRetry}, {"drop", Verb::kDrop}};
  for (const auto& [name, verb] : verbs) {
    commands.push_back({name, [name = name, verb = verb](const std::vector<std::string>& rest) {
                          return parse_outbox_verb(verb, name, rest);
                        }});
  }
  return parse_command("outbox", commands, arguments);
}

namespace {

Invocation parse_state_copy(const std::vector<std::string>& arguments) {
  UpkeepOptions options;
  options.verb = UpkeepOptions::Verb::kCopy;
  Flags flags;
  flags.on("--json", options.json);
  return finish("state copy", flags, options, arguments, [&](std::vector<std::string> rest) -> Result<void> {
    if (rest.size() < 2 || rest[0].empty() || rest[1].empty()) {
      return Error{"expected FROM and TO, each a state folder or a URL of PostgreSQL"};
    }
    options.from = rest[0];
    options.to = rest[1];
    rest.erase(rest.begin(), rest.begin() + 2);
    return take_none(rest);
  });
}

Invocation parse_state_import(const std::vector<std::string>& arguments) {
  UpkeepOptions options;
  options.verb = UpkeepOptions::Verb::kImport;
  Flags flags;
  add_state(flags, options.place);
  flags.on("--json", options.json);
  return finish("state import", flags, options, arguments, [&](std::vector<std::string> rest) -> Result<void> {
    if (rest.empty() || rest[0].empty()) return Error{"expected a FILE that `mlmon state export` has written, or - for stdin"};
    options.from = rest[0];
    rest.erase(rest.begin());
    return take_none(rest);
  });
}

}  // namespace

Invocation parse_state(const std::vector<std::string>& arguments) {
  using Verb = UpkeepOptions::Verb;
  const auto parse_as = [](Verb verb, const char* name) {
    return [verb, name](const std::vector<std::string>& rest) {
      UpkeepOptions options;
      options.verb = verb;
      Flags flags;
      add_state(flags, options.place);
      if (verb == Verb::kInfo || verb == Verb::kCompact) flags.on("--json", options.json);
      if (verb == Verb::kCompact) {
        flags.duration("--keep", options.keep_ns);
        flags.on("--dry-run", options.dry_run);
      }
      return finish(std::string("state ") + name, flags, options, rest, take_none);
    };
  };
  return parse_command("state", {{"info", parse_as(Verb::kInfo, "info")},
                                 {"compact", parse_as(Verb::kCompact, "compact")},
                                 {"init", parse_as(Verb::kInit, "init")},
                                 {"copy", parse_state_copy},
                                 {"export", parse_as(Verb::kExport, "export")},
                                 {"import", parse_state_import}},
                       arguments);
}

}  // namespace mlmon
