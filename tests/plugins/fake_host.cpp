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
    samples_.push_back(row.samples);
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

void Columns::project(const std::vector<std::pair<std::string, std::uint32_t>>& projections) {
  for (const auto& [pointer, type] : projections) {
    auto column = std::make_unique<Projected>();
    for (std::uint32_t row = 0; row < batch_.rows; ++row) {
      const std::string raw(batch_.raw + batch_.raw_off[row], batch_.raw_len[row]);
      const auto event = nlohmann::json::parse(raw);
      const nlohmann::json::json_pointer at(pointer);
      const auto value = event.contains(at) ? event.at(at) : nlohmann::json();
      column->numbers.push_back(value.is_number() ? value.get<double>() : NAN);
      column->integers.push_back(value.is_number_integer() ? value.get<std::int64_t>()
                                 : value.is_boolean()      ? std::int64_t{value.get<bool>()}
                                                           : MLMON_ABSENT_INTEGER);
      const bool text = type == MLMON_COLUMN_JSON ? event.contains(at) : value.is_string();
      const std::string shown = type == MLMON_COLUMN_JSON ? value.dump()
                                : text                    ? value.get<std::string>()
                                                          : "";
      column->text_off.push_back(text ? static_cast<std::uint32_t>(column->text.size())
                                      : MLMON_ABSENT_TEXT);
      column->text_len.push_back(text ? static_cast<std::uint32_t>(shown.size()) : 0);
      column->text += text ? shown : "";
    }
    const bool number = type == MLMON_COLUMN_NUMBER;
    const bool integer = type == MLMON_COLUMN_INTEGER || type == MLMON_COLUMN_BOOLEAN;
    const bool text = !number && !integer;
    column->column = {sizeof(mlmon_column),
                      type,
                      number ? column->numbers.data() : nullptr,
                      integer ? column->integers.data() : nullptr,
                      text ? column->text_off.data() : nullptr,
                      text ? column->text_len.data() : nullptr,
                      text ? column->text.data() : nullptr};
    columns_.push_back(&column->column);
    projected_.push_back(std::move(column));
  }
  batch_.n_columns = static_cast<std::uint32_t>(columns_.size());
  batch_.columns = columns_.data();
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
    info->deployed_s = 1'767'225'600;
    info->deployed_ns = 0;
    return MLMON_OK;
  }

  static std::int32_t act(mlmon_observer_host* host, const mlmon_action* action) {
    FakeObserverHost& self = of(host);
    if (self.act_result < MLMON_OK) return self.act_result;
    Decision decision =
        self.decision(action->type, action->rule, action->row, action->model, action->fields);
    decision.transition = to_string(action->transition);
    decision.number = ++self.decided_;
    self.actions.push_back(std::move(decision));
    return self.act_result;
  }

  static std::int32_t suppress(mlmon_observer_host* host, const mlmon_suppression* held) {
    FakeObserverHost& self = of(host);
    ++self.n_suppressed;
    if (!self.recording) return MLMON_OK;
    Decision decision = self.decision(held->of, held->rule, held->row, held->model, held->fields);
    decision.why = to_string(held->why);
    if (held->has_until != 0) decision.until_ns = held->until_ns;
    decision.number = ++self.decided_;
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
    of(host).last_id_ =
        "action-" + std::to_string(of(host).first_id + of(host).actions.size() - 1);
    *id = to_str(of(host).last_id_);
    return MLMON_OK;
  }

  static std::int32_t project(mlmon_observer_host* host, const mlmon_projection* wanted,
                              std::uint32_t* column) {
    *column = static_cast<std::uint32_t>(of(host).projections.size());
    of(host).projections.emplace_back(to_string(wanted->pointer), wanted->type);
    return MLMON_OK;
  }

  static std::int32_t subscribe(mlmon_observer_host* host, mlmon_str type, std::uint32_t* kind) {
    of(host).subscribed.push_back(to_string(type));
    if (kind) *kind = 15 + static_cast<std::uint32_t>(of(host).subscribed.size());
    return MLMON_OK;
  }

  static std::int32_t kind_name(mlmon_observer_host* host, std::uint32_t kind, mlmon_str* type) {
    if (kind < 16 || kind - 16 >= of(host).subscribed.size()) return MLMON_E_NOT_FOUND;
    *type = to_str(of(host).subscribed[kind - 16]);
    return MLMON_OK;
  }

  static std::int32_t emit(mlmon_observer_host* host, const mlmon_derived* derived) {
    of(host).emitted.push_back(of(host).decision(derived->type, derived->type, derived->row,
                                                 derived->model, derived->fields));
    return MLMON_OK;
  }

  static std::int32_t counter(mlmon_observer_host* host, mlmon_str name, mlmon_str,
                              std::uint32_t* counter) {
    *counter = static_cast<std::uint32_t>(of(host).counter_names_.size());
    of(host).counter_names_.push_back(to_string(name));
    of(host).counters[to_string(name)] = 0;
    return MLMON_OK;
  }

  static std::int32_t count(mlmon_observer_host* host, std::uint32_t counter, std::uint64_t more) {
    of(host).counters[of(host).counter_names_.at(counter)] += more;
    return MLMON_OK;
  }

  static std::int32_t tick_every(mlmon_observer_host* host, std::int64_t period_ns) {
    of(host).tick_every_ns = period_ns;
    return MLMON_OK;
  }

  static std::int32_t state_scan(mlmon_observer_host* host, mlmon_model model) {
    of(host).scan_.clear();
    for (auto at = of(host).state.rbegin(); at != of(host).state.rend(); ++at) {
      if (model == MLMON_EVERY_MODEL || at->first.first == model) {
        of(host).scan_.push_back(at->first);
      }
    }
    return MLMON_OK;
  }

  static std::int32_t state_next(mlmon_observer_host* host, mlmon_state_item* item) {
    FakeObserverHost& self = of(host);
    if (self.scan_.empty()) return MLMON_E_NOT_FOUND;
    const auto at = self.state.find(self.scan_.back());
    self.scan_.pop_back();
    item->model = at->first.first;
    item->key = to_str(at->first.second);
    item->value = to_str(at->second);
    return MLMON_OK;
  }

  static mlmon_observer_services table(std::uint32_t size) {
    mlmon_observer_services table = {};
    table.size = size;
    table.abi_minor = size == sizeof table ? MLMON_ABI_MINOR : 0;
    table.log = [](mlmon_observer_host* host, std::int32_t, mlmon_str text) {
      of(host).log += to_string(text) + "\n";
    };
    table.set_error = [](mlmon_observer_host* host, mlmon_str text) {
      of(host).error = to_string(text);
    };
    table.cancelled = [](mlmon_observer_host*) -> std::int32_t { return 0; };
    table.model_info = model_info;
    table.act = act;
    table.suppress = suppress;
    table.explaining = [](mlmon_observer_host* host) -> std::int32_t {
      return of(host).explaining;
    };
    table.state_get = state_get;
    table.state_put = state_put;
    table.state_delete = state_delete;
    table.last_action_id = last_action_id;
    if (size < sizeof table) return table;
    table.project = project;
    table.subscribe = subscribe;
    table.kind_name = kind_name;
    table.emit = emit;
    table.counter = counter;
    table.count = count;
    table.tick_every = tick_every;
    table.state_scan = state_scan;
    table.state_next = state_next;
    return table;
  }
};

