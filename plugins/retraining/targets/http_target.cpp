#include "plugins/retraining/targets/http_target.h"

#include <algorithm>

#include "plugins/template/action_names.h"
#include "plugins/transport/url.h"

namespace mlmon::retraining {

Request::Request(const Item& item)
    : id(item.id()),
      run_id("mlmon-" + id),
      attempt(item.attempt()),
      json(item.json()),
      action(item.read()),
      lookup(templates::lookup_in(action)) {}

transport::HttpRequest HttpTarget::get(std::string_view path) const {
  transport::HttpRequest request;
  request.method = "GET";
  request.url = transport::join_url(settings_.url, path);
  return request;
}

transport::HttpRequest HttpTarget::post(std::string_view path, std::string body) const {
  transport::HttpRequest request;
  request.url = transport::join_url(settings_.url, path);
  request.body = std::move(body);
  return request;
}

transport::HttpSettings read_api_settings(const Json& table, std::int64_t timeout_ms,
                                          const transport::HttpKeys& keys) {
  transport::HttpSettings settings = transport::read_http_settings(table, timeout_ms, keys);
  if (settings.url.find_first_of("?#") != std::string::npos) {
    throw config_error(table.path() + ".url: expected no query: paths are appended to it");
  }
  return settings;
}

std::string read_text(const Json& table, std::string_view key, std::string_view otherwise) {
  if (!table.has(key)) return std::string(otherwise);
  const Json& value = table.at(key);
  const std::string& text = value.text();
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (text.empty() || control) {
    throw config_error(value.path() + ": expected a text without control characters");
  }
  return text;
}

}  // namespace mlmon::retraining
