#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mlmon {

/// What `mlmon doctor` found out about one thing.
struct Finding {
  enum class Status { kOk, kWarning, kBroken };  // a warning: something waits, or may break

  Status status = Status::kOk;
  std::string check;  // what it is about: "state", "clock", "plugin"
  std::string detail;
};

/// Findings in the order in which they were made.
class Health {
 public:
  void ok(std::string check, std::string detail) {
    add(Finding::Status::kOk, std::move(check), std::move(detail));
  }
  void warning(std::string check, std::string detail) {
    add(Finding::Status::kWarning, std::move(check), std::move(detail));
  }
  void broken(std::string check, std::string detail) {
    add(Finding::Status::kBroken, std::move(check), std::move(detail));
  }
  void add(Finding::Status status, std::string check, std::string detail) {
    is_broken_ = is_broken_ || status == Finding::Status::kBroken;
    findings_.push_back({status, std::move(check), std::move(detail)});
  }

  const std::vector<Finding>& findings() const { return findings_; }
  bool is_broken() const { return is_broken_; }

 private:
  std::vector<Finding> findings_;
  bool is_broken_ = false;
};

inline const char* name_of(Finding::Status status) {
  return status == Finding::Status::kOk ? "ok" : status == Finding::Status::kWarning ? "warning" : "broken";
}

}  // namespace mlmon
