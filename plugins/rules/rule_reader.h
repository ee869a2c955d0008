#pragma once

#include <mlmon/setup.hpp>
#include <string>
#include <vector>

#include "plugins/rules/problems.h"
#include "plugins/rules/rule.h"
#include "plugins/rules/rule_observer.h"

namespace mlmon::rules {

/// Reads the rules of an observer's configuration, which the host's schema has accepted. What is
/// wrong with them is added to the problems; the rules are of use only where there are none.
class RuleReader {
 public:
  RuleReader(const Setup& setup, Problems& problems);

  /// A built-in rule `below` on a metric, off where `key` says false.
  void built_in(const std::string& name, const std::string& metric, const std::string& key);

  /// Those of [[…rules]].
  void own();

  /// The keys that all rules share but grace and what the observer asks for.
  Judging judging() const;

  const std::vector<Rule>& rules() const { return rules_; }

 private:
  void read_limit(const Json& table, Rule& rule);
  void read_baseline(const Json& table, const std::string& key, Rule& rule);
  void read_clear(const Json& table, Rule& rule);
  void check_range(const Json& limit, const Rule& rule);
  void check_name(const Json& table, const Rule& rule);
  Window read_window(const Json& table);

  const Setup& setup_;
  const Json& config_;
  Problems& problems_;
  Window window_;  // of rules without one of their own
  std::vector<Rule> rules_;
};

}  // namespace mlmon::rules
