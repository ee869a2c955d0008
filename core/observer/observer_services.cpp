#include "core/observer/observer_services.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/observer/observer_instance.h"
#include "core/plugin/services_table.h"

namespace mlmon {

/// One function for each entry of the table; those of [instance] and [create] begin with a look at who calls.
struct ObserverServices {
  using Host = mlmon_observer_host;
  using Phase = ObserverInstance::Phase;

  static constexpr std::size_t kMostKey = 1024, kMostValue = 1024 * 1024, kMostFields = 256 * 1024;

  static ObserverInstance& of(Host* host) { return *host->self; }
  static std::string_view view(mlmon_str text) { return {text.ptr, text.len}; }

  // Who may call.

  static bool own_thread(ObserverInstance& self, const char* what) {
    if (std::this_thread::get_id() == self.thread_) return true;
    const std::lock_guard lock(self.misuse_mutex_);
    self.misuse_ = fmt::format("it called {} from another thread than the observer's", what);
    return false;
  }

  static bool creating(ObserverInstance& self, const char* what) {
    if (!own_thread(self, what)) return false;
    if (self.phase_ == Phase::kCreating) return true;
    self.refuse(fmt::format("it called {} outside of create", what));
    return false;
  }

  static bool deciding(ObserverInstance& self) {
    return self.phase_ == Phase::kEvents || self.phase_ == Phase::kTick;
  }

  // [any]

  static void log(Host* host, std::int32_t level, mlmon_str text) {
    const int known = std::clamp(level, MLMON_LOG_DEBUG, MLMON_LOG_ERROR);
    of(host).log_.log(static_cast<LogLevel>(known), of(host).setup_.name, view(text));
  }

  static std::int32_t cancelled(Host* host) { return of(host).cancelled_.load() ? 1 : 0; }

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

  static std::int32_t explaining(Host* host) { return of(host).setup_.explain ? 1 : 0; }

  static std::int32_t kind_name(Host* host, std::uint32_t kind, mlmon_str* type) {
    const std::string* name = of(host).setup_.wishes->types().name_of(kind);
    if (name == nullptr || type == nullptr) return MLMON_E_NOT_FOUND;
    *type = {name->data(), name->size()};
    return MLMON_OK;
  }

  static std::int32_t count(Host* host, std::uint32_t counter, std::uint64_t more) {
    ObserverInstance& self = of(host);
    if (!self.counters_.count(counter, more)) return MLMON_E_NOT_FOUND;
    // Of a call that fails nothing counts.
    if (std::this_thread::get_id() == self.thread_) self.counted_.emplace_back(counter, more);
    return MLMON_OK;
  }

  // [create]

  static std::int32_t project(Host* host, const mlmon_projection* wanted, std::uint32_t* column) {
    ObserverInstance& self = of(host);
    if (!creating(self, "project")) return MLMON_E_INVALID;
    std::vector<std::string> tokens;
    if (wanted == nullptr || column == nullptr || wanted->size < sizeof *wanted) {
      return self.refuse("project: the projection or the place of its column is missing, or its size is wrong");
    }
    if (wanted->type < MLMON_COLUMN_NUMBER || wanted->type > MLMON_COLUMN_JSON) {
      return self.refuse(fmt::format("it asked for the field \"{}\" as type {}, expected a MLMON_COLUMN_*",
                                     view(wanted->pointer), wanted->type));
    }
    if (!split_json_pointer(view(wanted->pointer), tokens)) {
      return self.refuse(fmt::format("it asked for the field \"{0}\", expected a JSON pointer such as \"/{0}\"",
                                     view(wanted->pointer)));
    }
    if (const std::string_view type = view(wanted->event_type); !type.empty() && !is_type_name(type)) {
      return self.refuse(fmt::format("it asked for the field \"{}\" of the type \"{}\", expected a type of "
                                     "events: 1 to 128 of [A-Za-z0-9_.:/-]", view(wanted->pointer), type));
    }
    const Projection projection = {std::string(view(wanted->pointer)),
                                   static_cast<Projection::Type>(wanted->type),
                                   std::string(view(wanted->event_type))};
    if (self.settled_ && !self.setup_.wishes->has(projection)) {
      return self.refuse(fmt::format("started again it asked for the field \"{}\", for which it had not asked "
                                     "before", projection.pointer));
    }
    const std::uint32_t number = self.setup_.wishes->column_for(projection);
    const auto known = std::find(self.columns_.begin(), self.columns_.end(), number);
    *column = static_cast<std::uint32_t>(known - self.columns_.begin());
    if (known == self.columns_.end()) self.columns_.push_back(number);
    return MLMON_OK;
  }

