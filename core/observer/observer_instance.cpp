#include "core/observer/observer_instance.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include "core/action/plugin_members.h"
#include "core/isolation/isolated_observer.h"
#include "core/observer/observer_services.h"
#include "core/observer/view_columns.h"
#include "core/plugin/plugin_call.h"

namespace mlmon {
namespace {

constexpr const char* kStateVersionKey = "mlmon:state_version";
constexpr const char* kStateClass = "mlmon:class";

template <class T, class Less>
void sort_from(std::vector<T>& said, std::size_t first, Less less) {
  std::stable_sort(said.begin() + static_cast<std::ptrdiff_t>(std::min(first, said.size())),
                   said.end(), less);
}

std::string code_text(std::int32_t code, const std::string& said) {
  return said.empty() ? fmt::format("error {}, without a text", code) : said;
}

}  // namespace

ObserverInstance::ObserverInstance(ObserverSetup& setup, const ModelTable& models, LogSink& log)
    : setup_(setup),
      models_(models),
      log_(log),
      class_(setup.library->classes().front()),
      state_(setup.state),
      handle_(std::make_unique<mlmon_observer_host>(mlmon_observer_host{this})),
      kinds_(setup.kinds),
      job_ends_(setup.predecessor ? std::move(setup.predecessor->job_ends) : JobEnds()) {}

ObserverInstance::~ObserverInstance() { destroy(); }

void ObserverInstance::destroy() {
  if (instance_ == nullptr) return;
  const PluginCall going_on(setup_.name, "destroy");
  class_.observer.destroy(std::exchange(instance_, nullptr));
}

Result<void> ObserverInstance::create() {
  thread_ = std::this_thread::get_id();
  if (setup_.begin_anew && !setup_.predecessor && !settled_) begin_state_anew();
  lost_ = false;
  said_.clear();
  phase_ = Phase::kCreating;
  std::int32_t code = MLMON_OK;
  {
    const PluginCall create(setup_.name, "create");
    code = class_.make(handle_.get(), &observer_services(), {setup_.config.data(), setup_.config.size()},
                       &instance_);
  }
  phase_ = Phase::kOther;
  if (code != MLMON_OK) instance_ = nullptr;  // what failed is gone already
  lost_ = code == kObserverLost;
  if (lost_) forget_refusal();
  // What the host refused is why it failed, or it should have.
  if (const std::string refused = refusal(); !refused.empty()) return Error{refused};
  if (code != MLMON_OK) {
    wrong_config_ = code == MLMON_E_CONFIG;
    return Error{code_text(code, said_)};
  }
  if (instance_ == nullptr) return Error{"create gave no instance"};
  if (const Result<void> own = check_class(); !own) return own;
  return migrate();
}

Result<void> ObserverInstance::restart() {
  destroy();
  settled_ = true;
  return create();
}

/// State is the class's: what another one kept under this name is never read as if it were its own.
Result<void> ObserverInstance::check_class() {
  const std::string* kept = state_.get(0, kStateClass);
  if (kept != nullptr && *kept != class_.about.id) {
    return Error{fmt::format(
        "the state of observer {} was kept by class {}, and this is {}: give the observer another name, "
        "or read the files again with --from-start, which forgets what the other class kept",
        setup_.name, *kept, class_.about.id)};
  }
  return {};
}

/// What is kept of models that the input has is forgotten as they come; what is kept of none, here, and so
/// is all that another class has kept.
void ObserverInstance::begin_state_anew() {
  const std::string* kept = state_.get(0, kStateClass);
  const bool of_another = kept != nullptr && *kept != class_.about.id;
  for (const auto& [model, key] : of_another ? state_.places() : state_.places_of(0)) {
    state_.erase(model, key);
  }
  if (of_another) state_.erase(0, kStateClass);
}

/// Whatever is kept, is kept by this class.
void ObserverInstance::keep_class() {
  if (state_.get(0, kStateClass) == nullptr) state_.put(0, kStateClass, class_.about.id);
}

/// State of another version is never read as if it were of this one.
Result<void> ObserverInstance::migrate() {
  const std::uint32_t newest = class_.about.state_version;
  std::uint32_t kept = 0;
  if (const std::string* text = state_.get(0, kStateVersionKey)) {
    std::from_chars(text->data(), text->data() + text->size(), kept);
  }
  const bool has_state = !state_.places().empty();
  if (has_state && kept > newest) {
    return Error{fmt::format("it kept its state in version {}, and this version of the plugin "
                             "knows {}: a newer one is needed", kept, newest)};
  }
  if (has_state && kept < newest) {
    const std::string versions =
        fmt::format("its state is of version {}, this version of the plugin knows {}", kept, newest);
    if (class_.observer.migrate == nullptr) return Error{versions + " and cannot read that"};
    const Result<void> done = call(
        Phase::kMigrating, "migrate", [&] { return class_.observer.migrate(instance_, kept); });
    if (!done) return Error{versions + ", and that failed: " + done.error().text};
  }
  if (kept != newest) state_.put(0, kStateVersionKey, std::to_string(newest));
  return {};
}

template <class Call>
Result<void> ObserverInstance::call(Phase phase, std::string_view what, const Call& call) {
  const std::size_t decided = decisions_.size();
  const std::size_t derived = derived_.size();
  const std::uint64_t suppressed = suppressed_, emitted = emitted_;
  const Tally suppressed_by = suppressed_by_, acted_by = acted_by_;
  said_.clear();
  state_.begin();
  phase_ = phase;
  counted_.clear();
  std::int32_t code = MLMON_OK;
  {
    const PluginCall going_on(setup_.name, what);
    code = call();
  }
  phase_ = Phase::kOther;
  view_ = nullptr;
  lost_ = code == kObserverLost;
  if (lost_) forget_refusal();  // of a call that did not return, nothing counts
  const std::string refused = refusal();
  if (code >= 0 && refused.empty()) return {};
  // A decision that was refused must not be lost in silence, whatever the plugin made of the refusal.
  decisions_.erase(decisions_.begin() + static_cast<std::ptrdiff_t>(decided), decisions_.end());
  derived_.erase(derived_.begin() + static_cast<std::ptrdiff_t>(derived), derived_.end());
  suppressed_ = suppressed;
  emitted_ = emitted;
  for (const auto& [counter, more] : counted_) counters_.take_back(counter, more);
  suppressed_by_ = suppressed_by;
  acted_by_ = acted_by;
  state_.undo();
  return Error{refused.empty() ? code_text(code, said_) : refused};
}

Result<void> ObserverInstance::on_batch(const BatchView& view, mlmon_batch& batch) {
  const std::size_t decided = decisions_.size(), derived = derived_.size();
  project_into(view, batch);
  view_ = &view;
  Result<void> done =
      call(Phase::kEvents, place_of(view),
           [&] { return class_.observer.on_batch(instance_, &batch); });
  const auto by_seq = [](const auto& a, const auto& b) { return a.seq < b.seq; };
  sort_from(decisions_, decided, by_seq);
  sort_from(derived_, derived, by_seq);
  return done;
}

Result<void> ObserverInstance::on_tick(const BatchView& view, std::int64_t tick_ns) {
  const std::size_t decided = decisions_.size(), derived = derived_.size();
  const mlmon_tick tick = {sizeof tick, 0, tick_ns};
  view_ = &view;
  tick_ns_ = tick_ns;
  Result<void> done =
      call(Phase::kTick, place_of(view), [&] { return class_.observer.on_tick(instance_, &tick); });
  // Handles of models depend on threads: who walks over them would decide in another order every time.
  const auto by_model = [&](const auto& a, const auto& b) { return comes_before(a.model, b.model); };
  sort_from(decisions_, decided, by_model);
  sort_from(derived_, derived, by_model);
  return done;
}

Result<void> ObserverInstance::finish() {
  if (class_.observer.finish == nullptr) return {};
  const Result<void> done =
      call(Phase::kOther, "finish", [&] { return class_.observer.finish(instance_); });
  if (!done) return Error{"finish: " + done.error().text};
  return {};
}

Result<std::string> ObserverInstance::explain(std::uint32_t model) {
  if (class_.observer.explain == nullptr) return std::string();
  std::string json;
  const Result<void> done = call(Phase::kOther, "explain", [&] {
    mlmon_str text = {"", 0};
    const std::int32_t code = class_.observer.explain(instance_, model, &text);
    if (code == MLMON_OK) json.assign(text.ptr, text.len);
    return code;
  });
  if (!done) return Error{"explain: " + done.error().text};
  if (json.empty()) return json;
  const Result<std::string> members = PluginMembers().read({json.data(), json.size()}, {});
  if (!members) return Error{"explain: " + members.error().text};
  return "{" + *members + "}";
}

void ObserverInstance::project_into(const BatchView& view, mlmon_batch& batch) {
  if (columns_.empty()) return;
  const ProjectedColumns& projected = view.batch->projected;
  projected_.clear();
  projected_pointers_.clear();
  for (const std::uint32_t number : columns_) {
    const ProjectedColumn& column = projected.columns[number];
    const auto from = [&](const auto& values) {
      return values.empty() ? nullptr : values.data() + view.first;
    };
    projected_.push_back({sizeof(mlmon_column), static_cast<std::uint32_t>(column.type),
                          from(column.numbers), from(column.integers), from(column.text_off),
                          from(column.text_len), projected.text.data()});
  }
  for (const mlmon_column& column : projected_) projected_pointers_.push_back(&column);
  batch.n_columns = static_cast<std::uint32_t>(projected_.size());
  batch.columns = projected_pointers_.data();
}

/// By what is the same in every run.
bool ObserverInstance::comes_before(std::uint32_t model, std::uint32_t other) const {
  if (model == other || model == 0 || other == 0) return model < other;
  const Model& a = models_.at(model);
  const Model& b = models_.at(other);
  return std::tie(a.name, a.version, a.deployed_at) < std::tie(b.name, b.version, b.deployed_at);
}

/// Without a store nobody else keeps the ends; in a replay it cannot tell which of those that it knows have come again.
void ObserverInstance::pass_barrier() {
  if (setup_.has_ended && !setup_.begin_anew) job_ends_.pass_barrier();
}

/// The event `seq` requests what was requested before, and is over.
bool ObserverInstance::has_ended(const std::string& id, std::uint64_t seq) {
  const auto in_store = [&](const std::string& job) { return setup_.was_requested && setup_.was_requested(job); };
  return job_ends_.request(id, seq, in_store) || (setup_.has_ended && setup_.has_ended(id));
}

/// For rows of batches, also of those that mlmon made: their lines were accepted before.
EventRules ObserverInstance::row_rules() const {
  EventRules rules = setup_.wishes->rules();
  rules.jobs_reopen = true;
  return rules;
}

DecisionWriter& ObserverInstance::writer() {
  if (!writer_) writer_.emplace(setup_.name, row_rules(), models_);
  return *writer_;
}

DerivedWriter& ObserverInstance::derived_writer() {
  if (!derived_writer_) {
    EventRules emitted;
    emitted.any_version = true;
    emitted.foreign_types = class_.emits;
    derived_writer_.emplace(setup_.name, row_rules(), emitted, models_);
  }
  return *derived_writer_;
}

bool ObserverInstance::has_audience(std::string_view type) const {
  return std::find(audience_.begin(), audience_.end(), type) != audience_.end();
}

/// What it said cannot be used, which stops it.
std::int32_t ObserverInstance::refuse(std::string why) {
  refused_ = std::move(why);
  return MLMON_E_INVALID;
}

void ObserverInstance::forget_refusal() {
  const std::lock_guard lock(misuse_mutex_);
  refused_.clear();
  misuse_.clear();
}

std::string ObserverInstance::refusal() {
  const std::lock_guard lock(misuse_mutex_);
  return refused_.empty() ? misuse_ : refused_;
}

}  // namespace mlmon
