#include "tests/core/config_trial.h"

#include <optional>

namespace mlmon {
namespace {

constexpr const char* kSecret = "tr0ub4dor";

/// One file, a few variables, and a secret's file.
class TrialEnvironment final : public ConfigEnvironment {
 public:
  explicit TrialEnvironment(const std::string& text) : text_(text) {}

  std::optional<std::string> variable(const std::string& name) const override {
    if (name == "HOME") return "/home/me";
    return name == "TOKEN" ? std::optional<std::string>(kSecret) : std::nullopt;
  }
  bool exists(const std::string& path) const override { return path == "m.toml"; }
  Result<FileText> read(const std::string& path, std::size_t) const override {
    if (path == "m.toml") return FileText{text_, user(), 0644};
    if (path.ends_with("secret")) return FileText{std::string(kSecret) + "\n", user(), 0600};
    return Error{"No such file or directory"};
  }
  std::uint32_t user() const override { return 1000; }

 private:
  const std::string& text_;
};

std::vector<std::string> texts_of(const ConfigLoad& load) {
  std::vector<std::string> texts;
  for (const ConfigError& error : load.errors) texts.push_back(error.to_string());
  return texts;
}

bool has_place(const std::string& error) {
  return (error.starts_with("m.toml") || error.starts_with("--set")) && error.find(": ") != error.npos;
}

}  // namespace

bool tells_secret(const std::string& text) { return text.find(kSecret) != text.npos; }

ConfigTrial::ConfigTrial(const std::string& text, bool found_by_itself, const std::vector<std::string>& sets) {
  const TrialEnvironment environment(text);
  const ConfigSources sources{"m.toml", found_by_itself, sets};
  load_ = load_config(sources, environment);
  errors_ = texts_of(load_);
  errors_again_ = texts_of(load_config(sources, environment));
}

std::string ConfigTrial::broken_promise() const {
  if (errors_ != errors_again_) return "other errors the second time";
  if (!is_toml() && errors_.empty()) return "no configuration and no error";
  for (const std::string& error : errors_) {
    if (tells_secret(error)) return "an error tells the secret: " + error;
    if (!has_place(error)) return "an error without a place: " + error;
  }
  if (!errors_.empty()) return {};
  for (const auto& [key, given] : load_.config->given) {
    if (!given.secret && tells_secret(given.json)) return "a value tells the secret: " + key + " = " + given.json;
  }
  return {};
}

}  // namespace mlmon
