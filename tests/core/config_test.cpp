#include "core/config/config.h"

#include <catch2/catch.hpp>
#include <map>

using namespace mlmon;

namespace {

class FakeEnvironment final : public ConfigEnvironment {
 public:
  std::map<std::string, std::string> variables;
  std::map<std::string, FileText> files;
  std::uint32_t user_id = 1000;

  void put(const std::string& path, const std::string& text) { files[path] = {text, user_id, 0644}; }

  std::optional<std::string> variable(const std::string& name) const override {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  }
  bool exists(const std::string& path) const override { return files.count(path) > 0; }
  Result<FileText> read(const std::string& path, std::size_t limit) const override {
    const auto found = files.find(path);
    if (found == files.end()) return Error{"No such file or directory"};
    if (found->second.text.size() > limit) return Error{"expected at most 1MiB, got more"};
    return found->second;
  }
  std::uint32_t user() const override { return user_id; }
};

struct Fixture {
  FakeEnvironment environment;
  ConfigSources sources;

  void file(const std::string& text, const std::string& path = "mlmon.toml") {
    environment.put(path, text);
    sources.file = path;
  }
  ConfigLoad load() const { return load_config(sources, environment); }
  Config good() const {
    ConfigLoad load = this->load();
    for (const ConfigError& error : load.errors) UNSCOPED_INFO(error.to_string());
    REQUIRE(load.errors.empty());
    REQUIRE(load.config);
    return *load.config;
  }
  std::vector<std::string> errors() const {
    const ConfigLoad load = this->load();
    CHECK_FALSE(load.errors.empty());
    std::vector<std::string> texts;
    for (const ConfigError& error : load.errors) texts.push_back(error.to_string());
    return texts;
  }
  std::string error() const {
    const auto all = errors();
    for (const std::string& one : all) UNSCOPED_INFO(one);
    REQUIRE(all.size() == 1);
    return all.front();
  }
};

std::vector<std::string> names(const Config& config) {
  std::vector<std::string> names;
  for (const ObserverConfig& observer : config.observers) names.push_back(observer.name);
  return names;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(Fixture, "without a file the defaults of the contract hold") {
  const Config config = good();
  CHECK(config.file.empty());
  CHECK_FALSE(config.input.any_version);
  CHECK(config.input.max_line == 1048576);
  CHECK(config.input.files.empty());
  CHECK(config.state.dir.empty());
  CHECK(config.bus.capacity == 2048);
  CHECK(config.bus.checkpoint_every_ns == 1'000'000'000);
  REQUIRE(names(config) == Strings{"retraining", "alert"});
  for (const ObserverConfig& observer : config.observers) {
    CHECK(observer.plugin == observer.name);
    CHECK(observer.enabled);
    CHECK(observer.models == Strings{"*"});
    CHECK(observer.types.empty());
    CHECK(observer.overflow == ObserverConfig::Overflow::kBlock);
    CHECK(observer.capacity == 2048);
    CHECK(observer.own == "{}");
    CHECK(place_of(observer, "/url") == "built-in defaults");
  }
}

TEST_CASE_METHOD(Fixture, "every key of the host is read") {
  file(R"(
[input]
version_scheme = "any"
max_line = "64KiB"
files = ["a/*.ndjson", "/b.ndjson", "-"]
[state]
dir = "/var/lib/x"
[bus]
capacity = 4
checkpoint_every = "250ms"
[observers.x]
plugin = "retraining"
enabled = false
models = ["*", "!test*"]
types = ["drift"]
overflow = "drop_newest"
capacity = 1_048_576
min_f1 = 0.75
[observers.y]
)");
  const Config config = good();
  CHECK(config.file == "mlmon.toml");
  CHECK(config.input.any_version);
  CHECK(config.input.max_line == 65536);
  CHECK(config.input.files == Strings{"a/*.ndjson", "/b.ndjson", "-"});
  CHECK(config.state.dir == "/var/lib/x");
  CHECK(config.bus.capacity == 4);
  CHECK(config.bus.checkpoint_every_ns == 250'000'000);
  REQUIRE(names(config) == Strings{"x", "y"});
  const ObserverConfig& x = config.observers[0];
  CHECK(x.plugin == "retraining");
  CHECK_FALSE(x.enabled);
  CHECK(x.models == Strings{"*", "!test*"});
  CHECK(x.types == Strings{"drift"});
  CHECK(x.overflow == ObserverConfig::Overflow::kDropNewest);
  CHECK(x.capacity == 1048576);
  CHECK(x.own == R"({"min_f1":0.75})");
  CHECK(config.observers[1].plugin == "y");
  CHECK(config.observers[1].capacity == 4);
}

TEST_CASE_METHOD(Fixture, "observers stand in the order of the file, also those opened implicitly") {
  file("[observers.z.sub]\nx = 1\n[[observers.m.rules]]\nmetric = 'auc'\n[observers.a]\n[observers.z]\n");
  CHECK(names(good()) == Strings{"z", "m", "a"});
  file("observers = {b = {}, a = {}}");
  CHECK(names(good()) == Strings{"b", "a"});
  file("observers.b.x = 1\nobservers.a.x = 1");
  CHECK(names(good()) == Strings{"b", "a"});
}

TEST_CASE_METHOD(Fixture, "without an observer in the file the two defaults run") {
  file("[bus]\ncapacity = 16\n");
  CHECK(names(good()) == Strings{"retraining", "alert"});
  CHECK(good().observers[0].capacity == 16);
  file("[observers]\n");
  CHECK(names(good()) == Strings{"retraining", "alert"});
}

TEST_CASE_METHOD(Fixture, "--set changes the file, the defaults, and adds observers last") {
  sources.sets = {"observers.retraining.min_f1=0.8", "observers.extra.plugin=\"alert\"", "bus.capacity=8",
                  "bus.capacity=9"};
  CHECK(names(good()) == Strings{"retraining", "alert", "extra"});
  CHECK(good().observers[0].own == R"({"min_f1":0.8})");
  CHECK(good().observers[0].capacity == 9);
  file("[observers.alert]\nmin_f1 = 0.1\nresolve = true\n");
  sources.sets = {"observers.aaa.x=1", "observers.alert.min_f1=false"};
  CHECK(names(good()) == Strings{"alert", "aaa"});
  CHECK(good().observers[0].own == R"({"min_f1":false,"resolve":true})");
}

TEST_CASE_METHOD(Fixture, "--set takes quoted keys, tables and arrays") {
  sources.sets = {R"(observers.alert.headers."X=a.b"='v')", "observers.alert.retry={initial='1s'}",
                  "input.files=['a', 'b']", " observers . alert . on = [ 'retrain' ] "};
  const Config config = good();
  CHECK(config.observers[1].own ==
        R"({"headers":{"X=a.b":"v"},"on":["retrain"],"retry":{"initial":"1s"}})");
  CHECK(config.input.files == Strings{"a", "b"});
}

TEST_CASE_METHOD(Fixture, "a --set that is none is refused with the way to write it") {
  const auto refused = [&](const std::string& set) {
    sources.sets = {set};
    return error();
  };
  CHECK(refused("input.version_scheme=any") ==
        "--set input.version_scheme=any: expected a value in TOML's syntax (text needs quotes: --set "
        "'input.version_scheme=\"any\"')");
  CHECK(refused("bus.capacity") == "--set bus.capacity: expected KEY=VALUE, got no =");
  CHECK(refused("=3") == "--set : expected a dotted key before the =, such as bus.capacity");
  CHECK(refused("a..b=3") == "--set a..b: expected a dotted key before the =, such as bus.capacity");
  CHECK(refused("bus.capacity=8\n[state]\ndir='x'").find("expected a value") != std::string::npos);
  CHECK(refused("bus.capacity=8\nx=1").find("expected a value") != std::string::npos);
  CHECK(refused("[bus]\ncapacity=8").find("expected a dotted key") != std::string::npos);
  CHECK(refused("bus.capacity=") ==
        "--set bus.capacity=: expected a value in TOML's syntax (text needs quotes: --set "
        "'bus.capacity=\"\"')");
  CHECK(refused("bus.capacity=3") ==
        "--set bus.capacity=3: expected an integer in [4, 1048576], got 3");
  CHECK(refused("bus.capacty=8") ==
        "--set bus.capacty=8: unknown key \"capacty\" (did you mean \"capacity\"?)");
  CHECK(refused("bus={capacity=3}") ==
        "--set bus={capacity=3}: bus.capacity: expected an integer in [4, 1048576], got 3");
  file("[bus]\ncapacity = 8\n");
  CHECK(refused("bus.capacity.x=1") == "--set bus.capacity.x=1: expected bus.capacity to be a table, got "
                                       "something else (--set can replace it)");
}

TEST_CASE_METHOD(Fixture, "all errors are told at once, with line and key, in the order of the file") {
  file(R"([bus]
capacity = 3
checkpoint_every = "2h"
speed = 1
[input]
version_scheme = "semvar"
max_lin = "1MiB"
max_line = "1KB"
files = ["a", 3]
[state]
dir = 7
[observers.x]
enabled = "yes"
models = "fraud"
overflow = "drop"
capacity = 1.5
plugin = ""
ratio = inf
other = nan
[observers."a b"]
[stat]
)");
  sources.sets = {"bus.capacity=2"};
  CHECK(errors() ==
        Strings{
            R"(mlmon.toml:3: bus.checkpoint_every: expected a duration in [1ms, 1h], such as "1s", got "2h")",
            R"(mlmon.toml:4: bus.speed: unknown key "speed", expected "capacity" or "checkpoint_every")",
            R"(mlmon.toml:6: input.version_scheme: expected "semver" or "any", got "semvar" (did you mean "semver"?))",
            R"(mlmon.toml:7: input.max_lin: unknown key "max_lin" (did you mean "max_line"?))",
            R"(mlmon.toml:8: input.max_line: expected a size in [64B, 1GiB], such as "1MiB", got "1KB")",
            R"(mlmon.toml:9: input.files[1]: expected a path or glob, got 3)",
            R"(mlmon.toml:11: state.dir: expected a path, got 7)",
            R"(mlmon.toml:13: observers.x.enabled: expected true or false, got "yes")",
            R"(mlmon.toml:14: observers.x.models: expected an array of strings, got "fraud")",
            R"(mlmon.toml:15: observers.x.overflow: expected "block" or "drop_newest", got "drop")",
            R"(mlmon.toml:16: observers.x.capacity: expected an integer in [4, 1048576], got 1.5)",
            R"(mlmon.toml:17: observers.x.plugin: expected a plugin's name or the path of a .so or .py, got "")",
            R"(mlmon.toml:18: observers.x.ratio: expected a finite number, got inf)",
            R"(mlmon.toml:19: observers.x.other: expected a finite number, got nan)",
            R"(mlmon.toml:20: observers."a b": expected a name of 1 to 100 letters, digits, _, - and ., got "a b")",
            R"(mlmon.toml:21: stat: unknown key "stat" (did you mean "state"?))",
            "--set bus.capacity=2: expected an integer in [4, 1048576], got 2"});
}

TEST_CASE_METHOD(Fixture, "what lines are is read") {
  file("[input]\nnan = 'null'\ntimes = 'lenient'\nlate = 'skip'\nmax_ahead = '24h'\n"
       "unwrap = ['/log', '/a~1b/0']\nforeign = 'skip'\n");
  const Config::Input input = good().input;
  CHECK(input.nan_is_null);
  CHECK(input.lenient_times);
  CHECK(input.skip_late);
  CHECK(input.max_ahead_ns == 86'400'000'000'000);
  CHECK(input.unwrap == Strings{"/log", "/a~1b/0"});
  CHECK(input.skip_foreign);
  file("[input]\nmax_ahead = ''\n");
  CHECK(good().input.max_ahead_ns == 0);
  file("[input]\nnan = 'no'\nmax_ahead = 'soon'\nunwrap = ['log', '/a~2']\n");
  CHECK(errors() == Strings{R"(mlmon.toml:2: input.nan: expected "bad" or "null", got "no")",
                            R"(mlmon.toml:3: input.max_ahead: expected a duration such as "24h", or "" for none, got "soon")",
                            R"(mlmon.toml:4: input.unwrap: expected a JSON pointer such as "/log", got "log")",
                            R"(mlmon.toml:4: input.unwrap: expected a JSON pointer such as "/log", got "/a~2")"});
}

TEST_CASE_METHOD(Fixture, "tables that are none, and empty or long names, are refused") {
  file("input = 3\nobservers = []\n");
  CHECK(errors() == Strings{"mlmon.toml:1: input: expected a table, got 3",
                            "mlmon.toml:2: observers: expected a table, got an array"});
  file("[observers]\nx = 1\n\"\" = {}\n" + std::string(101, 'n') + " = {}\n" +
       std::string(100, 'n') + " = {}\n\"a.b_c-1\" = {}\n");
  CHECK(errors().size() == 3);
}

TEST_CASE_METHOD(Fixture, "of broken TOML the first mistake is told with its column") {
  file("[bus]\ncapacity = \nx = [");
  CHECK(error().rfind("mlmon.toml:2:", 0) == 0);
  file("[bus]\ncapacity = 8\ncapacity = 9\n");
  CHECK(error().rfind("mlmon.toml:3:", 0) == 0);
  file("[bus]\ncapacity =é8\n");
  CHECK(error() == "mlmon.toml:2:11: expected text beyond ASCII in quotes, got it without");
  file("[}bus]\n");
  CHECK(error().rfind("mlmon.toml:1:2: ", 0) == 0);
  file("x = '\xff'");
  CHECK(error().rfind("mlmon.toml:1:", 0) == 0);
}

TEST_CASE_METHOD(Fixture, "deep nesting and long keys are refused, not crashed on") {
  const auto repeat = [](const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  file("x" + repeat(".x", 100000) + " = 1");
  CHECK(error() == "mlmon.toml:1:32: expected a key of at most 16 parts, got more");
  file("a = '''x\n'''''\n[y" + repeat(".x", 16) + "]");
  CHECK(error() == "mlmon.toml:3:33: expected a key of at most 16 parts, got more");
  file("x = " + repeat("[", 100000));
  CHECK(error().rfind("mlmon.toml:1:", 0) == 0);
  file("x = " + repeat("[", 65) + repeat("]", 65));
  CHECK(error().find("nested at most 64 deep") != std::string::npos);
  file("x = " + repeat("{" + repeat("a.", 15) + "b = ", 250) + "1" + repeat("}", 250));
  CHECK(error().find("nested at most 64 deep") != std::string::npos);
  file("[observers.x]\nb = \"" + repeat("a.", 50) + "\" # " + repeat("a.", 50) + "\nr = [" +
       repeat("0.5, ", 50) + "]");
  CHECK(names(good()) == Strings{"x"});
}

TEST_CASE_METHOD(Fixture, "text beyond ASCII may stand in strings, quoted keys and comments") {
  file("\xEF\xBB\xBF# é\n[observers.o]\n\"é\" = 'ü' # ö\nb = \"\"\"\n\\\"\"\"é\"\"\"\nc = '''é'''\n");
  CHECK(good().observers[0].own == R"({"b":"\"\"\"é","c":"é","é":"ü"})");
}

TEST_CASE_METHOD(Fixture, "a file that cannot be read or is too large is named") {
  sources.file = "gone.toml";
  CHECK(error() == "gone.toml: cannot read: No such file or directory");
  file(std::string((1 << 20) + 1, ' '));
  CHECK(error() == "mlmon.toml: cannot read: expected at most 1MiB, got more");
}

TEST_CASE_METHOD(Fixture, "variables are put into strings, with defaults and escapes") {
  environment.variables = {{"A", "x"}, {"EMPTY", ""}, {"TRICK", "${A}"}, {"F", "file:/etc/passwd"}};
  file(R"([observers.o]
a = "${A}-${A}"
b = "${NONE:-d}${EMPTY:-e}${EMPTY}"
c = "$${A} $$ $ {x} $"
d = "${TRICK}"
e = "${F}"
f = ["${A}"]
)");
  const ObserverConfig observer = good().observers[0];
  CHECK(observer.own ==
        R"({"a":"x-x","b":"de","c":"${A} $$ $ {x} $","d":"${A}","e":"file:/etc/passwd","f":["x"]})");
  CHECK(observer.secrets == std::set<std::string>{"/a", "/b", "/d", "/e", "/f/0"});
}

TEST_CASE_METHOD(Fixture, "an unset variable and a broken reference are errors that name them") {
  file("[observers.o]\na = '${NO_A} ${NO_B}'\nb = '${x'\nc = '${model.name}'\n");
  const Strings all = errors();
  REQUIRE(all.size() == 3);
  CHECK(all[0] ==
        "mlmon.toml:2: observers.o.a: environment variable NO_A is not set: expected a value, or a default "
        "as in ${NO_A:-default}; environment variable NO_B is not set: expected a value, or a default as "
        "in ${NO_B:-default}");
  CHECK(all[1] == "mlmon.toml:3: observers.o.b: expected a } after ${, got none");
  CHECK(all[2] == "mlmon.toml:4: observers.o.c: expected the name of an environment variable in ${...}, "
                  "got \"model.name\" (write $${ for a literal ${)");
}

TEST_CASE_METHOD(Fixture, "a secret's file is read from the file's folder, less one newline") {
  environment.put("conf/token", "s3cret\n\n");
  environment.put("/run/cred/t", "abc");
  environment.put("here", "w\r\n");
  environment.variables["CREDENTIALS_DIRECTORY"] = "/run/cred";
  file("[observers.o]\na = 'file:token'\nb = 'file:${CREDENTIALS_DIRECTORY}/t'\n", "conf/m.toml");
  sources.sets = {"observers.o.c='file:here'"};
  CHECK(good().observers[0].own == R"({"a":"s3cret\n","b":"abc","c":"w"})");
  CHECK(redact(good().observers[0].own, good().observers[0].secrets) ==
        R"({"a":"***","b":"***","c":"***"})");
}

TEST_CASE_METHOD(Fixture, "secrets are in no error") {
  environment.variables = {{"S", "hunter2"}, {"BAD", "hunter2\xff"}};
  environment.put("secret", "hunter2\n");
  environment.put("latin1", "hunter2\xe9");
  file(R"([input]
version_scheme = "${S}"
max_line = "file:secret"
files = ["file:gone-${S}"]
unwrap = ["/log", "${S}"]
[bus]
checkpoint_every = "${S}"
capacity = "${S}"
[observers.o]
enabled = "${S}"
overflow = "file:secret"
models = "${S}"
a = "${BAD}"
b = "file:latin1"
c = "file:${S}"
)");
  const Strings all = errors();
  CHECK(all.size() == 12);
  for (const std::string& one : all) {
    CAPTURE(one);
    CHECK(one.find("hunter2") == one.npos);
  }
  CHECK(all[0] == "mlmon.toml:2: input.version_scheme: expected \"semver\" or \"any\", got (hidden)");
}

TEST_CASE_METHOD(Fixture, "a value that --set gives to a plugin's key is in no error") {
  sources.sets = {"observers.alert.token=hunter2",  "observers.alert.a.b=hunter2",
                  "observers.alert={token=hunter2", "observers={alert={token='hunter2', enabled=1}}",
                  "observers.\"x y\".token='hunter2'", "observers.alert.token.deep='hunter2'",
                  "observers..token=hunter2"};
  for (const std::string& set : Strings(sources.sets)) {
    sources.sets = {set};
    for (const ConfigError& error : load().errors) {
      CAPTURE(error.to_string());
      CHECK(error.to_string().find("hunter2") == std::string::npos);
    }
  }
  sources.sets = {"observers.alert.token='hunter2'"};
  CHECK(place_of(good().observers[1], "/token") == "--set observers.alert.token");
}

TEST_CASE_METHOD(Fixture, "paths of a file go from its folder, those of --set from the working folder") {
  file(R"(input.files = ["d/*.ndjson", "/abs"]
state.dir = "s"
[observers.a]
plugin = "x.so"
[observers.b]
plugin = "lib/y"
[observers.c]
plugin = "/z.so"
[observers.d]
plugin = "alert"
)",
       "/etc/ml[1]/m.toml");
  Config config = good();
  CHECK(config.input.files == Strings{"/etc/ml\\[1\\]/d/*.ndjson", "/abs"});
  CHECK(config.state.dir == "/etc/ml[1]/s");
  CHECK(config.observers[0].plugin == "/etc/ml[1]/x.so");
  CHECK(config.observers[1].plugin == "/etc/ml[1]/lib/y");
  CHECK(config.observers[2].plugin == "/z.so");
  CHECK(config.observers[3].plugin == "alert");
  sources.sets = {"state.dir='s'", "input.files=['f']", "observers.a.plugin='x.so'"};
  config = good();
  CHECK(config.state.dir == "s");
  CHECK(config.input.files == Strings{"f"});
  CHECK(config.observers[0].plugin == "./x.so");
}

TEST_CASE_METHOD(Fixture, "a file that was found must be owned and written by nobody else") {
  file("");
  sources.found_by_itself = true;
  FileText& found = environment.files["mlmon.toml"];
  CHECK(names(good()).size() == 2);
  found.owner = 0;
  CHECK(names(good()).size() == 2);
  found.owner = 1001;
  CHECK(error() == "mlmon.toml: expected a file that root or user 1000 owns and no others may write to, "
                   "got owner 1001, mode 0644 (to use it all the same, name it with -c)");
  found = {"", 1000, 0664};
  CHECK(error().find("mode 0664") != std::string::npos);
  found = {"", 0, 0602};
  CHECK(error().find("mode 0602") != std::string::npos);
  sources.found_by_itself = false;
  CHECK(names(good()).size() == 2);
}

TEST_CASE_METHOD(Fixture, "a configuration is sought where it belongs, nearest first") {
  CHECK_FALSE(find_config(environment));
  environment.put("/etc/mlmon/mlmon.toml", "");
  CHECK(find_config(environment) == "/etc/mlmon/mlmon.toml");
  environment.variables["HOME"] = "/home/u";
  environment.put("/home/u/.config/mlmon/mlmon.toml", "");
  CHECK(find_config(environment) == "/home/u/.config/mlmon/mlmon.toml");
  environment.variables["XDG_CONFIG_HOME"] = "/x";
  CHECK(find_config(environment) == "/etc/mlmon/mlmon.toml");
  environment.put("/x/mlmon/mlmon.toml", "");
  CHECK(find_config(environment) == "/x/mlmon/mlmon.toml");
  environment.put("mlmon.toml", "");
  CHECK(find_config(environment) == "mlmon.toml");
}

TEST_CASE_METHOD(Fixture, "own keys keep their types, and dates become text") {
  file("[observers.o]\ni = 9223372036854775807\nf = 1.0\nd = 1979-05-27\nt = 07:32:00\n"
       "z = 1979-05-27T07:32:00.5-07:00\nl = 1979-05-27T07:32:00\nb = true\nx = 0x10\n\"a/b~c\" = {}\n");
  const ObserverConfig observer = good().observers[0];
  CHECK(observer.own ==
        R"({"a/b~c":{},"b":true,"d":"1979-05-27","f":1.0,"i":9223372036854775807,)"
        R"("l":"1979-05-27T07:32:00","t":"07:32:00","x":16,"z":"1979-05-27T07:32:00.5-07:00"})");
  CHECK(place_of(observer, "/a~1b~0c") == "mlmon.toml:10");
  CHECK(key_of(observer, "/a~1b~0c") == "observers.o.\"a/b~c\"");
}

TEST_CASE_METHOD(Fixture, "a pointer into own keys leads to its line, or that of the nearest around it") {
  file("[observers.o]\nx = 1\n[[observers.o.rules]]\nmetric = 'auc'\n[[observers.o.rules]]\nbelow = [1,\n"
       "  2]\n");
  const ObserverConfig observer = good().observers[0];
  CHECK(place_of(observer, "") == "mlmon.toml:1");
  CHECK(place_of(observer, "/x") == "mlmon.toml:2");
  CHECK(place_of(observer, "/rules/0/metric") == "mlmon.toml:4");
  CHECK(place_of(observer, "/rules/1/below/1") == "mlmon.toml:7");
  CHECK(place_of(observer, "/rules/1/name") == "mlmon.toml:5");
  CHECK(place_of(observer, "/none/x") == "mlmon.toml:1");
  CHECK(own_key_error(observer, "/rules/1/below/1", "expected x").to_string() ==
        "mlmon.toml:7: observers.o.rules[1].below[1]: expected x");
}

TEST_CASE_METHOD(Fixture, "sizes may be plain bytes and limits are inclusive") {
  for (const char* value : {"64", "'64B'", "'1GiB'", "1073741824"}) {
    sources.sets = {std::string("input.max_line=") + value};
    CHECK(load().errors.empty());
  }
  for (const char* value : {"63", "-1", "1073741825", "1.5", "true", "inf", "'16777216TiB'"}) {
    sources.sets = {std::string("input.max_line=") + value};
    CHECK(load().errors.size() == 1);
  }
  sources.sets = {"bus.checkpoint_every='1h'"};
  CHECK(good().bus.checkpoint_every_ns == 3'600'000'000'000);
}

TEST_CASE_METHOD(Fixture, "state is in a folder or in a database of PostgreSQL") {
  file("[state]\nurl = \"postgresql://db/mlmon\"\nretry = \"5s\"\n");
  CHECK(good().state.place() == "postgresql://db/mlmon");
  CHECK(good().state.retry_ns == 5'000'000'000);
  file("[state]\nurl = \"mysql://db/mlmon\"\n");
  CHECK(error() == "mlmon.toml:2: state.url: expected postgresql://[USER@]HOST[:PORT]/DATABASE");
  file("[state]\ndir = \"postgresql://u:secret@db/mlmon\"\n");
  CHECK(error() == "mlmon.toml:2: state.dir: expected a folder, got a URL: a database is named by [state] url");
  file("[state]\ndir = \"x\"\nurl = \"postgres://db/mlmon\"\n");
  CHECK(error() == "mlmon.toml:3: state.url: [state] dir is set as well, one of the two is the state");
}

TEST_CASE_METHOD(Fixture, "a path with NUL is refused") {
  file("state.dir = \"a\\u0000b\"\n");
  CHECK(error() == "mlmon.toml:1: state.dir: expected a path, got \"a\\u0000b\"");
}

TEST_CASE("real files are read whole, with owner and mode, or not at all") {
  const SystemEnvironment system;
  CHECK(system.exists("/"));
  CHECK(system.read("/", 100).error().text == "Is a directory");
  CHECK(system.read("/nowhere/x", 100).error().text == "No such file or directory");
  CHECK(system.read("/dev/zero", 100).error().text == "expected at most 100B, got more");
  CHECK(system.read("/dev/null", 100)->text.empty());
  CHECK(system.variable("PATH"));
  CHECK_FALSE(system.variable("MLMON_SURELY_NOT_SET"));
}
