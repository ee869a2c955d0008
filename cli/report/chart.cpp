#include "cli/report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "cli/report/html.h"
#include "core/event/instant.h"

namespace mlmon {
namespace {

constexpr double kWidth = 640, kHeight = 170, kLeft = 60, kRight = 10, kTop = 10, kBottom = 24;

/// The least and greatest value of one column of the drawing.
struct Column {
  bool any = false;
  double least = 0, greatest = 0;
};

/// A value as it is reckoned with: there are figures so far apart that no double is their distance.
using Value = long double;

/// Where times and values stand in the drawing.
class Scale {
 public:
  Scale(const ChartTime& time, Value least, Value greatest)
      : begin_(static_cast<double>(time.begin_ns)),
        length_(std::max(static_cast<double>(time.end_ns) - begin_, 1.0)) {
    const Value room = greatest > least ? (greatest - least) * 0.08L : std::max(std::abs(least) * 0.1L, 0.05L);
    least_ = least - room;
    greatest_ = greatest + room;
    // Beyond these most figures cannot be.
    if (least >= 0 && least_ < 0) least_ = 0;
    if (greatest <= 1 && greatest_ > 1) greatest_ = 1;
  }

  double x(std::int64_t ns) const {
    const double part = (static_cast<double>(ns) - begin_) / length_;
    return kLeft + std::clamp(part, 0.0, 1.0) * (kWidth - kLeft - kRight);
  }
  double y(Value value) const {
    const auto part = static_cast<double>((value - least_) / (greatest_ - least_));
    return kHeight - kBottom - std::clamp(part, 0.0, 1.0) * (kHeight - kTop - kBottom);
  }

  /// Two to five round values to draw lines at.
  std::vector<Value> marks() const {
    const Value size = std::pow(10.0L, std::floor(std::log10((greatest_ - least_) / 2)));
    const Value steps = (greatest_ - least_) / size;  // 2 to 20
    const Value step = size * (steps >= 10 ? 5 : steps >= 4 ? 2 : 1);
    const Value first = std::ceil(least_ / step) * step;
    std::vector<Value> values;
    for (int i = 0; i < 6 && first + i * step <= greatest_; ++i) values.push_back(first + i * step + 0.0L);  // not -0
    return values;
  }

