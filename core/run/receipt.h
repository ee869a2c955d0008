#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/event/models.h"
#include "core/observer/observer_host.h"
#include "core/run/model_tally.h"
#include "core/run/source.h"

namespace mlmon {

/// The account of one observer: events subscribed == observed + dropped + poisoned.
struct ObserverReceipt {
  std::string observer;
  ObserverCounts counts;
  std::string failure;  // empty: ok
  bool loaded = true;   // false: nobody knows what it would have subscribed to, and nothing is counted
  bool apart = false;   // it runs in a process of its own
};

/// Adds the account of an instance that had the same name.
void add_to(ObserverReceipt& receipt, const ObserverReceipt& other);

/// decided == fresh + already_known; fresh == delivered + queued + waiting + dead.
struct ActionCounts {
  std::uint64_t decided = 0, fresh = 0, already_known = 0;
  std::uint64_t delivered = 0, queued = 0, waiting = 0, dead = 0;
  std::uint64_t waiting_from_before = 0;  // of earlier runs
  std::uint64_t died = 0;                 // deliveries, of whichever run
  std::uint64_t alerts_fired = 0;         // of the new: alerts that began (firing, flapping)
  std::uint64_t retrains_requested = 0;   // of the new
};

struct ModelReceipt {
  const Model* model;  // of the ModelTable
  ModelCount count;
};

/// What a run did with every line, event and action. The ModelTable outlives it.
struct Receipt {
  std::string run_id;
  std::string started_at, ended_at;  // RFC 3339, UTC
  int exit_code = 0;
  std::vector<SourceCount> sources;
  std::vector<std::string> empty_folders;  // that held no input: for people only
  std::vector<ObserverReceipt> observers;
  ActionCounts actions;
  std::vector<ModelReceipt> models;  // by name, version, deployed_at
  double seconds = 0;
  std::uint64_t peak_rss_bytes = 0;

  std::uint64_t events() const;
  std::uint64_t lines() const;
  std::uint64_t bad() const;
  std::uint64_t empty() const;
  std::uint64_t foreign() const;
  std::uint64_t late() const;       // of the events
  std::uint64_t misplaced() const;  // of the events
};

/// One line of JSON, without newline.
std::string to_json(const Receipt& receipt);

/// The models that were seen, in order of name, version and deployed_at.
std::vector<ModelReceipt> model_receipts(const ModelTally& tally, const ModelTable& models);

}  // namespace mlmon
