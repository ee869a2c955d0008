#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/import/format.h"

namespace mlmon {

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

}  // namespace mlmon
