#include "core/config/config.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/config/config_override.h"
#include "core/config/config_problems.h"
#include "core/config/interpolation.h"
#include "core/config/table_reader.h"
#include "core/config/toml_reader.h"
#include "core/text/postgres_url.h"
#include "core/text/wording.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

constexpr std::size_t kMaxFile = 1 << 20;
constexpr std::int64_t kHour = 3'600'000 * kNsPerMs;
constexpr std::int64_t kMinCapacity = 4;
constexpr std::int64_t kMaxCapacity = 1 << 20;
constexpr std::size_t kLongestName = 100;

bool is_instance_name(const std::string& name) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  return !name.empty() && name.size() <= kLongestName &&
         name.find_first_not_of(kAllowed) == name.npos;
}

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  if (slash == file.npos) return "";
  return slash == 0 ? "/" : file.substr(0, slash);
}

/// A folder's name as a glob that matches only it.
std::string escape_glob(const std::string& folder) {
  std::string glob;
  for (const char c : folder) {
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) glob += '\\';
    glob += c;
  }
  return glob;
}

std::vector<std::string> strings(const std::vector<TableReader::Text>& texts) {
  std::vector<std::string> plain;
  for (const TableReader::Text& text : texts) plain.push_back(text.text);
  return plain;
}

/// The values as JSON; where each was given, and which are secret, goes into the observer.
nlohmann::json to_json(const TomlValue& value, const std::string& pointer,
                       const ConfigProblems& problems, ObserverConfig& observer) {
  observer.places[pointer] = problems.name(value.place);
  if (value.place.source == 0) observer.in_file.insert(pointer);
  if (value.secret) observer.secrets.insert(pointer);
  if (const auto* array = value.array()) {
    nlohmann::json items = nlohmann::json::array();
    for (std::size_t i = 0; i < array->size(); ++i) {
      items.push_back(to_json((*array)[i], append_pointer(pointer, i), problems, observer));
    }
    return items;
  }
  if (const auto* table = value.table()) {
    nlohmann::json members = nlohmann::json::object();
    for (const TomlMember& member : *table) {
      members[member.key] =
          to_json(member.value, append_pointer(pointer, member.key), problems, observer);
    }
    return members;
  }
  if (const bool* boolean = value.boolean()) return *boolean;
  if (const std::int64_t* integer = value.integer()) return *integer;
  if (const double* real = value.real()) return *real;
  return *value.string();
}

class Loader {
 public:
  Loader(const ConfigSources& sources, const ConfigEnvironment& environment)
      : sources_(sources), environment_(environment), problems_(sources) {
    if (sources.file) folder_ = folder_of(*sources.file);
    home_ = home_of(environment);
  }

  ConfigLoad run() {
    ConfigLoad load;
    if (read_file()) {
      add_default_observers();
      apply_sets();
      take_in(document_, "");
      note_given();
      read();
      load.config = std::move(config_);
    }
    load.errors = problems_.take();
    return load;
  }

 private:
  bool read_file();
  void add_default_observers();
  void apply_sets();
  void take_in(TomlValue& value, const std::string& path);
  void note(const std::string& path, const TomlValue& value);
  void note_given();
  void read();
  void read_input(const TomlValue* table);
  void read_kafka(const TomlValue* table);
  void read_observers(const TomlValue* table);
  void read_observer(const TomlMember& member);
  void read_own_keys(const TomlValue& table, ObserverConfig& observer);

  /// The folder that relative paths of a place go from.
  std::string folder(const Place& place) const { return place.source == 0 ? folder_ : ""; }

  const ConfigSources& sources_;
  const ConfigEnvironment& environment_;
  ConfigProblems problems_;
  std::string folder_, home_;
  TomlValue document_{TomlValue::Table{}, {}};
  Config config_;
};

bool Loader::read_file() {
  if (!sources_.file) return true;
  config_.file = *sources_.file;
  auto file = environment_.read(*sources_.file, kMaxFile);
  if (!file) {
    problems_.add({}, "", "cannot read: " + file.error().text);
    return false;
  }
  if (sources_.found_by_itself) {
    if (const auto owner = check_owner(*file, environment_); !owner) {
      problems_.add({}, "", owner.error().text);
      return false;
    }
  }
  auto document = parse_toml(file->text, *sources_.file, 0);
  if (!document) {
    problems_.add_as_is(document.error().text);
    return false;
  }
  document_ = std::move(*document);
  return true;
}

void Loader::add_default_observers() {
  const TomlValue* observers = document_.find("observers");
  if (observers && (!observers->table() || !observers->table()->empty())) return;
  TomlValue defaults{TomlValue::Table{}, {}};
  for (const char* name : {"retraining", "alert"}) {
    defaults.table()->push_back({name, {}, {TomlValue::Table{}, {}}});
  }
  // Cannot fail: nothing but a table can be in the way.
  (void)apply({{"observers"}, std::move(defaults)}, document_);
}

