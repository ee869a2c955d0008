// mlmon/testing.hpp - a host for unit tests in C++: an observer is created with a configuration, gets events, and what
// it decided, counted and kept can be read. Of mlmon nothing runs; <mlmon/testing.h> says what is the same as there.
//
//   mlmon::testing::Host host(R"({"below":0.8})");
//   host.feed(mlmon::testing::event("metrics", "fraud", "2026-02-01T08:00:00Z", R"("metrics":{"auc":0.7})"));
//   assert(host.actions().at(0).state == "firing");
//
// Link the test with the plugin's sources.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "json.hpp"
#include "testing.h"

#pragma GCC visibility push(hidden)
namespace mlmon {
inline namespace v1 {
namespace testing {

/// An action, a suppression or an event that was emitted; what does not apply is empty.
struct Decision {
  std::string type;  // of a suppression: of the action that was held back
  std::string rule, state, why;
  Json fields;
  std::string model, version, deployed_at;
  std::int64_t time_ns;   // of the event, or of the tick
  std::int64_t until_ns;  // of a suppression; 0: not told
  std::uint64_t line;     // of all lines that the host was fed, from 1; 0: a tick
};

/// One line: an event of a model called so, version 1.0.0. `members`: the inside of a JSON object.
inline std::string event(std::string_view type, std::string_view model, std::string_view time,
                         std::string_view members = {}) {
  const char* at = type == "metrics" ? "captured_at" : type == "drift" ? "detected_at" : "at";
  const std::string deployed_at = "2026-01-01T00:00:00Z";
  Fields of_model, line;
  of_model.text("name", model).text("version", "1.0.0").text("deployed_at", deployed_at);
  std::string text = line.text("type", type).json("model", of_model.str()).text(at, time).str();
  if (!members.empty()) text.insert(text.size() - 1, ",").insert(text.size() - 1, members);
  return text + '\n';
}

/// One observer and its host. What the observer refuses or fails with is a std::runtime_error with its text, after
/// which nothing more is called.
class Host {
 public:
  /// The plugin's first class. `config`: its own keys as JSON.
  explicit Host(const std::string& config = "{}")
      : Host(*mlmon_plugin_entry_v1(nullptr)->classes[0], config) {}

  Host(const mlmon_class& of, std::string config) : config_(std::move(config)) {
    host_ = mlmon_testing_new(&of, config_.c_str());
    if (host_->code != MLMON_OK) {
      const std::string error = host_->error;
      mlmon_testing_free(host_);
      throw std::runtime_error(error);
    }
  }
  ~Host() { mlmon_testing_free(host_); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// Events, one JSON object a line: one batch, but that it is cut at ticks.
  void feed(const std::string& lines) { check(mlmon_testing_feed(host_, lines.c_str())); }
  void finish() { check(mlmon_testing_finish(host_)); }

  /// Ends the instance and begins another from what it kept, as the next run of mlmon does.
  void restart() { check(mlmon_testing_restart(host_)); }
  void migrate(std::uint32_t from_version) { check(mlmon_testing_migrate(host_, from_version)); }
  void explaining(bool shown) { host_->explaining = shown ? 1 : 0; }  // fields of suppressions

  // All of them so far.
  std::vector<Decision> actions() const { return decisions(host_->actions); }
  std::vector<Decision> suppressed() const { return decisions(host_->suppressed); }
  std::vector<Decision> emitted() const { return decisions(host_->emitted); }
  std::uint64_t counter(const std::string& name) const { return mlmon_testing_counter(host_, name.c_str()); }
  std::string log() const { return host_->log; }

  // Of the model with this name; "": of none.
  std::optional<std::string> kept(const std::string& model, const std::string& key) const {
    const char* value = mlmon_testing_state(host_, model.empty() ? nullptr : model.c_str(), key.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  }
  void keep(const std::string& model, const std::string& key, const std::string& value) {
    mlmon_testing_keep(host_, model.empty() ? nullptr : model.c_str(), key.c_str(), value.c_str());
  }
  std::string explain(const std::string& model) const { return mlmon_testing_explain(host_, model.c_str()); }

 private:
  void check(std::int32_t code) const {
    if (code != MLMON_OK) throw std::runtime_error(host_->error);
  }

  static std::vector<Decision> decisions(const mlmon_testing_decisions& all) {
    std::vector<Decision> out;
    for (std::size_t i = 0; i < all.n; ++i) {
      const mlmon_testing_decision& one = all.at[i];
      out.push_back({one.type, one.rule, one.state, one.why, Json::parse(one.fields), one.model, one.version,
                     one.deployed_at, one.time_ns, one.until_ns, one.line});
    }
    return out;
  }

  std::string config_;
  mlmon_testing* host_;
};

}  // namespace testing
}  // namespace v1
}  // namespace mlmon
#pragma GCC visibility pop
