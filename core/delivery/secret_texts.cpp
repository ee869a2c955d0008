#include "core/delivery/secret_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/text/json_text.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

constexpr std::size_t kShortest = 4;

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string escaped(std::string_view text) {
  std::string quoted;
  append_json_string(quoted, text);
  return quoted.substr(1, quoted.size() - 2);
}

void each_text(const SortedJson& value, const std::function<void(const std::string&)>& visit) {
  if (value.is_string()) return visit(value.get_ref<const std::string&>());
  if (!value.is_structured()) return;
  for (const SortedJson& inside : value) each_text(inside, visit);
}

}  // namespace

SecretTexts::SecretTexts(std::string_view text, const std::set<std::string>& pointers) {
  const SortedJson whole = SortedJson::parse(text, nullptr, false);
  if (whole.is_discarded()) return;
  for (const std::string& pointer : pointers) {
    const SortedJson::json_pointer at(pointer);
    if (whole.contains(at)) each_text(whole.at(at), [this](const std::string& one) { add(one); });
  }
  std::sort(texts_.begin(), texts_.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

void SecretTexts::add(const std::string& secret) {
  if (secret.size() < kShortest) return;
  for (const std::string& form : {secret, escaped(secret), percent_encoded(secret)}) {
    if (std::find(texts_.begin(), texts_.end(), form) == texts_.end()) texts_.push_back(form);
  }
}

std::string SecretTexts::blank(std::string text) const {
  for (const std::string& secret : texts_) {
    for (std::size_t at = 0; (at = text.find(secret, at)) != text.npos; at += 3) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

}  // namespace mlmon