 private:
  double begin_, length_;
  Value least_ = 0, greatest_ = 0;
};

std::string short_number(Value value) { return fmt::format("{:.4g}", value); }

/// Coordinates with as many digits as are seen.
std::string point(double x, double y) { return fmt::format("{:.1f},{:.1f}", x, y); }

std::string title(const std::string& text) { return "<title>" + html_text(text) + "</title>"; }

/// `INT64_MAX` for "still": the end of the chart.
std::string spans(const Scale& scale, const ChartMarks& marks, const ChartTime& time) {
  std::string out;
  for (const ChartMarks::Span& span : marks.firing) {
    if (span.end_ns < time.begin_ns || span.begin_ns > time.end_ns) continue;
    const double from = scale.x(span.begin_ns), to = std::max(scale.x(span.end_ns), from + 2);
    out += fmt::format(R"(<rect class="fires" x="{:.1f}" y="{}" width="{:.1f}" height="{}">{}</rect>)",
                       from, kTop, to - from, kHeight - kTop - kBottom, title(span.label));
  }
  return out;
}

std::string limits(const Scale& scale, const ChartMarks& marks) {
  std::string out;
  for (const ChartMarks::Limit& limit : marks.limits) {
    const double y = scale.y(limit.value);
    out += fmt::format(R"(<line class="limit" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}">{}</line>)", kLeft,
                       kWidth - kRight, y, y, title(limit.label));
  }
  return out;
}

std::string retrainings(const Scale& scale, const ChartMarks& marks, const ChartTime& time) {
  std::string out;
  for (const ChartMarks::Moment& moment : marks.retrainings) {
    if (moment.at_ns < time.begin_ns || moment.at_ns > time.end_ns) continue;
    const double x = scale.x(moment.at_ns);
    out += fmt::format(R"(<path class="retrain" d="M{:.1f} {}v{}m-4 0l4 -6l4 6z">{}</path>)", x, kTop,
                       kHeight - kTop - kBottom, title(moment.label));
  }
  return out;
}

std::vector<Column> columns_of(const Series& series, const Scale& scale, std::size_t count) {
  std::vector<Column> columns(std::max<std::size_t>(count, 2));
  const double each = (kWidth - kLeft - kRight) / static_cast<double>(columns.size() - 1);
  for (const Series::Slice& slice : series.slices()) {
    const std::int64_t middle = slice.begin_ns + (slice.end_ns - slice.begin_ns) / 2;
    const auto at = static_cast<std::size_t>(std::lround((scale.x(middle) - kLeft) / each));
    Column& column = columns[std::min(at, columns.size() - 1)];
    column.least = column.any ? std::min(column.least, slice.least) : slice.least;
    column.greatest = column.any ? std::max(column.greatest, slice.greatest) : slice.greatest;
    column.any = true;
  }
  return columns;
}

/// The band between least and greatest as one closed line, there along the greatest and back along the
/// least, so that what stands out in one column is seen; single values also as dots.
std::string values(const Series& series, const Scale& scale, std::size_t count) {
  const std::vector<Column> columns = columns_of(series, scale, count);
  const double each = (kWidth - kLeft - kRight) / static_cast<double>(columns.size() - 1);
  std::string there, back, dots;
  std::size_t filled = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].any) continue;
    ++filled;
    const double x = kLeft + static_cast<double>(i) * each;
    there += (there.empty() ? "M" : "L") + point(x, scale.y(columns[i].greatest));
    back = "L" + point(x, scale.y(columns[i].least)) + back;
    dots += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="2"/>)", x, scale.y(columns[i].least));
    if (columns[i].greatest != columns[i].least) {
      dots += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="2"/>)", x, scale.y(columns[i].greatest));
    }
  }
  constexpr std::size_t kFew = 40;
  return "<path class=\"figure\" d=\"" + there + back + "Z\"/>" +
         (filled <= kFew ? "<g class=\"dots\">" + dots + "</g>" : "");
}

std::string axes(const Scale& scale, const ChartTime& time) {
  std::string out;
  const double bottom = kHeight - kBottom;
  for (const Value value : scale.marks()) {
    const double y = scale.y(value);
    out += fmt::format(R"(<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>)", kLeft,
                       kWidth - kRight, y, y);
    out += fmt::format(R"(<text x="{}" y="{:.1f}" text-anchor="end">{}</text>)", kLeft - 5, y + 4,
                       short_number(value));
  }
  out += fmt::format(R"(<text x="{}" y="{}">{}</text>)", kLeft, bottom + 16,
                     format_rfc3339(from_unix_ns(time.begin_ns)).substr(0, 16) + "Z");
  out += fmt::format(R"(<text x="{}" y="{}" text-anchor="end">{}</text>)", kWidth - kRight, bottom + 16,
                     format_rfc3339(from_unix_ns(time.end_ns)).substr(0, 16) + "Z");
  return out;
}

}  // namespace

std::string chart_svg(const std::string& figure, const Series& series, const ChartTime& time,
                      const ChartMarks& marks, std::size_t columns) {
  double least = series.least(), greatest = series.greatest();
  for (const ChartMarks::Limit& limit : marks.limits) {
    least = std::min(least, limit.value);
    greatest = std::max(greatest, limit.value);
  }
  const Scale scale(time, least, greatest);
  return fmt::format(R"(<figure><figcaption>{} <small>{} values, {} to {}</small></figcaption>)"
                     R"(<svg viewBox="0 0 {} {}" role="img">{}{}{}{}{}{}</svg></figure>)",
                     html_name(figure), series.count(), short_number(series.least()),
                     short_number(series.greatest()), kWidth, kHeight,
                     title(fmt::format("{} over event time", figure)), spans(scale, marks, time),
                     axes(scale, time), limits(scale, marks), values(series, scale, columns),
                     retrainings(scale, marks, time));
}

}  // namespace mlmon
