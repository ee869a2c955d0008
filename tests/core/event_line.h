#pragma once

#include <cmath>
#include <string>
#include <utility>

#include "core/event/event_parser.h"

namespace mlmon {

// Lines to test with.

inline std::string model(const std::string& name, const std::string& version = "1.0.0",
                         const std::string& deployed_at = "2026-01-01T00:00:00Z") {
  return R"({"name":")" + name + R"(","version":")" + version + R"(","deployed_at":")" +
         deployed_at + "\"}";
}

inline const std::string kModel = model("fraud", "2.1.0");

inline std::string of_type(const std::string& type, const std::string& members,
                           const std::string& of_model = kModel) {
  return R"({"type":")" + type + R"(","model":)" + of_model + (members.empty() ? "" : ",") +
         members + "}";
}

inline std::string metrics(const std::string& members, const std::string& of_model = kModel) {
  return of_type("metrics", members + R"(,"captured_at":"2026-02-01T08:00:00Z")", of_model);
}

inline std::string drift(const std::string& members) {
  return of_type("drift", members + R"(,"detected_at":"2026-02-01T08:00:00Z")");
}

/// A line and what became of it.
struct Parsed {
  explicit Parsed(std::string line, EventRules rules = {})
      : text(std::move(line)), parser(std::move(rules)) {
    good = parser.parse(text, false, event, bad);
  }
  Parsed(const Parsed&) = delete;  // the event's text lies in here
  Parsed& operator=(const Parsed&) = delete;

  std::string reason() const { return good ? "" : std::string(to_string(bad.reason)); }
  std::string detail() const { return good ? "" : bad.detail; }

  std::string text;
  EventParser parser;
  Event event;
  bool good = false;
  BadLine bad;
};

inline Parsed parse(std::string line, EventRules rules = {}) {
  return Parsed(std::move(line), std::move(rules));
}

}  // namespace mlmon