FakeObserverHost::FakeObserverHost(const mlmon_observer_role& role, const std::string& config,
                                   std::uint32_t services_size)
    : role_(role), services_(Services::table(services_size)) {
  const std::vector<char> passing(config.begin(), config.end());
  created = role.create(reinterpret_cast<mlmon_observer_host*>(this), &services_,
                        {passing.data(), passing.size()}, &observer_);
  REQUIRE((created == MLMON_OK) == (observer_ != nullptr));
}

FakeObserverHost::~FakeObserverHost() {
  if (observer_) role_.destroy(observer_);
}

std::int32_t FakeObserverHost::on_batch(const std::vector<Row>& rows,
                                        std::vector<std::uint32_t> selected) {
  Columns columns(rows, std::move(selected));
  columns.project(projections);
  return on_batch(columns.batch());
}

std::int32_t FakeObserverHost::on_tick(std::int64_t time_ns) {
  const mlmon_tick tick = {sizeof tick, 0, time_ns};
  rows_ = 1;
  const std::int32_t result = role_.on_tick(observer_, &tick);
  rows_ = 0;
  return result;
}

std::int32_t FakeObserverHost::migrate(std::uint32_t from_version) {
  return role_.migrate(observer_, from_version);
}

nlohmann::ordered_json FakeObserverHost::explain(mlmon_model model) {
  mlmon_str said = {nullptr, 0};
  REQUIRE(role_.explain != nullptr);
  REQUIRE(role_.explain(observer_, model, &said) == MLMON_OK);
  if (said.len == 0) return nullptr;
  return nlohmann::ordered_json::parse(to_string(said));
}

std::int32_t FakeObserverHost::on_batch(const mlmon_batch& batch) {
  rows_ = batch.rows;
  const std::int32_t result = role_.on_batch(observer_, &batch);
  rows_ = 0;
  return result;
}

Decision FakeObserverHost::decision(mlmon_str type, mlmon_str rule, std::uint32_t row,
                                    mlmon_model model, mlmon_str fields) const {
  REQUIRE(row < rows_);
  REQUIRE(type.len > 0);
  REQUIRE(rule.len > 0);
  Decision decision = {row, model, to_string(type), to_string(rule), {}, {}, {}, 0, 0};
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
      [](mlmon_delivery_host* host, mlmon_str text) { of(host).told.push_back(to_string(text)); },
      [](mlmon_delivery_host* host, mlmon_str text) -> std::int32_t {
        of(host).told.push_back(to_string(text));
        return MLMON_OK;
      }};
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
  const mlmon_delivery_item item = {sizeof item, 1, {"01ID", 4}, to_str(action), {nullptr, 0}};
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
    items.push_back({sizeof(mlmon_delivery_item), 1, {"01ID", 4}, to_str(action), {nullptr, 0}});
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

std::string FakeDeliveryHost::describe(std::uint32_t endpoint, const std::string& action) {
  const mlmon_delivery_item item = {sizeof item, 1, {"01ID", 4}, to_str(action), {nullptr, 0}};
  mlmon_str text = {nullptr, 0};
  return role_.describe(router_, &item, endpoint, &text) == MLMON_OK ? to_string(text) : "";
}

FakeDeliveryHost::Result FakeDeliveryHost::poll(std::uint32_t endpoint, const std::string& action) {
  mlmon_delivery* delivery = nullptr;
  REQUIRE(role_.create(reinterpret_cast<mlmon_delivery_host*>(this), &Services::table,
                       to_str(config_), endpoint, &delivery) == MLMON_OK);
  const mlmon_delivery_item item = {sizeof item, 1, {"01ID", 4}, to_str(action), {nullptr, 0}};
  mlmon_job_report report = {sizeof report, MLMON_JOB_OPEN, {nullptr, 0}};
  const std::int32_t code = role_.poll(delivery, &item, &report);
  const Result result = {report.status, -1, code < 0 ? "" : to_string(report.text)};
  role_.destroy(delivery);
  return result;
}

}  // namespace mlmon::testing
