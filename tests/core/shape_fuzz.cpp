#include "tests/core/shape_fuzz.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlmon {
namespace {

enum Value { kFraction, kNumber, kCount, kTime, kText, kModel, kTexts, kNumbers, kFeatures, kAny, kNull };

}  // namespace

std::string LineMaker::number() {
  switch (below(12)) {
    case 0: return std::to_string(below(100'000));
    case 1: return fmt::format("{}", static_cast<double>(random_()) / 1e17 - 50);
    case 2: return fmt::format("{:.17g}", static_cast<double>(random_()) * 1e-30);
    case 3: return fmt::format("{}e{}", below(1000), static_cast<int>(below(700)) - 350);
    case 4: return any_of<std::string>({"-0", "0", "1", "-0.0", "1e400", "-1e400", "1e-400", "0.0",
                                        "1.0", "0e0", "1E+2", "1.7976931348623157e308"});
    case 5: return any_of<std::string>({"00", "01", "1.", ".5", "+1", "1e", "1e+", "-", "--1", "0x1",
                                        "NaN", "Infinity", "1_000", "1,0", "1.2.3", "\"1\""});
    case 6: return std::to_string(random_()) + std::to_string(random_());
    case 7: return "0." + std::string(below(30), '0') + std::to_string(random_());
    default: return fmt::format("{:.{}f}", static_cast<double>(random_()) / 1.9e18, below(19));
  }
}

std::string LineMaker::fraction() {
  if (one_in(2)) return number();
  if (one_in(8)) return any_of<std::string>({"1.0000000000000002", "1.000000001", "1.0000000011", "-1e-9", "-1.1e-9", "-1e-300"});
  return fmt::format("{:.{}f}", static_cast<double>(random_()) / 1.85e19, below(20));
}

std::string LineMaker::time() {
  if (one_in(2)) {
    return any_of<std::string>(
        {"", "2026-02-30T00:00:00Z", "2026-02-01 00:00:00Z", "2026-02-01T24:00:00Z",
         "2026-02-01T00:00:60Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
         "1677-09-21T00:12:43.145224192Z", "1677-09-21T00:12:43.145224191Z",
         "2262-04-11T23:47:16.854775807Z", "2262-04-11T23:47:16.854775808Z",
         "2026-02-01T00:00:00.1234567890Z", "2026-02-01T00:00:00.Z", "2026-02-01T00:00Z",
         "2026-2-01T00:00:00Z", "2026-02-01T00:00:00", "2026/02/01T00:00:00Z",
         "2026-02-01T00:00:00+24:00", "2026-02-01T00-00-00Z", "2026-02-01 00:00:00",
         "2026-02-01 00:00:00+02", "2026-02-01T00:00:00-0330", "2026-02-01T00:00:00\\u005a"});
  }
  static const std::vector<std::string> zones = {"Z", "Z", "Z", "z", "+00:00", "-00:00", "+05:30",
                                                 ".5Z", ".123456789Z", ".123456+02:00"};
  return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{}", 1970 + below(100), 1 + below(12),
                     1 + below(29), one_in(9) ? 't' : 'T', below(24), below(60), below(60),
                     any_of(zones));
}

std::string LineMaker::text() {
  static const std::vector<std::string> texts = {
      "", "a", "team-a", "größe", "\xf0\x9f\x9a\x80", "a b", "a,b:c{}[]", "C:\\\\x", "say \\\"hi\\\"",
      "\\u00e9", "\\ud83d\\ude80", "\\ud83d", "\\x", "a\x01", "del\x7f", "}", "\",\"f1\":0.1",
      "0123456789abcdef", "0123456789abcdef0", "a long text that goes over more than one word of it"};
  return any_of(texts);
}

std::string LineMaker::model(const std::string& space, bool unusual) {
  static const std::vector<std::string> names = {"fraud", "churn", "a}b", "größe", "", "x\\u0041"};
  static const std::vector<std::string> versions = {"1.0.0", "2.1.0", "1.0.0-rc.1", "1.0", "v1"};
  std::string out = "{\"name\":" + space + "\"" + (unusual ? any_of(names) : names[below(2)]) +
                    "\"," + space + "\"version\":" + space + "\"" +
                    (unusual ? any_of(versions) : versions[below(3)]) + "\"," + space +
                    "\"deployed_at\":" + space + "\"" +
                    (unusual && one_in(3) ? time() : "2026-01-01T00:00:00Z") + "\"";
  if (unusual && one_in(3)) out += ",\"tags\":" + anything(2);
  if (unusual && one_in(4)) out += ",\"pad\":\"" + std::string(below(700), 'p') + "\"";
  return out + "}";
}

std::string LineMaker::anything(int depth) {
  switch (below(depth > 0 ? 8 : 5)) {
    case 0: return "\"" + text() + "\"";
    case 1: return number();
    case 2: return "true";
    case 3: return "false";
    case 4: return "null";
    case 5: return "[" + anything(depth - 1) + "," + anything(depth - 1) + "]";
    case 6: return "{\"k\":" + anything(depth - 1) + ",\"p_value\":" + anything(depth - 1) + "}";
    default: return one_in(2) ? "{}" : "[]";
  }
}

std::string LineMaker::value(int kind, const std::string& space) {
  switch (kind) {
    case kFraction: return fraction();
    case kNumber: return number();
    case kCount: return number();
    case kTime: return "\"" + time() + "\"";
    case kText: return "\"" + text() + "\"";
    case kModel: return model(space, true);
    case kTexts:
      if (one_in(4)) return "{\"team\":null,\"tier\":" + space + "\"" + text() + "\"}";
      return "{\"team\":" + space + "\"" + text() + "\",\"tier\":\"" + text() + "\"}";
    case kNumbers:
      if (one_in(4)) return "{\"auc\":null,\"rmse\":" + space + number() + "}";
      return "{\"auc\":" + number() + "," + space + "\"rmse\":" + number() + "}";
    case kFeatures:
      return "{\"age\":{\"p_value\":" + fraction() + "},\"sex\":{\"p_value\":" + fraction() +
             ",\"magnitude\":" + fraction() + "}}";
    case kNull: return one_in(3) ? any_of<std::string>({"NaN", "Infinity", "-Infinity"}) : "null";
    default: return anything(2);
  }
}

/// A value that makes a good line, written in one of the ways that are all over the place.
std::string LineMaker::usual(int kind, const std::string& space) {
  const auto quoted = [](const std::string& inside) { return "\"" + inside + "\""; };
  const auto decimal = [this] { return fmt::format("{:.{}f}", static_cast<double>(random_()) / 1.85e19, below(20)); };
  const auto word = [&] { return quoted(std::string(below(30), static_cast<char>('a' + below(26)))); };
  switch (kind) {
    case kFraction: return decimal();
    case kNumber: return one_in(4) ? fmt::format("{}e-{}", below(1000), below(30)) : decimal();
    case kCount: return std::to_string(below(1'000'000));
    case kTime:
      return quoted(fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", 1970 + below(100),
                                1 + below(12), 1 + below(28), below(24), below(60), below(60)));
    case kText: return word();
    case kModel: return model(space, false);
    case kTexts: return "{\"team\":" + space + word() + ",\"tier\":" + word() + "}";
    case kNumbers: return "{\"auc\":" + decimal() + "," + space + "\"rmse\":" + decimal() + "}";
    case kAny: return one_in(2) ? decimal() : one_in(2) ? word() : "{\"k\":[1,2],\"v\":" + word() + "}";
    default: return value(kind, space);
  }
}

