#pragma once

#include <mlmon/plugin.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace mlmon::testing {

/// A plugin file, loaded as mlmon loads it and never unloaded. Throws if it cannot be.
const mlmon_plugin& load_plugin(const std::string& path);

/// One event as a test writes it; what it leaves out is absent.
struct Row {
  mlmon_model model = 1;
  std::uint32_t kind = MLMON_KIND_METRICS;
  std::int64_t time_ns = 0;
  double f1 = NAN, p_value = NAN, magnitude = NAN;
  double accuracy = NAN, precision = NAN, recall = NAN;
  std::int64_t samples = -1;
  std::string raw = "{}";
};

Row metrics(mlmon_model model, double f1, std::int64_t time_ns = 0);
Row drift(mlmon_model model, double p_value, double magnitude = NAN, std::int64_t time_ns = 0);

/// Owns the columns of a batch.
class Columns {
 public:
  explicit Columns(const std::vector<Row>& rows, std::vector<std::uint32_t> selected = {});
  Columns(const Columns&) = delete;
  const mlmon_batch& batch() const { return batch_; }

  /// Adds the columns of projections: pointer and MLMON_COLUMN_*.
  void project(const std::vector<std::pair<std::string, std::uint32_t>>& projections);

 private:
  std::vector<std::int64_t> time_ns_, samples_;
  std::vector<mlmon_model> model_;
  std::vector<std::uint32_t> kind_, selected_, raw_off_, raw_len_;
  std::vector<double> accuracy_, precision_, recall_, f1_, p_value_, magnitude_;
  std::vector<std::uint64_t> line_, offset_;
  std::string raw_;
  mlmon_batch batch_ = {};

  struct Projected {
    std::vector<double> numbers;
    std::vector<std::int64_t> integers;
    std::vector<std::uint32_t> text_off, text_len;
    std::string text;
    mlmon_column column = {};
  };
  std::vector<std::unique_ptr<Projected>> projected_;
  std::vector<const mlmon_column*> columns_;
};

/// A decision as the host got it: an action, or a suppression, whose `why` is set.
struct Decision {
  std::uint32_t row;
  mlmon_model model;
  std::string type, rule, transition, why;
  nlohmann::ordered_json fields;  // null: none
  std::int64_t until_ns = 0;      // of a suppression; 0: not told
  std::size_t number = 0;         // actions and suppressions are numbered in one row
};

/// Drives the observer role of a class through the C ABI and nothing else. What it passes in is
/// gone after the call, so that the address sanitizer sees a plugin that keeps it. Models are
/// called "model-1" and so on, version 1.2.HANDLE, deployed in 2026; `names` overrides. The ids of its actions are
/// "action-1" and so on. What it lends of the state is gone with the next state_ call. Columns that it
/// asked for are filled in from Row::raw.
class FakeObserverHost {
 public:
  /// `services_size`: that of an older host, which has fewer of them.
  FakeObserverHost(const mlmon_observer_role& role, const std::string& config,
                   std::uint32_t services_size = sizeof(mlmon_observer_services));
  ~FakeObserverHost();
  FakeObserverHost(const FakeObserverHost&) = delete;

  std::int32_t on_batch(const std::vector<Row>& rows, std::vector<std::uint32_t> selected = {});
  std::int32_t on_batch(const mlmon_batch& batch);
  std::int32_t on_tick(std::int64_t time_ns);
  std::int32_t migrate(std::uint32_t from_version);
  std::int32_t finish() { return role_.finish(observer_); }

  /// What it says of a model, read as JSON; null: nothing. REQUIRES that it can be asked.
  nlohmann::ordered_json explain(mlmon_model model);

  std::int32_t created = 0;  // what create() returned
  std::vector<Decision> actions, suppressed;
  std::vector<Decision> emitted;  // without rule
  std::vector<std::pair<std::string, std::uint32_t>> projections;  // pointer, type
  std::vector<std::string> subscribed;                             // kinds 16, 17 ...
  std::map<std::string, std::uint64_t> counters;
  std::int64_t tick_every_ns = 0;
  std::size_t n_suppressed = 0;  // counted too where `recording` is off
  bool explaining = true, recording = true;
  std::int32_t act_result = MLMON_OK;
  std::size_t first_id = 1;  // of the ids of actions
  std::map<std::pair<mlmon_model, std::string>, std::string> state;  // what the plugin keeps
  std::vector<std::string> names;
  std::string error, log;

 private:
  struct Services;
  Decision decision(mlmon_str type, mlmon_str rule, std::uint32_t row, mlmon_model model,
                    mlmon_str fields) const;

  std::vector<std::unique_ptr<std::string>> versions_;
  std::unique_ptr<std::string> lent_;
  std::string last_id_;
  const mlmon_observer_role& role_;
  mlmon_observer_services services_ = {};
  std::vector<std::string> counter_names_;
  std::vector<std::pair<mlmon_model, std::string>> scan_;  // the last first
  mlmon_observer* observer_ = nullptr;
  std::uint32_t rows_ = 0;  // of the batch that it sees now
  std::size_t decided_ = 0;
};

/// Drives the delivery role likewise: a router, and the endpoints that it names.
class FakeDeliveryHost {
 public:
  FakeDeliveryHost(const mlmon_delivery_role& role, const std::string& config);
  ~FakeDeliveryHost();
  FakeDeliveryHost(const FakeDeliveryHost&) = delete;

  std::vector<std::uint32_t> route(const std::string& action);

  /// Makes the endpoint, delivers the actions in one call and destroys it.
  struct Result {
    std::uint32_t status;
    std::int64_t retry_after_ms;
    std::string text;
  };
  std::vector<Result> deliver(std::uint32_t endpoint, const std::vector<std::string>& actions);

  /// What the router says; empty: it failed.
  std::string describe(std::uint32_t endpoint, const std::string& action);

  /// Makes the endpoint and asks it about one job.
  Result poll(std::uint32_t endpoint, const std::string& action);

  std::int32_t created = 0, endpoint_created = 0;
  std::vector<mlmon_endpoint> endpoints;  // their names are in `names`
  std::vector<std::string> names, told;
  std::string error, log;

 private:
  struct Services;
  const mlmon_delivery_role& role_;
  std::string config_;
  mlmon_router* router_ = nullptr;
};

}  // namespace mlmon::testing