void Loader::apply_sets() {
  for (std::size_t i = 0; i < sources_.sets.size(); ++i) {
    const auto number = static_cast<std::uint32_t>(i + 1);
    auto change = parse_override(sources_.sets[i], number);
    if (!change) {
      problems_.add({number, 0}, "", change.error().text);
      continue;
    }
    if (const auto applied = apply(std::move(*change), document_); !applied) {
      problems_.add({number, 0}, "", applied.error().text);
    }
  }
}

/// Puts what comes from outside into all strings, and tells of values that JSON does not have.
void Loader::take_in(TomlValue& value, const std::string& path) {
  if (auto* table = value.table()) {
    for (TomlMember& member : *table) take_in(member.value, append_key(path, member.key));
  } else if (auto* array = std::get_if<TomlValue::Array>(&value.data)) {
    for (std::size_t i = 0; i < array->size(); ++i) take_in((*array)[i], append_index(path, i));
  } else if (const double* real = value.real()) {
    if (std::isfinite(*real)) return;
    value.broken = true;
    const char* got = std::isnan(*real) ? "nan" : *real < 0 ? "-inf" : "inf";
    problems_.add(value.place, path, std::string("expected a finite number, got ") + got);
  } else if (const std::string* text = value.string()) {
    auto done = interpolate(*text, folder(value.place), environment_);
    if (done) {
      value.secret = done->secret;
      value.data = std::move(done->text);
    } else {
      value.broken = true;
      problems_.add(value.place, path, done.error().text);
    }
  }
}

/// A value of the host's, or those of a table.
void Loader::note(const std::string& path, const TomlValue& value) {
  if (value.broken) return;
  if (const auto* table = value.table()) {
    for (const TomlMember& member : *table) note(append_key(path, member.key), member.value);
    return;
  }
  ObserverConfig noted;
  const std::string json = to_json(value, "", problems_, noted).dump();
  // Passwords stand among them, and only librdkafka knows which they are.
  const bool secret = !noted.secrets.empty() || path.starts_with("input.kafka.properties");
  config_.given[path] = {json, problems_.name(value.place), secret};
}

void Loader::note_given() {
  for (const TomlMember& member : *document_.table()) {
    if (member.key != "observers") note(member.key, member.value);
  }
  const TomlValue* observers = document_.find("observers");
  if (!observers || !observers->table()) return;
  for (const TomlMember& observer : *observers->table()) {
    if (!observer.value.table()) continue;
    for (const TomlMember& member : *observer.value.table()) {
      if (!is_host_key(member.key)) continue;
      note(append_key(append_key("observers", observer.key), member.key), member.value);
    }
  }
}

void Loader::read() {
  TableReader root(&document_, "", problems_);
  read_input(root.table("input"));

  TableReader state(root.table("state"), "state", problems_);
  if (auto dir = state.text("dir", "a path", true); dir && !dir->text.empty()) {
    config_.state.dir = path_from(folder(dir->place), dir->text, home_);
    if (looks_like_url(dir->text)) {
      problems_.add(dir->place, "state.dir", "expected a folder, got a URL: a database is named by [state] url");
    }
  }
  const auto url = state.text("url", "a URL", true);
  if (url && !url->text.empty()) {
    config_.state.url = url->text;
    if (!is_postgres_url(url->text)) {
      problems_.add(url->place, "state.url", "expected postgresql://[USER@]HOST[:PORT]/DATABASE");
    } else if (!config_.state.dir.empty()) {
      problems_.add(url->place, "state.url", "[state] dir is set as well, one of the two is the state");
    }
  }
  if (auto ns = state.duration("retry", 0, kHour, "60s")) config_.state.retry_ns = *ns;
  state.refuse_others();

  TableReader bus(root.table("bus"), "bus", problems_);
  if (auto capacity = bus.integer("capacity", kMinCapacity, kMaxCapacity)) {
    config_.bus.capacity = static_cast<std::uint32_t>(*capacity);
  }
  if (auto ns = bus.duration("checkpoint_every", kNsPerMs, kHour, "1s")) {
    config_.bus.checkpoint_every_ns = *ns;
  }
  bus.refuse_others();

  read_observers(root.table("observers"));
  root.refuse_others();
}

