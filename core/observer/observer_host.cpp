#include "core/observer/observer_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <utility>

struct mlmon_observer_host {
  mlmon::ObserverHost* self;
};

namespace mlmon {

/// The table of services, as the plugin sees it.
struct ObserverServices {
  static ObserverHost& of(mlmon_observer_host* host) { return *host->self; }
  static std::string_view view(mlmon_str text) { return {text.ptr, text.len}; }

  static void log(mlmon_observer_host* host, std::int32_t level, mlmon_str text) {
    const int known = std::clamp(level, MLMON_LOG_DEBUG, MLMON_LOG_ERROR);
    of(host).log_.log(static_cast<LogLevel>(known), of(host).name(), view(text));
  }

  static void set_error(mlmon_observer_host* host, mlmon_str text) { of(host).said_ = view(text); }

  static std::int32_t cancelled(mlmon_observer_host* host) {
    return of(host).cancelled_.load() ? 1 : 0;
  }

  static std::int32_t model_info(mlmon_observer_host* host, mlmon_model handle,
                                 mlmon_model_info* info) {
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

  static std::int32_t act(mlmon_observer_host* host, const mlmon_action* action) {
    ObserverHost& self = of(host);
    const std::int32_t result = decide(self, action, [&](const Batch& batch, std::uint32_t row) {
      return self.writer_.action(batch, row, *action);
    });
    if (result != MLMON_OK) return result;
    self.last_id_ = self.decisions_.back().id;
    const bool ended = view(action->type) == "retrain" &&
                       self.has_ended(self.last_id_, self.decisions_.back().seq);
    return ended ? MLMON_ENDED : MLMON_OK;
  }

  static std::int32_t last_action_id(mlmon_observer_host* host, mlmon_str* id) {
    const std::string& last = of(host).last_id_;
    if (id == nullptr || last.empty()) return MLMON_E_NOT_FOUND;
    *id = {last.data(), last.size()};
    return MLMON_OK;
  }

  static std::int32_t state_get(mlmon_observer_host* host, mlmon_model model, mlmon_str key,
                                mlmon_str* value) {
    const std::string* found = of(host).state_.get(model, view(key));
    if (found == nullptr || value == nullptr) return MLMON_E_NOT_FOUND;
    *value = {found->data(), found->size()};
    return MLMON_OK;
  }

  static std::int32_t state_put(mlmon_observer_host* host, mlmon_model model, mlmon_str key,
                                mlmon_str value) {
    if (!may_change(of(host), model, key)) return MLMON_E_INVALID;
    of(host).state_.put(model, view(key), view(value));
    return MLMON_OK;
  }

  static std::int32_t state_delete(mlmon_observer_host* host, mlmon_model model, mlmon_str key) {
    if (!may_change(of(host), model, key)) return MLMON_E_INVALID;
    of(host).state_.erase(model, view(key));
    return MLMON_OK;
  }

  static bool may_change(ObserverHost& self, mlmon_model model, mlmon_str key) {
    if (self.current_ != nullptr && key.len > 0 && model <= self.models_.size()) return true;
    self.refused_ = "it changed its state outside of on_batch, without a key, or of no model";
    return false;
  }

  static std::int32_t suppress(mlmon_observer_host* host, const mlmon_suppression* suppression) {
    ObserverHost& self = of(host);
    std::int32_t code = MLMON_OK;
    if (self.setup_.explain) {
      code = decide(self, suppression, [&](const Batch& batch, std::uint32_t row) {
        return self.writer_.suppression(batch, row, *suppression);
      });
    } else if (!has_place(self, suppression)) {
      code = MLMON_E_INVALID;
    }
    if (code == MLMON_OK) ++self.counts_.suppressed;
    return code;
  }

  static std::int32_t explaining(mlmon_observer_host* host) {
    return of(host).setup_.explain ? 1 : 0;
  }

  template <class Said>
  static bool has_place(ObserverHost& self, const Said* said) {
    const BatchView* view = self.current_;
    if (view != nullptr && said != nullptr && said->size >= sizeof(Said) &&
        said->row < view->rows && said->model != 0 && said->model <= self.models_.size()) {
      return true;
    }
    self.refused_ = "it decided outside of on_batch, or about a row or model that is not there";
    return false;
  }

  template <class Said, class Write>
  static std::int32_t decide(ObserverHost& self, const Said* said, const Write& write) {
    if (!has_place(self, said)) return MLMON_E_INVALID;
    const BatchView& view = *self.current_;
    Result<Decision> decision = write(*view.batch, view.first + said->row);
    if (!decision) {
      self.refused_ = "its decision cannot be used: " + decision.error().text;
      return MLMON_E_INVALID;
    }
    self.decisions_.push_back(std::move(*decision));
    return MLMON_OK;
  }
};

namespace {

constexpr mlmon_observer_services kServices = {
    sizeof(mlmon_observer_services), MLMON_ABI_MINOR,
    ObserverServices::log,           ObserverServices::set_error,
    ObserverServices::cancelled,     ObserverServices::model_info,
    ObserverServices::act,           ObserverServices::suppress,
    ObserverServices::explaining,    ObserverServices::state_get,
    ObserverServices::state_put,     ObserverServices::state_delete,
    ObserverServices::last_action_id};

constexpr std::uint32_t kNoRow = 0;

std::string code_text(std::int32_t code, const std::string& said) {
  return said.empty() ? fmt::format("error {}, without a text", code) : said;
}

mlmon_batch abi_batch(const BatchView& view) {
  const Batch& batch = *view.batch;
  const std::uint32_t at = view.first;
  mlmon_batch out{};
  out.size = sizeof out;
  out.flags = view.dropped_before > 0 ? MLMON_BATCH_GAP : 0;
  out.first_seq = batch.first_seq + at;
  out.dropped = view.dropped_before;
  out.rows = view.rows;
  out.count = view.rows;
  out.time_ns = batch.time_ns.data() + at;
  out.model = batch.model.data() + at;
  out.kind = batch.kind.data() + at;
  out.accuracy = batch.accuracy.data() + at;
  out.precision = batch.precision.data() + at;
  out.recall = batch.recall.data() + at;
  out.f1 = batch.f1.data() + at;
  out.p_value = batch.p_value.data() + at;
  out.magnitude = batch.magnitude.data() + at;
  out.samples = batch.samples.data() + at;
  out.line = batch.line.data() + at;
  out.offset = batch.offset.data() + at;
  out.raw_off = batch.raw_off.data() + at;
  out.raw_len = batch.raw_len.data() + at;
  out.raw = batch.block.text().data();
  return out;
}

}  // namespace

ObserverHost::ObserverHost(ObserverSetup setup, const ModelTable& models, LogSink& log,
                           std::function<void()> wake)
    : setup_(std::move(setup)),
      models_(models),
      log_(log),
      wake_(std::move(wake)),
      handle_(std::make_unique<mlmon_observer_host>(mlmon_observer_host{this})),
      class_(setup_.library->classes().front()),
      queue_(setup_.capacity),
      view_rows_(std::max(setup_.capacity / 4, 1u)),
      offered_(setup_.models, setup_.kinds, models),
      subscription_(setup_.models, setup_.kinds, models),
      writer_(setup_.name, setup_.rules, models),
      state_(setup_.state),
      events_(setup_.rules) {}

ObserverHost::~ObserverHost() { finish(); }

Result<void> ObserverHost::start() {
  std::promise<Result<void>> created;
  auto outcome = created.get_future();
  thread_ = std::thread([this, &created] {
    Result<void> result = create();
    const bool ok = result.ok();
    created.set_value(std::move(result));
    if (ok) run();
  });
  Result<void> result = outcome.get();
  if (!result) thread_.join();
  return result;
}

std::uint32_t ObserverHost::offer(const std::shared_ptr<const Batch>& batch, std::uint32_t first,
                                  std::uint32_t end) {
  std::uint32_t taken = 0;
  while (first + taken < end) {
    const std::uint32_t rows = std::min(view_rows_, end - first - taken);
    BatchView view = {batch, first + taken, rows, dropped_before_};
    if (queue_.fits(view)) {
      queue_.put(std::move(view));
      dropped_before_ = 0;
    } else if (setup_.drop_newest) {
      const std::uint64_t dropped = offered_.count(*batch, first + taken, rows);
      dropped_before_ += dropped;
      dropped_full_ += dropped;
    } else {
      break;
    }
    taken += rows;
  }
  return taken;
}

void ObserverHost::put_barrier() {
  ++barriers_put_;
  queue_.put_mark(QueueItem::Kind::kBarrier);
}

Epoch ObserverHost::collect() {
  const std::lock_guard lock(mutex_);
  return std::exchange(handed_over_, {});
}

void ObserverHost::finish() {
  if (!thread_.joinable()) return;
  queue_.put_mark(QueueItem::Kind::kEnd);
  thread_.join();
}

std::string ObserverHost::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

ObserverCounts ObserverHost::counts() const {
  ObserverCounts counts = counts_;
  counts.dropped += dropped_full_;
  return counts;
}

Result<void> ObserverHost::create() {
  const std::int32_t code = class_.observer.create(
      handle_.get(), &kServices, {setup_.config.data(), setup_.config.size()}, &instance_);
  if (code != MLMON_OK) return Error{code_text(code, said_)};
  if (instance_ == nullptr) return Error{"create gave no instance"};
  if (!refused_.empty()) {
    class_.observer.destroy(instance_);
    return Error{refused_};
  }
  return {};
}

void ObserverHost::run() {
  for (bool ended = false; !ended;) {
    const QueueItem item = queue_.take();
    switch (item.kind) {
      case QueueItem::Kind::kEvents:
        observe(item.view);
        break;
      case QueueItem::Kind::kBarrier:
        pass_barrier();
        break;
      case QueueItem::Kind::kEnd:
        ended = true;
        break;
    }
    queue_.done();
    wake_();
  }
  if (!failed_ && class_.observer.finish != nullptr) {
    said_.clear();
    const std::int32_t code = class_.observer.finish(instance_);
    if (code < 0 || !refused_.empty()) {
      fail("finish: " + (refused_.empty() ? code_text(code, said_) : refused_));
    }
  }
  class_.observer.destroy(instance_);
}

void ObserverHost::observe(const BatchView& view) {
  mlmon_batch batch = abi_batch(view);
  if (!subscription_.everything()) {
    subscription_.select(*view.batch, view.first, view.rows, selected_);
    batch.count = static_cast<std::uint32_t>(selected_.size());
    batch.sel = selected_.empty() ? &kNoRow : selected_.data();  // NULL would mean all rows
  }
  if (failed_) {
    if (view.batch->counted()) counts_.dropped += batch.count;
    return;
  }
  if (batch.count == 0 && batch.dropped == 0) return;

  const std::size_t decided = decisions_.size();
  const ObserverCounts before = counts_;
  said_.clear();
  if (setup_.begin_anew && view.batch->counted()) begin_anew(view);
  note_ends(view);
  state_.begin();
  current_ = &view;
  const std::int32_t code = class_.observer.on_batch(instance_, &batch);
  current_ = nullptr;
  if (code < 0 || !refused_.empty()) {
    // What it said of a batch that it did not finish does not count; a decision that was refused must
    // not be lost in silence, whatever the plugin made of the refusal.
    decisions_.erase(decisions_.begin() + static_cast<std::ptrdiff_t>(decided), decisions_.end());
    state_.undo();
    counts_ = before;
    if (view.batch->counted()) counts_.dropped += batch.count;
    stop_at(view);
    fail(refused_.empty() ? code_text(code, said_) : refused_);
    return;
  }
  if (view.batch->counted()) counts_.observed += batch.count;
  const auto by_seq = [](const Decision& a, const Decision& b) { return a.seq < b.seq; };
  std::stable_sort(decisions_.begin() + static_cast<std::ptrdiff_t>(decided), decisions_.end(),
                   by_seq);
  pending_.fetch_add(decisions_.size() - decided);
}

void ObserverHost::pass_barrier() {
  {
    const std::lock_guard lock(mutex_);
    std::move(decisions_.begin(), decisions_.end(), std::back_inserter(handed_over_.decisions));
    std::vector<ObserverState::Change> changes = state_.take_changes();
    std::move(changes.begin(), changes.end(), std::back_inserter(handed_over_.changes));
    handed_over_.stopped_at = stopped_at_;
  }
  pending_.fetch_sub(decisions_.size());
  decisions_.clear();
  barriers_passed_.fetch_add(1);
}

void ObserverHost::begin_anew(const BatchView& view) {
  for (std::uint32_t row = view.first; row < view.first + view.rows; ++row) {
    const std::uint32_t model = view.batch->model[row];
    if (model >= begun_anew_.size()) begun_anew_.resize(model + 1 + model / 2);
    if (!begun_anew_[model]) state_.begin_anew(model);
    begun_anew_[model] = true;
  }
}

/// An end that an event tells is known from there on, before any checkpoint and without a store.
void ObserverHost::note_ends(const BatchView& view) {
  const Batch& batch = *view.batch;
  Event event;
  BadLine bad;
  for (std::uint32_t row = view.first; row < view.first + view.rows; ++row) {
    if (batch.kind[row] != kJob) continue;
    const std::string_view line = batch.block.text().substr(batch.raw_off[row], batch.raw_len[row]);
    if (!events_.parse(line, true, event, bad)) continue;
    ended_.emplace(event.job, batch.first_seq + row);
  }
}

bool ObserverHost::has_ended(const std::string& id, std::uint64_t by_seq) const {
  const auto told = ended_.find(id);
  if (told != ended_.end() && told->second <= by_seq) return true;
  return setup_.has_ended && setup_.has_ended(id);
}

/// Its place is before the view that it did not finish; before the next event of the input where that view
/// is none of it, which the pipeline knows better.
void ObserverHost::stop_at(const BatchView& view) {
  if (view.batch->host_made) return;
  stopped_at_ = {view.batch->source_index, view.batch->offset[view.first],
                 view.batch->line[view.first] - 1, view.batch->first_seq + view.first};
}

void ObserverHost::fail(std::string why) {
  log_.log(LogLevel::kError, name(), "observer stopped: " + why);
  {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(why);
  }
  failed_.store(true);
}

}  // namespace mlmon
