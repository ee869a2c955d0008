#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "core/import/choices.h"
#include "core/import/observation.h"
#include "core/result.h"

namespace mlmon {

using ImportJson = nlohmann::ordered_json;

/// Reads the documents of one tool. The error says what was found and expected: it is not of that format.
using DocumentFormat = std::function<Result<void>(const ImportJson& document, ImportSink& sink)>;

/// Reads the rows of one tool's tables.
class RowFormat {
 public:
  virtual ~RowFormat() = default;

  /// The first row. The error says that it is not of that format.
  virtual Result<void> begin(const std::vector<std::string_view>& header, ImportSink& sink) = 0;

  /// A row after it, with as many cells. `number`: of the row, the first after the header is 1.
  virtual Result<void> read(const std::vector<std::string_view>& cells, std::uint64_t number,
                            ImportSink& sink) = 0;

  virtual void end(ImportSink& sink) = 0;
};

// One file each. The choices must outlive what is returned.
DocumentFormat evidently_format(const ImportChoices& choices);
DocumentFormat alibi_format(const ImportChoices& choices);
DocumentFormat mlflow_format(const ImportChoices& choices);
DocumentFormat sagemaker_format();
Result<DocumentFormat> json_format(const ImportChoices& choices);
std::unique_ptr<RowFormat> nannyml_format(const ImportChoices& choices);
Result<std::unique_ptr<RowFormat>> csv_format(const ImportChoices& choices);

}  // namespace mlmon
