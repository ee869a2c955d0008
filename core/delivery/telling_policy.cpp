#include "core/delivery/telling_policy.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/text/json_tape.h"
#include "core/text/unescaped_text.h"

namespace mlmon {
namespace {

/// What the steps look at.
struct PolicyTelling {
  std::int64_t row = 0;
  std::string model, rule, state;
  const std::vector<Silence>& silences;
  TellingStore& store;
};

std::string member_text(const JsonMember& member) {
  const std::string_view text = member.value.substr(1, member.value.size() - 2);
  if (!member.escaped) return std::string(text);
  UnescapedText unescaped;
  unescaped.begin(text.size());
  return std::string(unescaped.add(text));
}

void read_members(std::string_view action, PolicyTelling& telling) {
  JsonTape tape;
  if (!tape.read(action)) return;
  const std::vector<JsonMember>& all = tape.members();
  for (std::size_t i = 0; i < all.size(); i = all[i].next) {
    if (all[i].key == "rule") telling.rule = member_text(all[i]);
    if (all[i].key == "state") telling.state = member_text(all[i]);
    if (all[i].key != "model" || all[i].type != JsonType::kObject) continue;
    for (std::size_t j = i + 1; j < all[i].next; j = all[j].next) {
      if (all[j].key == "name") telling.model = member_text(all[j]);
    }
  }
}

using Answer = Result<std::optional<HeldBack>>;  // nothing: the step lets it through

Answer silenced(const PolicyTelling& telling) {
  const Silence* longest = nullptr;
  for (const Silence& silence : telling.silences) {
    if (!silence.covers(telling.model, telling.rule)) continue;
    if (longest == nullptr || silence.until_ms > longest->until_ms) longest = &silence;
  }
  if (longest == nullptr) return std::optional<HeldBack>();
  return std::optional(HeldBack{telling.row, "silence", longest->until_ms, describe(*longest)});
}

Answer unheard(const PolicyTelling& telling) {
  if (telling.state != "resolved") return std::optional<HeldBack>();
  const Result<bool> is_unheard = telling.store.unheard(telling.row);
  if (!is_unheard) return is_unheard.error();
  if (!*is_unheard) return std::optional<HeldBack>();
  return std::optional(HeldBack{telling.row, "unheard", HeldBack::kForGood,
                                "that it began was held back"});
}

constexpr Answer (*kSteps[])(const PolicyTelling&) = {unheard, silenced};

}  // namespace

Result<void> TellingPolicy::hold_back(std::vector<OutboxItem>& items, std::int64_t now_ms) {
  constexpr std::string_view kAlert = "{\"action\":\"alert\"";
  constexpr std::string_view kResolved = "\"state\":\"resolved\"";
  const Result<std::vector<Silence>> silences = store_.silences(now_ms);
  if (!silences) return silences.error();
  const Result<bool> any_held = store_.any_held();
  if (!any_held) return any_held.error();
  if (silences->empty() && !*any_held) return {};
  std::vector<HeldBack> held;
  for (const OutboxItem& item : items) {
    if (!item.json.starts_with(kAlert)) continue;
    const bool may_be_an_end = item.json.find(kResolved) != std::string::npos;
    if (silences->empty() && !may_be_an_end) continue;
    PolicyTelling telling{item.row, {}, {}, {}, *silences, store_};
    read_members(item.json, telling);
    for (const auto step : kSteps) {
      Answer answer = step(telling);
      if (!answer) return answer.error();
      if (!*answer) continue;
      held.push_back(std::move(**answer));
      break;
    }
  }
  if (held.empty()) return {};
  if (const auto kept = store_.hold(held, now_ms); !kept) return kept;
  std::erase_if(items, [&](const OutboxItem& item) {
    return std::any_of(held.begin(), held.end(),
                       [&](const HeldBack& one) { return one.row == item.row; });
  });
  return {};
}

}  // namespace mlmon