LineMaker::Producer LineMaker::producer() {
  static const std::vector<Member> common = {{"id", kText}, {"labels", kTexts}, {"samples", kCount},
                                             {"host", kAny}, {"at", kAny}, {"name", kText},
                                             {"f\\u0031", kAny}, {"trace", kAny}, {"host", kText},
                                             {"specversion", kNull}, {"id", kNull}, {"labels", kNull}};
  static const std::vector<Member> metrics = {{"accuracy", kFraction}, {"precision", kFraction},
                                              {"recall", kFraction}, {"f1", kFraction},
                                              {"metrics", kNumbers}, {"p_value", kAny},
                                              {"recall", kNull}, {"feature", kAny},
                                              {"metrics", kNull}};
  static const std::vector<Member> drift = {{"p_value", kFraction}, {"magnitude", kNumber},
                                            {"feature", kText}, {"features", kFeatures},
                                            {"f1", kAny}, {"metrics", kAny},
                                            {"features", kNull}, {"magnitude", kNull}};
  Producer made;
  made.type = one_in(20) ? any_of<std::string>({"job", "custom", "nonsense"})
                         : any_of<std::string>({"metrics", "drift"});
  made.members = {{"model", kModel}};
  if (!one_in(30)) made.members.push_back({made.type == "drift" ? "detected_at" : "captured_at", kTime});
  if (made.type == "custom") made.members.push_back({"at", kTime});
  const std::vector<Member>& own = made.type == "drift" ? drift : metrics;
  for (std::size_t i = 0; i <= below(4); ++i) made.members.push_back(any_of(own));
  for (std::size_t i = 0; i < below(4); ++i) made.members.push_back(any_of(common));
  // Twice the same member makes a bad line, so that most producers do without.
  for (std::size_t i = 0; i < made.members.size(); ++i) {
    const auto same = [&](const Member& m) { return m.name == made.members[i].name; };
    const auto rest = made.members.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    if (!one_in(20)) made.members.erase(std::remove_if(rest, made.members.end(), same), made.members.end());
  }
  if (one_in(3)) std::shuffle(made.members.begin(), made.members.end(), random_);
  made.space = any_of<std::string>({"", "", " ", " ", "\t ", "  "});
  made.end = any_of<std::string>({"", "", "", "\r", " "});
  made.envelope = one_in(8);
  return made;
}

