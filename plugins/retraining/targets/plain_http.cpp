#include "plugins/retraining/targets/plain_http.h"

#include "plugins/template/action_names.h"
#include "plugins/transport/http_outcome.h"

namespace mlmon::retraining {
namespace {

/// By its first character: a body that begins like JSON has to be JSON.
bool begins_like_json(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin != text.npos && std::string_view("{[\"").find(text[begin]) != std::string_view::npos;
}

bool json_is_due(const transport::HttpSettings& settings) {
  const std::string* type = settings.header("content-type");
  return type == nullptr || type->find("json") != type->npos;
}

}  // namespace

PlainHttp::PlainHttp(const Json& table, std::int64_t timeout_ms)
    : HttpTarget(transport::read_http_settings(table, timeout_ms)) {
  if (!table.has("body")) return;
  const Json& body = table.at("body");
  const std::vector<templates::Name>& names = templates::action_names();
  if (!body.is_text()) {
    table_.emplace(body, names);
  } else if (json_is_due(settings()) && begins_like_json(body.text())) {
    text_ = templates::Template::of_json(body, names);
  } else {
    text_.emplace(body, names);
    content_type_ = "text/plain; charset=utf-8";
  }
}

std::string PlainHttp::body(const Request& request) const {
  if (text_) return text_->expand(request.lookup);
  return table_ ? table_->expand(request.lookup) : request.json;
}

std::vector<transport::HttpRequest> PlainHttp::requests(const Request& request) const {
  transport::HttpRequest one;
  one.method = settings().method;
  one.url = settings().url;
  one.body = body(request);
  one.content_type = content_type_;
  one.headers = {{"Idempotency-Key", request.id}};
  return {one};
}

Outcome PlainHttp::send(const Request& request, transport::HttpTry& http) {
  return transport::to_outcome(http.send(requests(request).front()));
}

}  // namespace mlmon::retraining
