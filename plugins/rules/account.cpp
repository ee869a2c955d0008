#include "plugins/rules/account.h"

#include <bitset>
#include <cmath>
#include <mlmon/text.hpp>

namespace mlmon::rules {
namespace {

std::string side(const Rule& rule) { return rule.above ? " above " : " below "; }

/// As it was given: 0.07 * 100 is not 7.
std::string percent(double share) { return format_number(std::round(share * 100 * 1e9) / 1e9) + "%"; }

/// "f1 below 0.75"; of a baseline that is not complete, in relation to it.
std::string beyond(const Rule& rule, const Standing& standing) {
  const double limit = rule.limit_for(standing);
  if (!std::isnan(limit)) return rule.metric.name() + side(rule) + format_number(limit);
  const Baseline& baseline = *rule.baseline;
  return rule.metric.name() + (rule.above ? " more than " : " less than ") + "its baseline by " +
         (baseline.relative ? percent(baseline.change) : format_number(baseline.change));
}

std::string many_events(unsigned count, const std::string& with) {
  if (count <= 1) return "at the next event with " + with;
  return "after " + std::to_string(count) + " more events in a row with " + with;
}

/// So many figures of this kind, and the window meets the rule or does not.
unsigned until(const Window& window, std::uint64_t events, bool breach, bool met) {
  unsigned count = 0;
  while (count < Window::kMost && (count == 0 || window.met_by(events) != met)) {
    events = window.after(events, breach);
    ++count;
  }
  return count;
}

}  // namespace

std::string limit_text(const Rule& rule, const Standing& standing) {
  std::string text = beyond(rule, standing);
  if (rule.baseline) {
    const Baseline& baseline = *rule.baseline;
    if (standing.figures < baseline.figures) {
      text += "; the baseline has " + std::to_string(standing.figures) + " of its " +
              std::to_string(baseline.figures) + " figures";
    } else {
      text += "; the baseline is " + format_number(standing.mean());
    }
  }
  if (rule.clear) {
    text += std::string("; over at ") + (rule.above ? "most " : "least ") + format_number(*rule.clear);
  }
  return text;
}

std::string window_text(const Rule& rule, const Standing& standing) {
  const std::size_t breaches = std::bitset<Window::kMost>(standing.window).count();
  if (rule.window.of() == 1) return "1 figure";
  return std::to_string(rule.window.needed()) + " of the last " + std::to_string(rule.window.of()) +
         " figures; now " + std::to_string(breaches) + (breaches == 1 ? " of them is" : " of them are") +
         " beyond the limit";
}

unsigned figures_to_start(const Rule& rule, const Standing& standing) {
  return until(rule.window, standing.window, true, true);
}

std::string start_text(const Rule& rule, const Standing& standing) {
  const unsigned count = standing.holds ? 1 : figures_to_start(rule, standing);
  std::string text;
  if (rule.baseline && standing.figures < rule.baseline->figures) {
    const unsigned missing = rule.baseline->figures - standing.figures;
    text = "once the baseline is complete (" + std::to_string(missing) +
           (missing == 1 ? " more figure), " : " more figures), ");
  }
  return text + many_events(count, beyond(rule, standing));
}

std::string stop_text(const Rule& rule, const Standing& standing) {
  const double limit = rule.clear ? *rule.clear : rule.limit_for(standing);
  const std::string back = rule.metric.name() + (rule.above ? " of at most " : " of at least ") +
                           format_number(limit);
  return many_events(rule.clear ? 1 : until(rule.window, standing.window, false, false), back);
}

std::string from_text(std::int64_t end_ns, std::int64_t now_ns, const std::string& why) {
  if (end_ns == kNever || now_ns >= end_ns) return "";
  return " from " + format_time(end_ns) + " on (" + why + ")";
}

}  // namespace mlmon::rules
