#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// A subset of JSON Schema, draft 2020-12:
///
///   type (one or several)  enum  const
///   minimum  maximum  exclusiveMinimum  exclusiveMaximum
///   minLength  maxLength (code points)  pattern (ECMAScript, unanchored; text to 512 bytes)
///   format: "duration" ("30s"), "size" ("1MiB") or "path", of strings; "command", of an array whose first
///     item is a program (a path if it has a slash)
///   items (a schema)  minItems  maxItems
///   properties  required  additionalProperties (true, false or a schema; without it: true)
///   oneOf  anyOf
///   default: put in where an object lacks the property; nothing is put into an object that is
///     absent itself, unless it has a default, such as {}
///   writeOnly: a secret
///   title  description  $schema: for people
///
/// An integer has 64 bits with sign; 1.0 is one, and is made 1.
/// Immutable: may be used by several threads.
class Schema {
 public:
  /// Refuses what is no schema, any other keyword by its name, and defaults that their own schema
  /// refuses.
  static Result<Schema> parse(std::string_view json);

  Schema(Schema&&) noexcept;
  Schema& operator=(Schema&&) noexcept;
  ~Schema();

  struct Mistake {
    std::string pointer;  // JSON pointer to the value; of a missing one, to where it belongs
    std::string text;     // `expected a number in [0, 1] or false, got "high"`
  };
  struct Validation {
    std::string json;               // with defaults filled in; of use only without mistakes
    std::vector<Mistake> mistakes;  // all of them
    std::set<std::string> secrets;  // pointers to values that the schema calls writeOnly
    std::set<std::string> paths;    // pointers to paths, as given

    bool ok() const { return mistakes.empty(); }
  };

  /// Checks JSON text. The values that `hidden` (JSON pointers) and writeOnly name, and all within
  /// them, are in no mistake. `host_keys` are offered as "did you mean" for an unknown key of the
  /// outermost object.
  Validation validate(std::string_view json, const std::set<std::string>& hidden = {},
                      const std::vector<std::string>& host_keys = {}) const;

  /// The outermost object has a property of this name.
  bool has_property(std::string_view name) const;

 private:
  struct Document;
  explicit Schema(std::unique_ptr<const Document> document);

  std::unique_ptr<const Document> document_;
};

}  // namespace mlmon
