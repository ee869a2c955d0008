#pragma once

#include <mlmon/delivery.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mlmon::alert {

/// An alert as people read it. What an action of another observer lacks is empty, its subject is made up.
struct AlertText {
  std::string id, observer, rule, state, severity, subject, body, event_time;
  std::string model, version, deployed_at;
  std::string_view json;   // the action
  std::string_view began;  // the action that it began with; empty: this one, or not known

  bool over() const { return state == "resolved"; }
  std::string one_model() const;  // "NAME (vVERSION) deployed DEPLOYED_AT"
};

/// The item outlives the views.
AlertText read_alert(const Item& item);

/// The first `most` bytes, without a character that the limit cuts.
std::string_view first_bytes(std::string_view text, std::size_t most);

}  // namespace mlmon::alert
