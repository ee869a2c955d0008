#include "cli/config_template.h"

#include "cli/key_tables.h"
#include "core/config/toml_reader.h"

namespace mlmon {
namespace {

constexpr std::string_view kHead =
    R"(# What `mlmon run` does. Each key is shown with its default, or with an example where it has none:
# to change one, remove the # before it. `mlmon check` says what is wrong, `mlmon config show` what
# is in force, mlmon.toml(5) more about all of this.
)";

void add_keys(std::string& text, const KeyTable& table) {
  for (const KeyText& key : table.keys) {
    if (!key.meaning.empty()) text += "# " + key.meaning + "\n";
    text += "#" + append_key("", key.name) + " = " + key.example + "\n";
  }
}

void add_table(std::string& text, const KeyTable& table) {
  text += "\n";
  if (!table.meaning.empty()) text += "# " + table.meaning + "\n";
  text += (table.repeated ? "#" : "") + table.heading() + "\n";
  add_keys(text, table);
}

void add_observer(std::string& text, const AssembledObserver& observer, const KeyTable* of_each) {
  const mlmon_class& about = observer.library->classes().front().about;
  const std::vector<KeyTable> own =
      plugin_tables(observer.config.name, about.config_schema ? about.config_schema : "{}");
  text += "\n# " + std::string(about.summary) + "\n" + own.front().heading() + "\nplugin = " +
          toml_of("\"" + observer.config.plugin + "\"") + "\n";
  if (of_each) {
    text += "# These keys are the host's; each observer may have them.\n";
    for (const KeyText& key : of_each->keys) {
      if (key.name == "plugin") continue;
      KeyTable one;
      one.keys.push_back(key);
      add_keys(text, one);
    }
    text += "# From here on: keys of the plugin " + observer.config.plugin + ".\n";
  }
  add_keys(text, own.front());
  for (std::size_t i = 1; i < own.size(); ++i) add_table(text, own[i]);
}

}  // namespace

std::string config_template(const std::vector<AssembledObserver>& observers) {
  std::string text(kHead);
  const std::vector<KeyTable> host = host_tables();
  for (const KeyTable& table : host) {
    if (&table != &host.back()) add_table(text, table);
  }
  for (const AssembledObserver& observer : observers) {
    if (observer.library) {
      add_observer(text, observer, &observer == &observers.front() ? &host.back() : nullptr);
    }
  }
  return text;
}

}  // namespace mlmon
