#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/event/batch.h"
#include "core/event/event_parser.h"
#include "core/event/models.h"
#include "core/event/projection.h"

namespace mlmon {

/// Made-up lines, one event each: metrics, drift, the ends of jobs that nobody asked for, and
/// events of the given types, of a few models with names of every kind. Figures wander over all
/// limits; now and then time goes back, or on by days. Always the same.
std::vector<std::string> made_up_lines(std::uint32_t count, const std::vector<std::string>& types,
                                       std::uint32_t models = 12);

/// The lines with an event for each action among the decisions, a few lines behind its cause: what
/// it asked for is done.
std::vector<std::string> with_ends(const std::vector<std::string>& lines,
                                   const std::vector<std::string>& decisions);

/// Events in memory as the host has them: parsed by its parser, from lines that all must be events.
class EventSupply {
 public:
  /// `types`: of events beside the host's own; the kind of the i-th is kFirstForeignKind + i.
  /// `handles_before`: so many other models were met earlier in the process, so that handles
  /// differ.
  EventSupply(const std::vector<std::string>& lines, std::vector<std::string> types,
              std::uint32_t handles_before = 0);

  /// Fills in the batch's projected columns.
  void project(const std::vector<Projection>& projections);

  const std::vector<std::string>& types() const { return types_; }

  /// How its lines are read.
  EventRules rules() const;

  ModelTable models;
  Batch batch;

 private:
  std::vector<std::string> types_;
  std::vector<Projection> projections_;
};

}  // namespace mlmon