  static std::int32_t subscribe(Host* host, mlmon_str type, std::uint32_t* kind) {
    ObserverInstance& self = of(host);
    if (!creating(self, "subscribe")) return MLMON_E_INVALID;
    if (!is_type_name(view(type))) {
      return self.refuse(fmt::format("it subscribed to \"{}\", expected a type of events: 1 to 128 of "
                                     "[A-Za-z0-9_.:/-]", view(type)));
    }
    if (self.settled_ && self.setup_.wishes->types().kind_of(view(type)) == 0) {
      return self.refuse(fmt::format("started again it subscribed to \"{}\", to which it had not subscribed "
                                     "before", view(type)));
    }
    const std::uint32_t known = self.setup_.wishes->types().intern(view(type));
    // Without any kinds it has all of them.
    const bool has = self.kinds_.empty() ||
                     std::find(self.kinds_.begin(), self.kinds_.end(), known) != self.kinds_.end();
    if (!has) self.kinds_.push_back(known);
    if (kind != nullptr) *kind = known;
    return MLMON_OK;
  }

  static std::int32_t counter(Host* host, mlmon_str name, mlmon_str help, std::uint32_t* counter) {
    ObserverInstance& self = of(host);
    if (!creating(self, "counter")) return MLMON_E_INVALID;
    const auto added = self.counters_.add(view(name), view(help));
    if (!added || counter == nullptr) {
      return self.refuse(fmt::format(
          "counter: expected at most {} with names [a-z_][a-z0-9_]* of at most {} bytes, got \"{}\"",
          ObserverCounters::kMost, ObserverCounters::kLongestName, view(name)));
    }
    *counter = *added;
    return MLMON_OK;
  }

  static std::int32_t tick_every(Host* host, std::int64_t period_ns) {
    ObserverInstance& self = of(host);
    if (!creating(self, "tick_every")) return MLMON_E_INVALID;
    if (period_ns < 0) {
      return self.refuse(fmt::format("it asked for ticks every {} ns, expected a period above zero, or 0 "
                                     "for none", period_ns));
    }
    if (self.class_.observer.on_tick == nullptr) {
      return self.refuse("it asked for ticks, and its role has no on_tick");
    }
    self.tick_every_ns_ = period_ns;
    return MLMON_OK;
  }

  // [instance]

  static void set_error(Host* host, mlmon_str text) {
    if (own_thread(of(host), "set_error")) of(host).said_ = view(text);
  }

  static std::int32_t act(Host* host, const mlmon_action* action) {
    ObserverInstance& self = of(host);
    if (!own_thread(self, "act")) return MLMON_E_INVALID;
    const std::int32_t result = decide(self, action, [&](const Batch& batch, std::uint32_t row) {
      return self.writer().action(batch, row, *action, tick_of(self));
    });
    if (result != MLMON_OK) return result;
    self.last_id_ = self.decisions_.back().id;
    self.acted_by_.add(view(action->rule));
    if (self.has_audience(view(action->type))) {
      const std::int32_t told = derive(self, view(action->type), action->row, [&](const Batch& batch, std::uint32_t row) {
        return self.derived_writer().of_action(batch, row, self.decisions_.back(), tick_of(self));
      });
      if (told != MLMON_OK) return told;
    }
    const bool ended = view(action->type) == "retrain" &&
                       self.has_ended(self.last_id_, self.decisions_.back().seq);
    return ended ? MLMON_ENDED : MLMON_OK;
  }

