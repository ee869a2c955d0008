#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/isolation/plugin_child.h"
#include "core/plugin/services_table.h"

namespace mlmon {

/// One function for each entry of the table. The host decides what is right; here only what cannot travel
/// is looked at.
struct ChildServices {
  using Host = mlmon_observer_host;

  // Longer texts than the host would take need not travel.
  static constexpr std::size_t kMostText = 2 * 1024 * 1024;

  static PluginChild& of(Host* host) { return *reinterpret_cast<PluginChild*>(host); }
  static std::string_view view(mlmon_str text) { return {text.ptr, text.len}; }

  static bool too_long(PluginChild& self, std::initializer_list<mlmon_str> texts) {
    std::size_t size = 0;
    for (const mlmon_str& text : texts) size += text.len;
    if (size <= kMostText) return false;
    self.misused(fmt::format("it said {} bytes at once, expected at most {}", size, kMostText));
    return true;
  }

  // [any]

  static void log(Host* host, std::int32_t level, mlmon_str text) {
    const std::string_view shown = view(text).substr(0, kMostText);
    of(host).pass_on(FrameWriter(FrameKind::kLog).i32(level).text(shown).take());
    of(host).flush();
  }

  static std::int32_t cancelled(Host* host) { return of(host).region_.cancelled() ? 1 : 0; }

  static std::int32_t model_info(Host* host, mlmon_model handle, mlmon_model_info* info) {
    if (info == nullptr || info->size < sizeof(mlmon_model_info)) return MLMON_E_INVALID;
    const ModelTable& models = of(host).models_;
    if (handle == 0 || handle > models.size()) return MLMON_E_NOT_FOUND;
    const Model& model = models.at(handle);
    const std::uint32_t size = info->size;
    *info = {sizeof(mlmon_model_info),
             handle,
             {model.name.data(), model.name.size()},
             {model.version.data(), model.version.size()},
             {model.deployed_text.data(), model.deployed_text.size()},
             model.deployed_at.seconds,
             static_cast<std::uint32_t>(model.deployed_at.nanos),
             0};
    info->size = size;
    return MLMON_OK;
  }

  static std::int32_t explaining(Host* host) { return of(host).explaining_ ? 1 : 0; }

  static std::int32_t kind_name(Host* host, std::uint32_t kind, mlmon_str* type) {
    PluginChild& self = of(host);
    if (type == nullptr) return MLMON_E_NOT_FOUND;
    {
      const std::lock_guard lock(self.mutex_);
      if (const auto known = self.kinds_.find(kind); known != self.kinds_.end()) {
        *type = {known->second.data(), known->second.size()};
        return MLMON_OK;
      }
    }
    if (std::this_thread::get_id() != self.thread_) return MLMON_E_NOT_FOUND;
    const PluginChild::Answer answer = self.ask(FrameWriter(FrameKind::kKind).u32(kind).take());
    if (answer.code != MLMON_OK) return answer.code;
    const std::lock_guard lock(self.mutex_);
    const std::string& name = self.kinds_.emplace(kind, answer.text).first->second;
    *type = {name.data(), name.size()};
    return MLMON_OK;
  }

  static std::int32_t count(Host* host, std::uint32_t counter, std::uint64_t more) {
    PluginChild& self = of(host);
    const std::lock_guard lock(self.mutex_);
    if (counter >= self.counted_.size()) return MLMON_E_NOT_FOUND;
    self.counted_[counter] += more;
    return MLMON_OK;
  }

  // [create]

  static std::int32_t project(Host* host, const mlmon_projection* wanted, std::uint32_t* column) {
    PluginChild& self = of(host);
    if (!self.own_thread("project")) return MLMON_E_INVALID;
    if (wanted == nullptr || column == nullptr || wanted->size < sizeof *wanted) {
      return self.misused("project: the projection or the place of its column is missing, or its size is wrong");
    }
    const auto answer = self.ask(FrameWriter(FrameKind::kProject)
                                     .u32(wanted->type)
                                     .text(view(wanted->pointer))
                                     .text(view(wanted->event_type))
                                     .take());
    *column = answer.number;
    return answer.code;
  }

  static std::int32_t subscribe(Host* host, mlmon_str type, std::uint32_t* kind) {
    if (!of(host).own_thread("subscribe")) return MLMON_E_INVALID;
    const auto answer = of(host).ask(FrameWriter(FrameKind::kSubscribe).text(view(type)).take());
    if (kind != nullptr) *kind = answer.number;
    return answer.code;
  }

  static std::int32_t counter(Host* host, mlmon_str name, mlmon_str help, std::uint32_t* counter) {
    if (!of(host).own_thread("counter")) return MLMON_E_INVALID;
    if (counter == nullptr) return of(host).misused("counter: no place for its number");
    const auto answer =
        of(host).ask(FrameWriter(FrameKind::kCounter).text(view(name)).text(view(help)).take());
    *counter = answer.number;
    return answer.code;
  }

  static std::int32_t tick_every(Host* host, std::int64_t period_ns) {
    if (!of(host).own_thread("tick_every")) return MLMON_E_INVALID;
    return of(host).ask(FrameWriter(FrameKind::kTickEvery).i64(period_ns).take()).code;
  }

  // [instance]

  static void set_error(Host* host, mlmon_str text) {
    if (of(host).own_thread("set_error")) of(host).said_ = view(text).substr(0, kMostText);
  }

  template <class Said>
  static bool has_size(PluginChild& self, const Said* said) {
    if (said != nullptr && said->size >= sizeof(Said)) return true;
    self.misused(fmt::format("it decided by a struct of {} bytes, expected {}: is its size set?",
                             said == nullptr ? 0 : said->size, sizeof(Said)));
    return false;
  }

