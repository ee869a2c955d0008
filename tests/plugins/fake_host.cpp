#include "tests/plugins/fake_host.h"

#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <stdexcept>

namespace mlmon::testing {
namespace {

std::string to_string(mlmon_str text) { return {text.ptr, text.len}; }
mlmon_str to_str(const std::string& text) { return {text.data(), text.size()}; }

}  // namespace

const mlmon_plugin& load_plugin(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) throw std::runtime_error(dlerror());
  const auto entry = reinterpret_cast<mlmon_plugin_entry>(dlsym(library, "mlmon_plugin_entry_v1"));
  if (!entry) throw std::runtime_error(path + " has no entry");
  const mlmon_loader loader = {sizeof loader, MLMON_ABI_MAJOR, MLMON_ABI_MINOR, "test",
                               [](const mlmon_loader*, mlmon_str) {}};
  const mlmon_plugin* plugin = entry(&loader);
  if (!plugin) throw std::runtime_error(path + " refuses");
  return *plugin;
}

Row metrics(mlmon_model model, double f1, std::int64_t time_ns) {
  Row row;
  row.model = model;
  row.f1 = f1;
  row.time_ns = time_ns;
  return row;
}

Row drift(mlmon_model model, double p_value, double magnitude, std::int64_t time_ns) {
  Row row;
  row.model = model;
  row.kind = MLMON_KIND_DRIFT;
  row.p_value = p_value;
  row.magnitude = magnitude;
  row.time_ns = time_ns;
  return row;
}

Columns::Columns(const std::vector<Row>& rows, std::vector<std::uint32_t> selected)
    : selected_(std::move(selected)) {
  for (const Row& row : rows) {
    time_ns_.push_back(row.time_ns);
    samples_.push_back(-1);
    model_.push_back(row.model);
    kind_.push_back(row.kind);
    accuracy_.push_back(row.accuracy);
    precision_.push_back(row.precision);
    recall_.push_back(row.recall);
    f1_.push_back(row.f1);
    p_value_.push_back(row.p_value);
    magnitude_.push_back(row.magnitude);
    line_.push_back(line_.size() + 1);
    offset_.push_back(raw_.size());
    raw_off_.push_back(static_cast<std::uint32_t>(raw_.size()));
    raw_len_.push_back(static_cast<std::uint32_t>(row.raw.size()));
    raw_ += row.raw;
  }
  batch_.size = sizeof batch_;
  batch_.rows = static_cast<std::uint32_t>(rows.size());
  batch_.count = selected_.empty() ? batch_.rows : static_cast<std::uint32_t>(selected_.size());
  batch_.sel = selected_.empty() ? nullptr : selected_.data();
  batch_.time_ns = time_ns_.data();
  batch_.model = model_.data();
  batch_.kind = kind_.data();
  batch_.accuracy = accuracy_.data();
  batch_.precision = precision_.data();
  batch_.recall = recall_.data();
  batch_.f1 = f1_.data();
  batch_.p_value = p_value_.data();
  batch_.magnitude = magnitude_.data();
  batch_.samples = samples_.data();
  batch_.line = line_.data();
  batch_.offset = offset_.data();
  batch_.raw_off = raw_off_.data();
  batch_.raw_len = raw_len_.data();
  batch_.raw = raw_.data();
}

struct FakeObserverHost::Services {
  static FakeObserverHost& of(mlmon_observer_host* host) {
    return *reinterpret_cast<FakeObserverHost*>(host);
  }

  static std::int32_t model_info(mlmon_observer_host* host, mlmon_model model,
                                 mlmon_model_info* info) {
    if (model == 0) return MLMON_E_NOT_FOUND;
    FakeObserverHost& self = of(host);
    while (self.names.size() < model) {
      self.names.push_back("model-" + std::to_string(self.names.size() + 1));
    }
    self.versions_.push_back(std::make_unique<std::string>("1.2." + std::to_string(model)));
    info->model = model;
    info->name = to_str(self.names[model - 1]);
    info->version = to_str(*self.versions_.back());
    info->deployed_at = {"2026-01-01T00:00:00Z", 20};
    return MLMON_OK;
  }

