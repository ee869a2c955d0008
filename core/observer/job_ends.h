#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

namespace mlmon {

/// Ends of jobs that events tell, until the store knows them. An end that stands before its request
/// is of no job: events that come in pieces, each with a run of its own, are decided like all at once.
class JobEnds {
 public:
  /// The event `seq` tells the end of a job.
  void note(const std::string& job, std::uint64_t seq) { now_.ended.emplace(job, seq); }

  /// The job was put back into the queue: what was noted of it is over.
  void reopen(const std::string& job);

  /// The event `seq` asks for a retraining, by this id: whether that was asked for before, and has ended since, as
  /// events of the input told. `was_requested`: whether the store knows the request.
  bool request(const std::string& id, std::uint64_t seq, const std::function<bool(const std::string&)>& was_requested);

  /// At a barrier: what was noted before the last one is in the store.
  void pass_barrier();

 private:
  struct Span {
    std::unordered_map<std::string, std::uint64_t> requested;   // id, and the first event that asked for it
    std::unordered_multimap<std::string, std::uint64_t> ended;  // job, and each event that told its end
  };

  bool ended_between(const std::string& id, std::uint64_t first, std::uint64_t last) const;

  Span before_, now_;  // the last barrier
};

}  // namespace mlmon
