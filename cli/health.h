#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mlmon {

/// What `mlmon doctor` found out about one thing.
struct HealthFinding {
  enum class Status { kOk, kWarning, kBroken };  // a warning: something waits, or may break

  Status status = Status::kOk;
  std::string check;  // what it is about: "state", "clock", "plugin"
  std::string detail;
};

/// Findings in the order in which they were made.
class Health {
 public:
  void ok(std::string check, std::string detail) {
    add(HealthFinding::Status::kOk, std::move(check), std::move(detail));
  }
  void warning(std::string check, std::string detail) {
    add(HealthFinding::Status::kWarning, std::move(check), std::move(detail));
  }
  void broken(std::string check, std::string detail) {
    add(HealthFinding::Status::kBroken, std::move(check), std::move(detail));
  }
  void add(HealthFinding::Status status, std::string check, std::string detail) {
    is_broken_ = is_broken_ || status == HealthFinding::Status::kBroken;
    findings_.push_back({status, std::move(check), std::move(detail)});
  }

  const std::vector<HealthFinding>& findings() const { return findings_; }
  bool is_broken() const { return is_broken_; }

 private:
  std::vector<HealthFinding> findings_;
  bool is_broken_ = false;
};

inline const char* name_of(HealthFinding::Status status) {
  return status == HealthFinding::Status::kOk ? "ok" : status == HealthFinding::Status::kWarning ? "warning" : "broken";
}

}  // namespace mlmon
