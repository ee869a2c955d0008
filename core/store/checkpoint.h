#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/event/event.h"
#include "core/event/models.h"
#include "core/event/source_place.h"

namespace mlmon {

/// A hash over some bytes of a source, to know it again. size 0: says nothing.
struct Fingerprint {
  std::uint64_t size = 0;
  std::uint64_t hash = 0;

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

/// A file as it is known from one run to the next: by its content up to the place that was reached, so
/// that renaming, rotating and compressing it do not make it another one.
struct KnownSource {
  std::int64_t row = 0;  // in the store; 0: not there yet
  std::string path;      // as last given; empty: it is no longer looked for
  std::uint64_t device = 0, inode = 0;
  std::uint64_t seen_size = 0;  // bytes that it had when it was opened last; 0: unknown, it is compressed
  std::int64_t changed_ns = 0;  // when it had been changed last by then, since 1970; 0: unknown
  std::string head_text;        // its first bytes, as far as they were read ...
  Fingerprint head;             // ... and what they are found by
  Fingerprint tail;             // of the bytes before place.offset
  SourcePlace place;  // of all observers ...
  std::map<std::string, SourcePlace> own;  // ... but these, which were stopped before it
};

/// What an observer put into its state, or (no value) took out of it.
struct StateChange {
  std::string_view observer;
  std::uint32_t model = 0;  // handle; 0: of no model
  std::string key;
  std::optional<std::string> value;
  std::int64_t partition = 0;  // the row of the partition that it is kept for, if of no model; 0: for all
};

/// Which alerts of a backlog are told: all; those that still fire at its end; none.
enum class Backlog { kAll, kFinal, kNone };

/// How an action goes to one endpoint.
struct Grouping {
  std::int64_t group = 0;    // actions of the same group can be one message; 0: it is alone
  std::int64_t from_ms = 0;  // not before then; wall clock, since 1970
  bool alone = false;        // the endpoint never makes one message of several
};

/// What an action of type `alert` says.
struct AlertMembers {
  std::string rule;
  std::string state;       // empty: it tells of something that does not last, and nothing fires after it
  std::string severity;
  std::string suppressed;  // why its observer wants nobody to be told; empty: they are
};

/// An action on its way into the store.
struct NewAction {
  std::string_view id;
  std::string_view json;                 // one line without newline
  std::uint32_t model = 0;               // handle
  std::vector<std::uint32_t> endpoints;  // that are to get it (numbers in the store)
  bool job = false;                      // it waits in the model registry's queue
  bool request = false;  // a retraining: if no endpoint takes it, and it is no job, it has failed
  const AlertMembers* alert = nullptr;  // it goes into the record of alerts; null: it does not
  std::string_view observer = "", type = "";  // who decided it; "retrain", "alert" ...
  std::vector<Grouping> grouping{};  // by endpoint; empty: each gets it at once, by itself
  Backlog backlog = Backlog::kAll;   // of an alert
  std::int64_t partition = 0;        // the row of the partition that it came of; 0: of no claimed one
};

/// The end of a job, on its way to or from the observers.
struct JobEnd {
  std::string job;     // id
  std::string status;  // done, failed, cancelled
  std::string note;
  std::int64_t at_ns = 0;
};

/// The same, as an event of the input tells it.
struct ReportedEnd {
  JobEnd end;
  std::uint32_t model = 0;   // handle: the event's
  std::uint64_t seq = 0;     // the event's
  std::size_t actions = 0;   // of the checkpoint, that were decided before it
};

/// A host-made event that was handed out.
struct JournalEntry {
  std::int64_t number = 0;    // in the store, ascending; 0: not there yet
  std::string job;            // the job whose end it tells ...
  std::int64_t ended_ns = 0;  // ... which was then
  std::string json;           // the event
};

/// Journal entries that were handed out together. A replay hands each out after the events of its model that
/// had been seen by then, so the store keeps how far each source had been read.
struct Told {
  std::vector<JournalEntry> entries;
  // Of sources that moved since the last checkpoint: index in Checkpoint::sources, and the offset by then.
  std::vector<std::pair<std::size_t, std::uint64_t>> places;
};

/// How far a source had been read when the journal's entries up to `entry` were told.
struct ToldPlace {
  std::int64_t entry = 0;
  std::uint64_t offset = 0;
};

inline constexpr std::int64_t kNeverSeen = INT64_MIN;

/// What events said of one model.
struct Sighting {
  struct Figure {
    std::string_view name;
    double value = kAbsent;
  };

  std::uint32_t model = 0;  // handle
  std::uint64_t metrics_events = 0, drift_events = 0;  // since the checkpoint before
  std::int64_t last_event_ns = kNeverSeen;             // newest event time; job events left out
  std::int64_t metrics_ns = kNeverSeen, drift_ns = kNeverSeen;  // the same by type
  std::int64_t samples = -1;                           // of the newest event that has them; -1: none
  double accuracy = kAbsent, precision = kAbsent, recall = kAbsent, f1 = kAbsent;  // the newest of each
  double p_value = kAbsent, magnitude = kAbsent;
  std::vector<Figure> more;  // of `metrics`; names are the run's
};

/// A partition of a log that a model's events were in first.
struct ModelHome {
  std::uint32_t model = 0;  // handle
  std::size_t source = 0;   // index in Checkpoint::sources
};

/// More of what is counted over the state's life: "events", "bad_lines" by reason, "counter" by observer and
/// name. Actions are counted by the store, which knows those that are new.
struct Total {
  std::string name, first, second;
  std::uint64_t more = 0;
};

/// Where an output file ends as far as it was written.
struct OutputPlace {
  std::uint64_t device = 0, inode = 0, offset = 0;
};

/// All that one transaction makes durable.
struct Checkpoint {
  std::vector<NewAction> actions;        // in order
  std::vector<StateChange> state;
  std::vector<KnownSource> sources;      // those that moved
  std::vector<Told> told;                // in order
  std::vector<ReportedEnd> reported;     // in order
  std::vector<Sighting> sightings;       // of models with news
  std::vector<ModelHome> homes;          // of models that are new to the run, whatever their events are
  std::vector<Total> totals;
  std::vector<std::uint32_t> begun_anew;  // models whose earlier state goes (--from-start) ...
  std::vector<std::string> observers;     // ... of these: what others keep stays, as they do not see the events again
  std::int64_t written = 0;              // the last action that the output has
  std::optional<OutputPlace> output;     // of a file
  std::int64_t now_ms = 0;               // wall clock, since 1970
};

/// What became of a checkpoint.
struct Committed {
  std::vector<bool> fresh;         // by action: its id was not known
  std::int64_t last = 0;           // number of the last action in the store
  std::vector<std::int64_t> rows;  // by source, in the store
  std::vector<std::int64_t> lost;  // rows of partitions that have another owner; with any, nothing was committed
};

}  // namespace mlmon