std::string LineMaker::line(const Producer& producer) {
  const std::string& space = producer.space;
  const std::size_t unusual = one_in(3) ? below(producer.members.size()) : producer.members.size();
  std::string out = "{\"type\":" + space + "\"" + producer.type + "\"";
  for (std::size_t i = 0; i < producer.members.size(); ++i) {
    const Member& member = producer.members[i];
    if (i == unusual && one_in(4)) continue;
    out += "," + space + "\"" + member.name + "\":" + space +
           (i == unusual ? value(member.value, space) : usual(member.value, space));
  }
  out += "}";
  if (producer.envelope) {
    out = R"({"specversion":"1.0","id":")" + (one_in(8) ? text() : "7") + R"(","source":"/x","type":"t","data":)" + out + "}";
  }
  if (one_in(200)) out.insert(0, 1 + below(20), '\0');
  return out + producer.end;
}

void LineMaker::mutate(std::string& line) {
  static const std::string bytes("\"\\{}[],:0129eE+-.tfn \t\r\x01\x80\xc3\xff", 27);
  for (std::size_t times = 1 + below(2); times > 0 && !line.empty(); --times) {
    const std::size_t at = below(line.size());
    switch (below(5)) {
      case 0: line[at] = bytes[below(bytes.size())]; break;
      case 1: line.erase(at, 1 + below(3)); break;
      case 2: line.insert(at, 1, bytes[below(bytes.size())]); break;
      case 3: line.insert(at, line.substr(below(line.size()), below(40))); break;
      default: line.resize(at); break;
    }
  }
  std::replace(line.begin(), line.end(), '\n', ' ');
}

std::string LineMaker::block() {
  std::vector<Producer> producers;
  for (std::size_t i = 0; i <= below(5); ++i) producers.push_back(producer());
  std::string block;
  for (int i = 0; i < 300; ++i) {
    std::string made = line(any_of(producers));
    if (one_in(8)) mutate(made);
    if (!one_in(20)) {  // most blocks are UTF-8, or none would be read in the fast way
      std::replace_if(made.begin(), made.end(), [](char c) { return c == '\x80' || c == '\xff'; }, '?');
    }
    block += made + (one_in(50) ? "\n\n" : "\n");
  }
  if (one_in(10)) block.pop_back();
  return block;
}

}  // namespace mlmon