  static std::int32_t act(mlmon_observer_host* host, const mlmon_action* action) {
    FakeObserverHost& self = of(host);
    if (self.act_result < MLMON_OK) return self.act_result;
    Decision decision =
        self.decision(action->type, action->rule, action->row, action->model, action->fields);
    decision.transition = to_string(action->transition);
    self.actions.push_back(std::move(decision));
    return self.act_result;
  }

  static std::int32_t suppress(mlmon_observer_host* host, const mlmon_suppression* held) {
    FakeObserverHost& self = of(host);
    ++self.n_suppressed;
    if (!self.recording) return MLMON_OK;
    Decision decision = self.decision(held->of, held->rule, held->row, held->model, held->fields);
    decision.why = to_string(held->why);
    self.suppressed.push_back(std::move(decision));
    return MLMON_OK;
  }

  static std::int32_t state_get(mlmon_observer_host* host, mlmon_model model, mlmon_str key,
                                mlmon_str* value) {
    const auto at = of(host).state.find({model, to_string(key)});
    if (at == of(host).state.end()) return MLMON_E_NOT_FOUND;
    of(host).lent_ = std::make_unique<std::string>(at->second);
    *value = to_str(*of(host).lent_);
    return MLMON_OK;
  }

  static std::int32_t state_put(mlmon_observer_host* host, mlmon_model model, mlmon_str key,
                                mlmon_str value) {
    const std::string text = to_string(value);
    of(host).lent_.reset();
    of(host).state[{model, to_string(key)}] = text;
    return MLMON_OK;
  }

  static std::int32_t state_delete(mlmon_observer_host* host, mlmon_model model, mlmon_str key) {
    of(host).lent_.reset();
    of(host).state.erase({model, to_string(key)});
    return MLMON_OK;
  }

  static std::int32_t last_action_id(mlmon_observer_host* host, mlmon_str* id) {
    if (of(host).actions.empty()) return MLMON_E_NOT_FOUND;
    of(host).last_id_ = "action-" + std::to_string(of(host).actions.size());
    *id = to_str(of(host).last_id_);
    return MLMON_OK;
  }

  static constexpr mlmon_observer_services table = {
      sizeof(mlmon_observer_services),
      MLMON_ABI_MINOR,
      [](mlmon_observer_host* host, std::int32_t, mlmon_str text) {
        of(host).log += to_string(text) + "\n";
      },
      [](mlmon_observer_host* host, mlmon_str text) { of(host).error = to_string(text); },
      [](mlmon_observer_host*) -> std::int32_t { return 0; },
      model_info,
      act,
      suppress,
      [](mlmon_observer_host* host) -> std::int32_t { return of(host).explaining; },
      state_get,
      state_put,
      state_delete,
      last_action_id};
};

FakeObserverHost::FakeObserverHost(const mlmon_observer_role& role, const std::string& config)
    : role_(role) {
  const std::vector<char> passing(config.begin(), config.end());
  created = role.create(reinterpret_cast<mlmon_observer_host*>(this), &Services::table,
                        {passing.data(), passing.size()}, &observer_);
  REQUIRE((created == MLMON_OK) == (observer_ != nullptr));
}

FakeObserverHost::~FakeObserverHost() {
  if (observer_) role_.destroy(observer_);
}

std::int32_t FakeObserverHost::on_batch(const std::vector<Row>& rows,
                                        std::vector<std::uint32_t> selected) {
  return on_batch(Columns(rows, std::move(selected)).batch());
}

std::int32_t FakeObserverHost::on_batch(const mlmon_batch& batch) {
  batch_ = &batch;
  const std::int32_t result = role_.on_batch(observer_, &batch);
  batch_ = nullptr;
  return result;
}