  static std::int32_t suppress(Host* host, const mlmon_suppression* suppression) {
    ObserverInstance& self = of(host);
    if (!own_thread(self, "suppress")) return MLMON_E_INVALID;
    std::int32_t code = MLMON_OK;
    if (self.setup_.explain) {
      code = decide(self, suppression, [&](const Batch& batch, std::uint32_t row) {
        return self.writer().suppression(batch, row, *suppression, tick_of(self));
      });
    } else if (!has_place(self, suppression)) {
      code = MLMON_E_INVALID;
    }
    if (code != MLMON_OK) return code;
    ++self.suppressed_;
    self.suppressed_by_.add(view(suppression->why));
    return code;
  }

  template <class Said>
  static bool has_place(ObserverInstance& self, const Said* said) {
    const std::uint32_t rows = self.phase_ == Phase::kTick ? 1 : deciding(self) ? self.view_->rows : 0;
    if (said != nullptr && said->size >= sizeof(Said) && said->row < rows && said->model != 0 &&
        said->model <= self.models_.size()) {
      return true;
    }
    if (rows == 0) {
      self.refuse("it decided outside of on_batch and on_tick");
    } else if (said == nullptr || said->size < sizeof(Said)) {
      self.refuse(fmt::format("it decided by a struct of {} bytes, expected {}: is its size set?",
                              said == nullptr ? 0 : said->size, sizeof(Said)));
    } else {
      self.refuse("it decided about a row or model that is not there");
    }
    return false;
  }

  static bool too_long(ObserverInstance& self, mlmon_str fields) {
    if (fields.len <= kMostFields) return false;
    self.refuse(fmt::format("the fields of a decision have {} bytes, expected at most {}", fields.len,
                            kMostFields));
    return true;
  }

  template <class Said, class Write>
  static std::int32_t decide(ObserverInstance& self, const Said* said, const Write& write) {
    if (!has_place(self, said) || too_long(self, said->fields)) return MLMON_E_INVALID;
    Result<Decision> decision = write(*self.view_->batch, self.view_->first + said->row);
    if (!decision) return self.refuse("its decision cannot be used: " + decision.error().text);
    self.decisions_.push_back(std::move(*decision));
    return MLMON_OK;
  }

  static std::int32_t emit(Host* host, const mlmon_derived* derived) {
    ObserverInstance& self = of(host);
    if (!own_thread(self, "emit") || !has_place(self, derived) || too_long(self, derived->fields)) {
      return MLMON_E_INVALID;
    }
    const auto& emits = self.class_.emits;
    if (std::find(emits.begin(), emits.end(), view(derived->type)) == emits.end()) {
      return self.refuse(fmt::format("it emitted an event of type \"{}\", which its class does not "
                                     "declare", view(derived->type)));
    }
    return derive(self, view(derived->type), derived->row, [&](const Batch& batch, std::uint32_t row) {
      return self.derived_writer().emitted(batch, row, *derived, tick_of(self));
    });
  }

  template <class Write>
  static std::int32_t derive(ObserverInstance& self, std::string_view type, std::uint32_t said_row,
                             const Write& write) {
    Result<DerivedEvent> made = write(*self.view_->batch, self.view_->first + said_row);
    if (!made) return self.refuse("its event cannot be used: " + made.error().text);
    ++self.emitted_;
    if (self.has_audience(type)) self.derived_.push_back(std::move(*made));
    return MLMON_OK;
  }

  static std::optional<std::int64_t> tick_of(const ObserverInstance& self) {
    return self.phase_ == Phase::kTick ? std::optional(self.tick_ns_) : std::nullopt;
  }

