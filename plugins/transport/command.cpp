#include "plugins/transport/command.h"

#include <cstring>
#include <system_error>

#include "plugins/transport/endpoint_keys.h"
#include "plugins/transport/excerpt.h"
#include "plugins/transport/process.h"

namespace mlmon::transport {
namespace {

constexpr int kTryAgain = 75;  // EX_TEMPFAIL of sysexits.h

std::vector<std::pair<std::string, std::string>> describe(const Item& item) {
  const Json action = item.read();
  const Json& model = action.at("model");
  const std::string reason = action.has("reason")    ? action.text("reason")
                             : action.has("subject") ? action.text("subject")
                                                     : "";
  return {{"MLMON_JOB_ID", std::string(item.id())},
          {"MLMON_MODEL_NAME", model.text("name")},
          {"MLMON_MODEL_VERSION", model.text("version")},
          {"MLMON_REASON", reason}};
}

std::string signal_name(int number) {
  const char* name = sigabbrev_np(number);
  return name ? "SIG" + std::string(name) : "signal " + std::to_string(number);
}

}  // namespace

CommandSettings read_command_settings(const Json& endpoint, std::int64_t timeout_ms) {
  CommandSettings settings;
  settings.timeout_ms = timeout_ms;
  const Json& command = endpoint.at("command");
  for (const Json& word : command.items()) settings.words.push_back(text_without_nul(word));
  if (settings.words.empty() || settings.words.front().empty()) {
    throw config_error(command.path() + ": expected the name of a program first");
  }
  if (!endpoint.has("env")) return settings;
  const Json& env = endpoint.at("env");
  for (const std::string& name : env.names()) {
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != name.npos) {
      throw config_error(env.path() + ": expected the name of a variable, got \"" + name + "\"");
    }
    settings.env.emplace_back(name, text_without_nul(env.at(name)));
  }
  return settings;
}

Command::Command(CommandSettings settings) : settings_(std::move(settings)) {}

Outcome Command::send(const Item& item, const Cancelled& cancelled) {
  if (cancelled()) return interrupted();
  auto variables = settings_.env;
  for (auto& variable : describe(item)) variables.push_back(std::move(variable));
  const Ending ending = run_process(settings_.words, variables, std::string(item.json()) + "\n",
                                    settings_.timeout_ms, cancelled);
  switch (ending.how) {
    case Ending::How::kNotStarted:
      // It may just be being replaced, or the system may have no processes left.
      return Outcome::retry(settings_.words.front() + ": " +
                            std::generic_category().message(ending.number));
    case Ending::How::kCancelled:
      return interrupted();
    case Ending::How::kTimeout:
      return Outcome::retry(with_excerpt(
          "time-out after " + std::to_string(settings_.timeout_ms) + " ms", ending.said));
    case Ending::How::kSignal:
      return Outcome::dead(with_excerpt("ended by " + signal_name(ending.number), ending.said));
    case Ending::How::kLost:
      return Outcome::dead(with_excerpt("its exit code is lost: SIGCHLD is ignored", ending.said));
    case Ending::How::kExit:
      break;
  }
  if (ending.number == 0) return Outcome::delivered();
  std::string text = with_excerpt("exit code " + std::to_string(ending.number), ending.said);
  return ending.number == kTryAgain ? Outcome::retry(std::move(text))
                                    : Outcome::dead(std::move(text));
}

}  // namespace mlmon::transport
