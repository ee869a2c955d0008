#include "core/import/document_reader.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/text/wording.h"

namespace mlmon {
namespace {

/// Makes the value of a JSON text that is known to be right. Stops at a member that stands twice in one
/// object: which of the two counts would be a guess. A number that may be written in several ways (1.10) is a
/// binary value, its own text, as is_number() and text_of() know.
class DocumentReader final : public nlohmann::json_sax<ImportJson> {
 public:
  /// False: a member stands twice.
  bool read(std::string_view text) { return ImportJson::sax_parse(text.begin(), text.end(), this); }

  const ImportJson& document() const { return document_; }

  /// The member that stands twice, with those that hold it: "model.name".
  std::string twice() const;

  bool null() override { return put(nullptr) != nullptr; }
  bool boolean(bool value) override { return put(value) != nullptr; }
  bool number_integer(number_integer_t value) override { return put(value) != nullptr; }
  bool number_unsigned(number_unsigned_t value) override { return put(value) != nullptr; }
  bool number_float(number_float_t value, const string_t& text) override;
  bool string(string_t& value) override { return put(std::move(value)) != nullptr; }
  bool binary(binary_t& value) override { return put(std::move(value)) != nullptr; }
  bool start_object(std::size_t) override { return open(ImportJson::object()); }
  bool key(string_t& name) override;
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(ImportJson::array()); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  /// What is read and has not ended.
  struct Open {
    ImportJson* value;
    std::string key;  // of an object: of the member that is read
  };

  ImportJson* put(ImportJson value);
  bool open(ImportJson value);
  bool close();

  ImportJson document_;
  std::vector<Open> open_;
};

std::string DocumentReader::twice() const {
  std::string path;
  for (const Open& open : open_) {
    if (!open.value->is_object()) continue;
    path += (path.empty() ? "" : ".") + open.key;
  }
  return path;
}

/// 1.10 as a text is not 1.1: a number that would be written in another way keeps its own text.
bool DocumentReader::number_float(number_float_t value, const string_t& text) {
  constexpr std::size_t kSurelyShortest = 17;  // digits, point and sign that a double keeps
  const bool same = text.size() <= kSurelyShortest && text.back() != '0' && text.find_first_of("eE") == text.npos;
  return put(same ? ImportJson(value) : ImportJson::binary({text.begin(), text.end()})) != nullptr;
}

bool DocumentReader::key(string_t& name) {
  open_.back().key = std::move(name);
  return !open_.back().value->contains(open_.back().key);
}

/// Where it is now: as long as what holds it gets no further value.
ImportJson* DocumentReader::put(ImportJson value) {
  if (open_.empty()) {
    document_ = std::move(value);
    return &document_;
  }
  ImportJson& holder = *open_.back().value;
  if (holder.is_array()) {
    holder.push_back(std::move(value));
    return &holder.back();
  }
  auto& members = holder.get_ref<ImportJson::object_t&>();
  members.emplace_back(open_.back().key, std::move(value));  // that it is not there yet, key() has found
  return &members.back().second;
}

bool DocumentReader::open(ImportJson value) {
  ImportJson* const at = put(std::move(value));
  open_.push_back({at, ""});
  return true;
}

bool DocumentReader::close() {
  open_.pop_back();
  return true;
}

}  // namespace

Result<void> read_document(std::string_view text, const std::function<Result<void>(const ImportJson&)>& take) {
  DocumentReader reader;
  if (reader.read(text)) return take(reader.document());
  return Error{"expected each member once, got " + in_quotes(reader.twice()) + " twice"};
}

}  // namespace mlmon
