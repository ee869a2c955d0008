#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/event/event_draft.h"
#include "core/event/event_parser.h"
#include "core/event/line_shapes.h"
#include "core/event/model_spellings.h"
#include "core/import/given.h"
#include "core/import/observation.h"
#include "core/result.h"

namespace mlmon {

/// Turns the observations of one file into lines that the EventParser takes, and keeps an account of the
/// rest. Nothing is invented: what neither the file nor a person says is missing.
class Importer final : public ImportSink {
 public:
  /// `write` takes whole lines. The given must outlive the importer.
  Importer(const ImportGiven& given, const EventRules& rules, std::function<void(std::string_view)> write);

  void observe(const Observation& observation) override;
  void left_out(std::string_view name) override;
  void needs(const std::string& what) override { needed_.insert(what); }
  void warn(const std::string& what) override { warnings_.push_back(what); }

  /// What an event of the file would be that `run` refuses: the first; then no more lines are written.
  const std::optional<Error>& error() const { return error_; }

  /// What a flag must say before the file can be imported: "model.version is not in the file: give --version".
  std::vector<std::string> needed() const;

  /// What a person should know: "left out 3 values that are null, NaN or infinite: f1 (2), auc".
  std::vector<std::string> warnings() const;

  std::uint64_t events() const { return events_; }

 private:
  bool fill(EventDraft& draft, const Observation& observation, Field time);
  bool put_time(EventDraft& draft, Field field, const std::optional<Instant>& given, const std::string& told,
                const Observation& observation);
  void put_text(EventDraft& draft, Field field, const std::string& given, const std::string& told,
                const Observation& observation);
  void miss(Field field, const Observation& observation);
  void fail(const Observation& observation, const std::string& text);
  void write(const EventDraft& draft, const Observation& observation);
  bool is_event(std::string_view line);

  const ImportGiven& given_;
  EventParser parser_;
  ModelSpellings spellings_;
  LineShapes shapes_;  // rows of a table make lines that look alike
  std::function<void(std::string_view)> write_;

  /// A time of the rows before: most are the same from one to the next.
  struct SeenTime {
    std::string told, written;  // by the tool, and as RFC 3339
  };

  EventDraft metrics_, drift_;
  SeenTime deployed_at_, event_time_;
  std::string line_;
  Event event_;
  BadLine bad_;

  std::map<Field, std::string> missing_;  // and where first
  std::set<std::string> needed_;
  std::vector<std::string> warnings_;
  std::map<std::string, std::uint64_t, std::less<>> left_out_;
  std::optional<Error> error_;
  std::uint64_t events_ = 0;
};

}  // namespace mlmon
