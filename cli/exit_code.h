#pragma once

namespace mlmon {

/// What the process ends with.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;  // I/O, an observer gave up
inline constexpr int kExitUsage = 2;   // of the command line or the configuration; nothing was done
inline constexpr int kExitBadLines = 3;       // more than allowed
inline constexpr int kExitUndelivered = 4;    // done, but actions wait or are dead
inline constexpr int kExitAlert = 10;         // one fired
inline constexpr int kExitRetrain = 11;       // one was requested
inline constexpr int kExitNoJob = 12;         // to claim
inline constexpr int kExitSilent = 13;        // `status`: a model has had no event for long
inline constexpr int kExitInterrupted = 130;  // by SIGINT

/// What each means, for the manual.
struct ExitMeaning {
  int code;
  const char* meaning;
};
inline constexpr ExitMeaning kExitMeanings[] = {
    {kExitDone, "done"},
    {kExitFailed, "failed: input or output, or an observer gave up"},
    {kExitUsage, "usage or configuration error; nothing was done"},
    {kExitBadLines, "more bad lines than --max-bad allows, or none but bad lines"},
    {kExitUndelivered, "done, but some actions wait in the outbox or failed for good"},
    {kExitAlert, "an alert fired (--fail-on)"},
    {kExitRetrain, "a retraining was requested (--fail-on); of status: a job is open"},
    {kExitNoJob, "jobs claim: there is none"},
    {kExitSilent, "status: a model is silent"},
    {kExitInterrupted, "ended by SIGINT"}};

/// A run that ended with it did its work.
constexpr bool is_good(int code) {
  return code == kExitDone || code == kExitUndelivered || code == kExitAlert || code == kExitRetrain;
}

/// What is true of a run that is over.
struct RunFacts {
  bool interrupted = false;  // by SIGINT
  bool failed = false;
  bool too_many_bad =
      false;  // more than --max-bad allows, one with --bad-lines stop, or no event at all
  bool alert_fired = false;        // newly, and --fail-on asks for it
  bool retrain_requested = false;  // newly, and --fail-on asks for it
  bool undelivered = false;
};

/// Of several that apply the first in this order. (A usage error ends a run before there are
/// facts.)
constexpr int exit_code(const RunFacts& facts) {
  return facts.interrupted         ? kExitInterrupted
         : facts.failed            ? kExitFailed
         : facts.too_many_bad      ? kExitBadLines
         : facts.retrain_requested ? kExitRetrain
         : facts.alert_fired       ? kExitAlert
         : facts.undelivered       ? kExitUndelivered
                                   : kExitDone;
}

}  // namespace mlmon
