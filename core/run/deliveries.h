#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/action/decision.h"
#include "core/clock.h"
#include "core/delivery/endpoint_host.h"
#include "core/log_sink.h"
#include "core/result.h"
#include "core/run/pipeline_observer.h"
#include "core/run/succession.h"
#include "core/store/outbox_store.h"

namespace mlmon {

/// All endpoints of a run at work, and which of them get an action. Belongs to the pipeline's thread; the
/// endpoints deliver on threads of their own.
class Deliveries {
 public:
  /// `wake` is called from the endpoints' threads. All but it must outlive this.
  Deliveries(std::vector<PipelineObserver>& observers, OutboxStore& store, const Clock& clock, LogSink& log,
             std::function<void()> wake);

  /// Starts the endpoints; what an earlier run left for them is due at once. One that cannot be started
  /// is told of at the end, and what it should deliver waits. Fails if the store does.
  Result<void> start();

  /// Other observers have taken over: endpoints of those that go on go on, those of others end after the delivery
  /// at hand, and new ones begin, each once the one that it takes the place of has ended. Fails if the store does.
  Result<void> succeed(const Succession& succession);

  /// Tells of deliveries that do not come back, and does what succeed() has left to be done, as far as it can be done
  /// now; false: nothing.
  bool step();

  /// Who gets an action.
  struct Route {
    std::vector<std::uint32_t> endpoints;  // numbers in the store
    std::vector<Grouping> grouping;        // by endpoint
    bool queue = false;                    // the embedded registry as well
    bool failed = false;                   // the router could not say
  };
  Route route(std::size_t observer, const Decision& decision);

  /// Tells, where the log wants such detail, what the endpoints of an action would do: for a dry run.
  void describe(std::size_t observer, const Decision& decision);
  /// Wall clock, since 1970.
  std::int64_t now_ms() const;

  /// An endpoint wants to know what each alert began with, so the record of alerts is needed.
  bool wants_record() const;

  /// The input has ended: nothing need wait for more of its group.
  void close_groups();

  /// What another run has left behind is this run's now.
  Result<void> look_again();

  /// Before partitions go to another run: what endpoints have in hand is to be settled first. Bounded; what takes longer
  /// may be delivered by both.
  void wait_for_rounds() const;

  /// There is something new in the outbox.
  void notify();

  /// All that was there is delivered, or never will be.
  bool drained() const;

  /// Ends the threads after the deliveries at hand; one that does not come back from its plugin, or not by then
  /// (monotonic), is abandoned.
  void stop(std::int64_t until_ns);

  /// One was: its thread still runs, so that the process is to end without cleaning up after it.
  bool abandoned() const { return abandoned_; }

  /// What failed: routers, and after stop() endpoints.
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  struct RunEndpoint {
    std::uint32_t number = 0;            // in the store
    std::unique_ptr<EndpointHost> host;  // null: the queue
    bool begun = false;
  };
  using Endpoints = std::vector<RunEndpoint>;
  /// Those of an observer that was replaced or removed: they may hand over to each other, and end together.
  struct Leaving {
    std::shared_ptr<RouterHost> router;
    Endpoints endpoints;
    bool ended() const;
  };

  template <class Do>
  void at_each(const Do& act) const;
  Route route_to(std::size_t observer, std::string_view id, std::string_view json);
  Result<Endpoints> make_endpoints(std::size_t observer) const;
  Result<void> route_waiting(std::size_t observer);
  bool begin(std::size_t observer);
  bool is_still_at_work(std::uint32_t number) const;
  bool take_leave();
  void end(Endpoints& endpoints, std::int64_t until_ns);
  void note(const std::string& failure);
  Result<RunEndpoint> make_endpoint(const RouterHost& router, std::uint32_t index) const;
  static void join_fallbacks(const RouterHost& router, const Endpoints& own);
  Grouping grouping_of(const Endpoint& endpoint, std::string_view action) const;

  std::vector<PipelineObserver>& observers_;
  OutboxStore& store_;
  const Clock& clock_;
  LogSink& log_;
  const std::function<void()> wake_;
  std::vector<Endpoints> endpoints_;                  // by observer and index
  std::vector<std::shared_ptr<RouterHost>> routers_;  // of these
  std::vector<Leaving> leaving_;
  bool abandoned_ = false;
  std::vector<std::string> failures_;
};

}  // namespace mlmon
