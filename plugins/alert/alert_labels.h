#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/alert/alert_text.h"

namespace mlmon::alert {

/// What identifies an alert to Alertmanager, in the order of the names.
using Labels = std::map<std::string, std::string>;

/// alertname (the rule), model, version, severity, `own`, and the labels of the event that the alert began
/// with, so that they are the same when it is over. Names of labels are made valid: what is not a letter, a
/// digit or `_` becomes `_`. The first that has a name keeps it.
Labels labels_of(const AlertText& alert, const std::map<std::string, std::string>& own);

/// Alertmanager's fingerprint of a label set: FNV-1a over names and values (prometheus/common,
/// model/signature.go), 16 hexadecimal digits.
std::string fingerprint(const Labels& labels);

/// `{"name":"value",...}`.
std::string to_json(const Labels& labels);

/// The time of the event that the alert began with; empty: not known.
std::string began_at(const AlertText& alert);

}  // namespace mlmon::alert