void Loader::read_input(const TomlValue* table) {
  TableReader input(table, "input", problems_);
  if (auto scheme = input.choice("version_scheme", {"semver", "any"})) {
    config_.input.any_version = *scheme == "any";
  }
  if (auto nan = input.choice("nan", {"bad", "null"})) config_.input.nan_is_null = *nan == "null";
  if (auto times = input.choice("times", {"strict", "lenient"})) {
    config_.input.lenient_times = *times == "lenient";
  }
  if (auto late = input.choice("late", {"decide", "skip"})) {
    config_.input.skip_late = *late == "skip";
  }
  if (auto ns = input.duration_or_none("max_ahead", "24h")) config_.input.max_ahead_ns = *ns;
  if (auto foreign = input.choice("foreign", {"bad", "skip"})) {
    config_.input.skip_foreign = *foreign == "skip";
  }
  if (auto pointers = input.pointers("unwrap")) config_.input.unwrap = std::move(*pointers);
  if (auto bytes = input.size("max_line", 64, 1 << 30, "1MiB")) config_.input.max_line = *bytes;
  if (auto files = input.texts("files", "a path or glob")) {
    for (const TableReader::Text& file : *files) {
      const std::string from = file.text == "-" ? "" : escape_glob(folder(file.place));
      config_.input.files.push_back(path_from(from, file.text, escape_glob(home_)));
    }
  }
  read_kafka(input.table("kafka"));
  input.refuse_others();
}

void Loader::read_kafka(const TomlValue* table) {
  TableReader kafka(table, "input.kafka", problems_);
  Config::Kafka& into = config_.input.kafka;
  if (auto brokers = kafka.texts("brokers", "HOST or HOST:PORT")) into.brokers = strings(*brokers);
  if (auto topics = kafka.texts("topics", "the name of a topic")) into.topics = strings(*topics);
  if (auto group = kafka.text("group", "the name of a group", false)) into.group = group->text;
  if (auto start = kafka.choice("start", {"earliest", "latest"})) into.from_latest = *start == "latest";
  into.properties = kafka.settings("properties");
  kafka.refuse_others();
}

void Loader::read_observers(const TomlValue* table) {
  if (!table) return;
  for (const TomlMember& member : *table->table()) {
    const std::string path = append_key("observers", member.key);
    if (!is_instance_name(member.key)) {
      problems_.add(
          member.place, path,
          "expected a name of 1 to 100 letters, digits, _, - and ., got " + in_quotes(member.key));
    } else if (!member.value.table()) {
      if (member.value.broken) continue;
      problems_.add(member.value.place, path, "expected a table, got " + shown(member.value));
    } else {
      read_observer(member);
    }
  }
}

void Loader::read_observer(const TomlMember& member) {
  ObserverConfig observer;
  observer.name = member.key;
  TableReader reader(&member.value, append_key("observers", member.key), problems_);

  observer.plugin = member.key;
  if (auto plugin = reader.text("plugin", "a plugin's name or the path of a .so or .py", false)) {
    observer.plugin = plugin->text;
    observer.places["/plugin"] = problems_.name(plugin->place);
    const bool has_slash = plugin->text.find('/') != std::string::npos;
    if (has_slash || plugin->text.ends_with(".so") || plugin->text.ends_with(".py")) {
      observer.plugin = path_from(folder(plugin->place), plugin->text, home_);
      if (observer.plugin.find('/') == std::string::npos) observer.plugin.insert(0, "./");
    }
  }
  observer.enabled = reader.boolean("enabled").value_or(true);
  if (auto models = reader.texts("models", "a glob")) observer.models = strings(*models);
  if (auto types = reader.texts("types", "a type of events")) {
    observer.types = strings(*types);
    if (!types->empty()) observer.places["/types"] = problems_.name(types->front().place);
  }
  if (auto overflow = reader.choice("overflow", {"block", "drop_newest"})) {
    using enum ObserverConfig::Overflow;
    observer.overflow = *overflow == "block" ? kBlock : kDropNewest;
  }
  const auto capacity = reader.integer("capacity", kMinCapacity, kMaxCapacity);
  observer.capacity = capacity ? static_cast<std::uint32_t>(*capacity) : config_.bus.capacity;
  observer.apart = reader.choice("isolation", {"none", "process"}).value_or("none") == "process";

  read_own_keys(member.value, observer);
  config_.observers.push_back(std::move(observer));
}

void Loader::read_own_keys(const TomlValue& table, ObserverConfig& observer) {
  TomlValue own{TomlValue::Table{}, table.place};
  for (const TomlMember& member : *table.table()) {
    if (!is_host_key(member.key)) own.table()->push_back(member);
  }
  observer.folder = folder_;
  observer.home = home_;
  observer.own = to_json(own, "", problems_, observer).dump();
}

}  // namespace

ConfigLoad load_config(const ConfigSources& sources, const ConfigEnvironment& environment) {
  return Loader(sources, environment).run();
}

}  // namespace mlmon
