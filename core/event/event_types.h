#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mlmon {

/// The types that are mlmon's own, whose kinds are kMetrics and the next ones.
extern const std::vector<std::string> kOwnTypes;

/// The kind of one of these; 0: it is another type.
std::uint32_t own_kind_of(std::string_view type);

/// The types of events that a run knows: mlmon's own, and those that observers subscribed to.
/// Thread-safe; references stay valid for the life of the table.
class EventTypes {
 public:
  /// The kind of a type, which is known from here on.
  std::uint32_t intern(std::string_view type);

  /// 0: it is not known.
  std::uint32_t kind_of(std::string_view type) const;

  /// Null: there is no such kind.
  const std::string* name_of(std::uint32_t kind) const;

  /// Nobody subscribes any more to types of other kinds than these: such events are bad lines until somebody does.
  /// Kinds stay what they are.
  void listen_to(const std::vector<std::uint32_t>& kinds);

  /// Those beside mlmon's own, as EventRules wants them.
  std::vector<std::string> foreign() const;

 private:
  mutable std::mutex mutex_;
  std::deque<std::string> foreign_;
  std::deque<bool> heard_;  // by somebody
};

/// Types as a plugin's class lists them, separated by spaces.
std::vector<std::string> split_types(const char* types);

/// 1 to 128 bytes of [A-Za-z0-9_.:/-].
bool is_type_name(std::string_view type);

}  // namespace mlmon
