#include "plugins/rules/metric.h"

namespace mlmon::rules {
namespace {

struct Own {
  const char* name;
  const double* mlmon_batch::*column;
};

constexpr Own kOwn[] = {
    {"accuracy", &mlmon_batch::accuracy}, {"precision", &mlmon_batch::precision},
    {"recall", &mlmon_batch::recall},     {"f1", &mlmon_batch::f1},
    {"p_value", &mlmon_batch::p_value},   {"magnitude", &mlmon_batch::magnitude},
};

/// The JSON pointer (RFC 6901) to a member of `metrics`.
std::string pointer_to(const std::string& name) {
  std::string pointer = "/metrics/";
  for (const char c : name) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

}  // namespace

Metric Metric::named(const std::string& name, const Setup& setup) {
  Metric metric;
  metric.name_ = name;
  for (const Own& own : kOwn) {
    if (name == own.name) metric.column_ = own.column;
  }
  if (metric.column_ == nullptr) {
    metric.projected_ = setup.number_field(pointer_to(name), "metrics").column();
  }
  return metric;
}

}  // namespace mlmon::rules