  static std::int32_t last_action_id(Host* host, mlmon_str* id) {
    ObserverInstance& self = of(host);
    if (!own_thread(self, "last_action_id")) return MLMON_E_INVALID;
    if (id == nullptr || self.last_id_.empty()) return MLMON_E_NOT_FOUND;
    *id = {self.last_id_.data(), self.last_id_.size()};
    return MLMON_OK;
  }

  static std::int32_t state_get(Host* host, mlmon_model model, mlmon_str key, mlmon_str* value) {
    ObserverInstance& self = of(host);
    if (!own_thread(self, "state_get")) return MLMON_E_INVALID;
    const bool hidden = is_hosts(view(key)) || (model != 0 && self.hides_models());
    const std::string* found = hidden ? nullptr : self.state_.get(model, view(key));
    if (found == nullptr || value == nullptr) return MLMON_E_NOT_FOUND;
    *value = {found->data(), found->size()};
    return MLMON_OK;
  }

  static std::int32_t state_put(Host* host, mlmon_model model, mlmon_str key, mlmon_str value) {
    if (!may_change(of(host), "state_put", model, view(key))) return MLMON_E_INVALID;
    if (key.len > kMostKey || value.len > kMostValue) {
      return of(host).refuse(fmt::format("it kept {} bytes under a key of {}, expected at most {} under one "
                                         "of at most {}", value.len, key.len, kMostValue, kMostKey));
    }
    of(host).keep_class();
    of(host).state_.put(model, view(key), view(value));
    return MLMON_OK;
  }

  static std::int32_t state_delete(Host* host, mlmon_model model, mlmon_str key) {
    if (!may_change(of(host), "state_delete", model, view(key))) return MLMON_E_INVALID;
    of(host).state_.erase(model, view(key));
    return MLMON_OK;
  }

  static bool is_hosts(std::string_view key) {
    return key.substr(0, ObserverState::kHostKeys.size()) == ObserverState::kHostKeys;
  }

  static bool may_change(ObserverInstance& self, const char* what, mlmon_model model,
                         std::string_view key) {
    if (!own_thread(self, what)) return false;
    if (!deciding(self) && self.phase_ != Phase::kMigrating) {
      self.refuse("it changed its state outside of on_batch, on_tick and migrate");
    } else if (key.empty()) {
      self.refuse(fmt::format("{}: expected a key, got an empty one", what));
    } else if (is_hosts(key)) {
      self.refuse(fmt::format("{}: \"{}\" is one of the host's keys, which begin with \"{}\"", what, key,
                              ObserverState::kHostKeys));
    } else if (model > self.models_.size()) {
      self.refuse(fmt::format("{}: there is no model with the handle {}", what, model));
    } else {
      return true;
    }
    return false;
  }

  static std::int32_t state_scan(Host* host, mlmon_model model) {
    ObserverInstance& self = of(host);
    if (!own_thread(self, "state_scan")) return MLMON_E_INVALID;
    auto& scan = self.scan_;
    scan = model == MLMON_EVERY_MODEL ? self.state_.places() : self.state_.places_of(model);
    if (self.hides_models()) std::erase_if(scan, [](const auto& place) { return place.model != 0; });
    std::sort(scan.begin(), scan.end(), [&](const auto& a, const auto& b) {
      return a.model == b.model ? a.key > b.key : self.comes_before(b.model, a.model);
    });
    return MLMON_OK;
  }

  static std::int32_t state_next(Host* host, mlmon_state_item* item) {
    ObserverInstance& self = of(host);
    if (!own_thread(self, "state_next")) return MLMON_E_INVALID;
    if (item == nullptr || item->size < sizeof *item) return MLMON_E_INVALID;
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

const mlmon_observer_services& observer_services() {
  static constexpr mlmon_observer_services kTable = services_of<ObserverServices>();
  return kTable;
}

}  // namespace mlmon
