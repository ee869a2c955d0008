#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/report/series.h"

namespace mlmon {

/// What a chart shows beside the figure.
struct ChartMarks {
  struct Limit {
    double value;
    std::string label;  // "alert: low_f1 below 0.6"
  };
  struct Span {
    std::int64_t begin_ns, end_ns;  // INT64_MAX: it still fires
    std::string label;
  };
  struct Moment {
    std::int64_t at_ns;
    std::string label;
  };

  std::vector<Limit> limits;
  std::vector<Span> firing;
  std::vector<Moment> retrainings;
};

/// The time that a model's charts have in common.
struct ChartTime {
  std::int64_t begin_ns, end_ns;
};

/// One figure over event time as SVG: a band from the least to the greatest value of each of `columns`
/// slices, limits, firing spans, retrainings. Texts are escaped here.
std::string chart_svg(const std::string& figure, const Series& series, const ChartTime& time,
                      const ChartMarks& marks, std::size_t columns);

}  // namespace mlmon