Decision FakeObserverHost::decision(mlmon_str type, mlmon_str rule, std::uint32_t row,
                                    mlmon_model model, mlmon_str fields) const {
  REQUIRE(batch_);
  REQUIRE(row < batch_->rows);
  REQUIRE(type.len > 0);
  REQUIRE(rule.len > 0);
  Decision decision = {row, model, to_string(type), to_string(rule), {}, {}, {}};
  if (fields.len > 0) {
    decision.fields = nlohmann::ordered_json::parse(to_string(fields));
    REQUIRE(decision.fields.is_object());
  }
  return decision;
}

struct FakeDeliveryHost::Services {
  static FakeDeliveryHost& of(mlmon_delivery_host* host) {
    return *reinterpret_cast<FakeDeliveryHost*>(host);
  }

  static constexpr mlmon_delivery_services table = {
      sizeof(mlmon_delivery_services),
      MLMON_ABI_MINOR,
      [](mlmon_delivery_host* host, std::int32_t, mlmon_str text) {
        of(host).log += to_string(text) + "\n";
      },
      [](mlmon_delivery_host* host, mlmon_str text) { of(host).error = to_string(text); },
      [](mlmon_delivery_host*) -> std::int32_t { return 0; },
      [](mlmon_delivery_host* host, const mlmon_endpoint* endpoint) -> std::int32_t {
        of(host).endpoints.push_back(*endpoint);
        of(host).names.push_back(to_string(endpoint->name));
        return MLMON_OK;
      },
      [](mlmon_delivery_host* host, mlmon_str text) { of(host).told.push_back(to_string(text)); }};
};

FakeDeliveryHost::FakeDeliveryHost(const mlmon_delivery_role& role, const std::string& config)
    : role_(role), config_(config) {
  created = role.router_create(reinterpret_cast<mlmon_delivery_host*>(this), &Services::table,
                               to_str(config_), &router_);
  REQUIRE((created == MLMON_OK) == (router_ != nullptr));
  if (router_) REQUIRE(role.endpoints(router_) == MLMON_OK);
}

FakeDeliveryHost::~FakeDeliveryHost() {
  if (router_) role_.router_destroy(router_);
}

std::vector<std::uint32_t> FakeDeliveryHost::route(const std::string& action) {
  const mlmon_delivery_item item = {sizeof item, 1, {"01ID", 4}, to_str(action)};
  const std::int32_t n = role_.route(router_, &item, nullptr, 0);
  REQUIRE(n >= 0);
  std::vector<std::uint32_t> indices(static_cast<std::size_t>(n));
  REQUIRE(role_.route(router_, &item, indices.data(), static_cast<std::uint32_t>(n)) == n);
  return indices;
}

std::vector<FakeDeliveryHost::Result> FakeDeliveryHost::deliver(
    std::uint32_t endpoint, const std::vector<std::string>& actions) {
  mlmon_delivery* delivery = nullptr;
  endpoint_created = role_.create(reinterpret_cast<mlmon_delivery_host*>(this), &Services::table,
                                  to_str(config_), endpoint, &delivery);
  REQUIRE((endpoint_created == MLMON_OK) == (delivery != nullptr));
  if (!delivery) return {};
  std::vector<mlmon_delivery_item> items;
  for (const std::string& action : actions) {
    items.push_back({sizeof(mlmon_delivery_item), 1, {"01ID", 4}, to_str(action)});
  }
  std::vector<mlmon_delivery_result> results(items.size());
  const auto n = static_cast<std::uint32_t>(items.size());
  REQUIRE(role_.deliver(delivery, items.data(), n, results.data()) == MLMON_OK);
  std::vector<Result> out;
  for (const mlmon_delivery_result& result : results) {
    out.push_back({result.status, result.retry_after_ms, to_string(result.text)});
  }
  role_.destroy(delivery);
  return out;
}

}  // namespace mlmon::testing
