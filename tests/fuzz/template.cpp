// Any first line as a template, for text and for JSON; the rest is an action, or else there is a usual one.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/fuzz/fuzz.h"
#include "tests/plugins/template_trial.h"

namespace mlmon::templates {
namespace {

constexpr const char* kUsual =
    R"({"action":"retrain","id":"01ID","observer":"o","rule":"f1","reason":"f1 is \"low\"","model":{"name":"{id}","version":"2.1.0",)"
    R"("deployed_at":"2026-01-01T00:00:00Z"},"metric":"f1","value":0.7125,"threshold":0.75,"labels":{"team":"a\\b"},)"
    R"("event_time":"2026-02-01T08:00:00Z","source":"e.ndjson","line":17,"offset":3456})";

/// What the host writes: JSON, nested as an event may be. At a NUL byte nlohmann's input ends, and it takes a byte order mark.
bool is_action(const std::string& text) {
  const bool shallow = std::count_if(text.begin(), text.end(), [](char c) { return c == '{' || c == '['; }) < 900;
  return text.starts_with('{') && text.find('\0') == text.npos && shallow && nlohmann::json::accept(text);
}

void try_template(const std::string& text, const std::string& action) {
  const TemplateTrial trial(text);
  require_nothing("a template", trial.broken_promise());
  if (trial.taken()) require_nothing("a template's text", trial.broken_promise(action));
  const JsonTextTrial json(text);
  if (json.taken()) require_nothing("a template of JSON", json.broken_promise(action));
}

}  // namespace
}  // namespace mlmon::templates

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlmon::templates;
  mlmon::FuzzInput input(data, size);
  const std::string text = as_utf8(input.before("\n")), rest = input.rest();
  try_template(text, is_action(rest) ? rest : kUsual);
  return 0;
}
