#include "core/config/config_keys.h"

namespace mlmon {
namespace {

constexpr std::string_view kInput = "input", kKafka = "input.kafka", kState = "state", kBus = "bus",
                           kObserver = "observers.NAME";

constexpr std::string_view kTexts = R"({"type": "array", "items": {"type": "string"}})";
constexpr std::string_view kCapacity =
    R"({"type": "integer", "minimum": 4, "maximum": 1048576, "examples": [2048]})";

constexpr std::string_view kLimits =
    R"({"type": "object", "additionalProperties": false, "examples": [{"memory": "1GiB", "batch": "30s"}], "properties": {)"
    R"("memory": {"anyOf": [{"type": "string", "format": "size"}, {"const": 0}]}, )"
    R"("batch": {"anyOf": [{"type": "string", "format": "duration"}, {"const": 0}]}}})";

constexpr ConfigKey kKeys[] = {
    {kInput, "version_scheme", R"({"enum": ["semver", "any"]})", R"("semver")",
     "what versions of models are: semver 2.0.0, or any text of 1 to 128 bytes"},
    {kInput, "nan", R"({"enum": ["bad", "null"]})", R"("bad")",
     "the words NaN, Infinity and -Infinity: a bad line, or the same as null"},
    {kInput, "times", R"({"enum": ["strict", "lenient"]})", R"("strict")",
     "RFC 3339 times, or also those with a blank for T, +0200 or +02, and none for UTC"},
    {kInput, "late", R"({"enum": ["decide", "skip"]})", R"("decide")",
     "an event older than the newest of its model and type: decide on it, or skip it"},
    {kInput, "max_ahead", R"({"type": "string"})", R"("")",
     "a duration: an event that far ahead of the clock is a bad line; empty: any is taken"},
    {kInput, "unwrap", kTexts, "[]",
     "JSON pointers to the line in what a container runtime or shipper put around it"},
    {kInput, "foreign", R"({"enum": ["bad", "skip"]})", R"("bad")",
     "lines that are not JSON objects: bad lines, or counted apart"},
    {kInput, "max_line", R"({"type": ["string", "integer"], "format": "size"})", R"("1MiB")",
     "a longer line is a bad one"},
    {kInput, "files", kTexts, "[]",
     "globs of what `mlmon run` without FILE reads in place of stdin"},
    {kKafka, "brokers", kTexts, "[]", "HOST:PORT of some brokers of the Kafka that events come from"},
    {kKafka, "topics", kTexts, "[]", "what `mlmon run` without FILE reads: each value is a line, or some"},
    {kKafka, "group", R"({"type": "string", "minLength": 1})", R"("mlmon")",
     "the consumer group whose offsets are kept up to date, for its tools"},
    {kKafka, "start", R"({"enum": ["earliest", "latest"]})", R"("earliest")",
     "where a partition begins that the state does not know"},
    {kKafka, "properties",
     R"({"type": "object", "additionalProperties": {"type": ["string", "integer", "boolean", "object"]}, "writeOnly": true})",
     "{}", "settings of librdkafka: TLS, SASL …"},
    {kState, "dir", R"({"type": "string", "format": "path"})", R"("")",
     "where state lives between runs; empty: the user's or the service's state folder"},
    {kState, "url", R"({"type": "string"})", R"("")",
     "postgresql://…: state in a database that several machines share, in place of dir"},
    {kState, "retry", R"({"type": "string", "format": "duration"})", R"("60s")",
     "how long a broken connection to it is tried again before the run ends"},
    {kBus, "capacity", kCapacity, "2048",
     "events that wait for each observer before the reader has to wait"},
    {kBus, "checkpoint_every", R"({"type": "string", "format": "duration"})", R"("1s")",
     "how often what was read is committed while nothing is decided"},
    {kObserver, "plugin", R"({"type": "string", "minLength": 1})", "",
     "the plugin's short name, or the path of a .so; without it the observer's name"},
    {kObserver, "enabled", R"({"type": "boolean"})", "true", "false: it does not run"},
    {kObserver, "models", kTexts, R"(["*"])",
     "globs on the model's name; \"!glob\" takes out again, the last that matches counts"},
    {kObserver, "types", kTexts, "", "types of events that it sees; without it all of its plugin's"},
    {kObserver, "overflow", R"({"enum": ["block", "drop_newest"]})", R"("block")",
     "what happens when its queue is full: the reader waits, or events are dropped and counted"},
    {kObserver, "capacity", kCapacity, "", "of its own queue; without it that of [bus]"},
    {kObserver, "isolation", R"({"enum": ["none", "process"]})", R"("none")",
     "process: it runs in a process of its own, and a crash costs one event"},
    {kObserver, "limits", kLimits, "", "of that process: memory beyond its start, and time for one call; 0: none"},
};

}  // namespace

std::span<const ConfigKey> config_keys() { return kKeys; }

}  // namespace mlmon
