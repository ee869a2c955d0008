#pragma once

#include <cstdint>
#include <mlmon/observer.hpp>
#include <optional>
#include <string>
#include <vector>

#include "plugins/alert/message.h"
#include "plugins/rules/problems.h"

namespace mlmon::alert {

/// What `on` names: events that are told as they are, each once.
class Heard {
 public:
  Heard(const Setup& setup, const std::vector<rules::Rule>& all_rules, rules::Problems& problems);

  struct Telling {
    const char* severity;
    Message message;
  };

  /// The name of the type in `on`; empty: the event is none of them.
  std::string_view name_of(const Event& event) const;

  /// What is told of such an event.
  Telling tell(std::string_view name, const Event& event, const Model& model) const;

 private:
  struct Type {
    std::string name;
    std::uint32_t kind;
    std::optional<TextField> detail;  // a line of the body
  };
  std::vector<Type> types_;
  std::optional<TextField> job_status_;  // wanted for job_failed
};

}  // namespace mlmon::alert
