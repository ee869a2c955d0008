#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/conformance/check.h"
#include "cli/conformance/observer_trial.h"

namespace mlmon {

/// What must hold before anything can be said of an observer's events.
std::vector<std::string> needs_instance();   // it can be made
std::vector<std::string> needs_decisions();  // and decides on ordinary events

/// The types of events, beside the host's own, that the class or an instance of it subscribes to.
std::vector<std::string> foreign_types(const Subject& subject);

/// So many events to try it on: made up, or those that the user gave, over and over.
std::vector<std::string> event_lines(const Subject& subject, std::uint32_t count, std::uint32_t models = 12);

/// Why a life that came to nothing proves nothing; empty: it came to something.
std::string untried(const ObserverTrial& trial, const EventSupply& events);
Verdict not_tried(const std::string& why);

/// How a callback failed; empty: it did not.
std::string failure_of(const CallResult& result);

/// What of it breaks the contract; a failure that is told properly does not.
std::string breach_of(const CallResult& result);

/// What a run of an observer came to, as text that can travel between processes and be compared.
struct Record {
  std::string failure{};
  std::vector<std::string> decisions{};
  KeptState state{};
  std::string untried{};  // why it says nothing; empty: it does

  std::string dump() const;
  static Record parse(const std::string& text);
};

/// Runs work that gives a record in a process of its own; its death is the record's failure.
/// `folder`: a new one within that of the check, or one given before; empty: that of the check.
Record record_apart(const Subject& subject, const std::function<Record()>& work,
                    const std::string& folder = "");

/// The first difference of two runs, for people: "decision 3 is …, and with … it is …"; empty:
/// there is none.
std::string difference(const Record& one, const Record& other, const std::string& other_name);

}  // namespace mlmon