  static std::int32_t act(Host* host, const mlmon_action* action) {
    PluginChild& self = of(host);
    if (!self.own_thread("act") || !has_size(self, action) ||
        too_long(self, {action->type, action->rule, action->transition, action->fields})) {
      return MLMON_E_INVALID;
    }
    PluginChild::Answer answer = self.ask(FrameWriter(FrameKind::kAct)
                                              .u32(action->row)
                                              .u32(action->model)
                                              .text(view(action->type))
                                              .text(view(action->rule))
                                              .text(view(action->transition))
                                              .text(view(action->fields))
                                              .take());
    if (answer.code >= 0) self.last_id_ = std::move(answer.text);
    return answer.code;
  }

  static std::int32_t suppress(Host* host, const mlmon_suppression* held) {
    PluginChild& self = of(host);
    if (!self.own_thread("suppress") || !has_size(self, held) ||
        too_long(self, {held->of, held->rule, held->why, held->fields})) {
      return MLMON_E_INVALID;
    }
    self.pass_on(FrameWriter(FrameKind::kSuppress)
                     .u32(held->row)
                     .u32(held->model)
                     .u32(held->has_until)
                     .i64(held->until_ns)
                     .text(view(held->of))
                     .text(view(held->rule))
                     .text(view(held->why))
                     .text(view(held->fields))
                     .take());
    return MLMON_OK;
  }

  static std::int32_t emit(Host* host, const mlmon_derived* derived) {
    PluginChild& self = of(host);
    if (!self.own_thread("emit") || !has_size(self, derived) || too_long(self, {derived->type, derived->fields})) {
      return MLMON_E_INVALID;
    }
    self.pass_on(FrameWriter(FrameKind::kEmit)
                     .u32(derived->row)
                     .u32(derived->model)
                     .text(view(derived->type))
                     .text(view(derived->fields))
                     .take());
    return MLMON_OK;
  }

  static std::int32_t last_action_id(Host* host, mlmon_str* id) {
    PluginChild& self = of(host);
    if (!self.own_thread("last_action_id")) return MLMON_E_INVALID;
    if (id == nullptr || self.last_id_.empty()) return MLMON_E_NOT_FOUND;
    *id = {self.last_id_.data(), self.last_id_.size()};
    return MLMON_OK;
  }

  static std::int32_t state_get(Host* host, mlmon_model model, mlmon_str key, mlmon_str* value) {
    PluginChild& self = of(host);
    if (!self.own_thread("state_get")) return MLMON_E_INVALID;
    const std::string* found = is_hosts(view(key)) ? nullptr : self.state_.get(model, view(key));
    if (found == nullptr || value == nullptr) return MLMON_E_NOT_FOUND;
    *value = {found->data(), found->size()};
    return MLMON_OK;
  }

  static bool is_hosts(std::string_view key) { return key.starts_with(ObserverState::kHostKeys); }

  static std::int32_t state_put(Host* host, mlmon_model model, mlmon_str key, mlmon_str value) {
    PluginChild& self = of(host);
    if (!self.own_thread("state_put") || too_long(self, {key, value})) return MLMON_E_INVALID;
    self.pass_on(FrameWriter(FrameKind::kPut).u32(model).text(view(key)).text(view(value)).take());
    self.state_.put(model, view(key), view(value));
    return MLMON_OK;
  }

  static std::int32_t state_delete(Host* host, mlmon_model model, mlmon_str key) {
    PluginChild& self = of(host);
    if (!self.own_thread("state_delete") || too_long(self, {key})) return MLMON_E_INVALID;
    self.pass_on(FrameWriter(FrameKind::kDelete).u32(model).text(view(key)).take());
    self.state_.erase(model, view(key));
    return MLMON_OK;
  }

  static bool comes_before(const PluginChild& self, std::uint32_t model, std::uint32_t other) {
    if (model == other || model == 0 || other == 0) return model < other;
    const Model &a = self.models_.at(model), &b = self.models_.at(other);
    return std::tie(a.name, a.version, a.deployed_at) < std::tie(b.name, b.version, b.deployed_at);
  }

  static std::int32_t state_scan(Host* host, mlmon_model model) {
    PluginChild& self = of(host);
    if (!self.own_thread("state_scan")) return MLMON_E_INVALID;
    self.scan_ = model == MLMON_EVERY_MODEL ? self.state_.places() : self.state_.places_of(model);
    std::sort(self.scan_.begin(), self.scan_.end(), [&](const auto& a, const auto& b) {
      return a.model == b.model ? a.key > b.key : comes_before(self, b.model, a.model);
    });
    return MLMON_OK;
  }

  static std::int32_t state_next(Host* host, mlmon_state_item* item) {
    PluginChild& self = of(host);
    if (!self.own_thread("state_next") || item == nullptr || item->size < sizeof *item) return MLMON_E_INVALID;
    const std::string* value = nullptr;
    while (value == nullptr) {
      if (self.scan_.empty()) return MLMON_E_NOT_FOUND;
      self.scanned_ = std::move(self.scan_.back());
      self.scan_.pop_back();
      value = self.state_.get(self.scanned_.model, self.scanned_.key);
    }
    item->model = self.scanned_.model;
    item->key = {self.scanned_.key.data(), self.scanned_.key.size()};
    item->value = {value->data(), value->size()};
    return MLMON_OK;
  }
};

const mlmon_observer_services& child_services() {
  static constexpr mlmon_observer_services kTable = services_of<ChildServices>();
  return kTable;
}

}  // namespace mlmon
