#pragma once

#include <string>
#include <vector>

#include "cli/report/decisions.h"
#include "cli/report/event_history.h"
#include "cli/report/limits.h"
#include "core/store/job_queue.h"
#include "core/store/outbox_list.h"
#include "core/store/overview.h"
#include "core/store/receipt_record.h"

namespace mlmon {

/// All that a report shows.
struct ReportContent {
  std::string made_at;  // RFC 3339
  std::string state;    // the folder; empty: there is none
  std::int64_t last_good_ms = 0;
  std::vector<ModelStanding> models;  // as Overview gives them
  std::vector<Job> jobs;
  std::vector<OutboxEntry> outbox;
  std::vector<KeptReceipt> receipts;  // newest first
  Decisions decisions;
  std::vector<Limit> limits;
  const EventHistory* history = nullptr;  // null: no event files were given
  std::vector<std::string> files;
};

/// The report as one HTML page that needs nothing else: no network, no script.
std::string report_page(const ReportContent& content);

}  // namespace mlmon
