"""`mlmon schema`: the schemas agree with what is read and written.

Thousands of lines, valid, odd and broken, are made by a seeded generator; each is judged by the schema
(python3-jsonschema) and by a run.
"""

import copy
import json
import os
import random
import tomllib

import mlmon_run
from mlmon_run import DATA, SANITIZED, MlmonTest

try:
    import jsonschema
except ImportError:
    jsonschema = None

SEED = int(os.environ.get("MLMON_SEED", "18"))
LINES = int(os.environ.get("MLMON_LINES", "500" if SANITIZED else "6000"))

TEXTS = ["", "a", "fraud", "ü\U0001F600", "a\nb", "\x7f", "\x00", "x" * 256, "x" * 257, "2026", "null", "metrics"]
VERSIONS = ["1.0.0", "2.1.0-rc.1+b.7", "1.0", "v1.0.0", "01.0.0", "1.0.0-01", "1.0.0-0a", "1.0.0+", "1.0.0\n", "١.0.0",
            "0.0.0", "3", "", "1.0.0-", "99999999999999999999.0.0", "1.0.0-a..b"]
TIMES = ["2026-02-01T08:00:00Z", "2026-02-01t08:00:00z", "2026-02-01T08:00:00.123456789+05:30", "2026-02-01T08:00:00-00:00",
         "2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2000-02-29T23:59:59Z", "2026-04-31T00:00:00Z",
         "2026-02-01T08:00:60Z", "2026-02-01T24:00:00Z", "2026-02-01T08:60:00Z", "2026-02-01T08:00:00", "2026-02-01 08:00:00Z",
         "2026-02-01", "2026-02-01T08:00:00.1234567890Z", "2026-02-01T08:00:00.Z", "2026-02-01T08:00:00+24:00",
         "2026-02-01T08:00:00+0530", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
         "2026-02-01T08:00:00Z\n", " 2026-02-01T08:00:00Z", "٢026-02-01T08:00:00Z", "soon", ""]
FRACTIONS = [0, 1, 0.5, 1e-300, 1 + 1e-10, -1e-10, 1 + 1e-8, -1e-8, 2, -1, 1e308]
NUMBERS = [*FRACTIONS, -0.5, 3.25, -1e308, 10**30]
COUNTS = [0, 1, 10**6, 2**63 - 1, -1, 0.5, -0.5]
OTHERS = [None, True, False, "0.5", [], [1], {}, {"a": 1}, {"a": None}]


class Generator:
    """Makes events that are valid but for a few members."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, values, odd=0.15):
        return copy.deepcopy(self.random.choice(OTHERS if self.random.random() < odd else values))

    def maybe(self, members, name, values, chance=0.4):
        if self.random.random() < chance:
            members[name] = self.pick(values)

    def mapping(self, values):
        if self.random.random() < 0.1:
            return self.pick([1], odd=1)
        return {self.random.choice(TEXTS): self.pick(values) for _ in range(self.random.randrange(4))}

    def features(self):
        features = self.mapping([1])
        if not isinstance(features, dict):
            return features
        for name in features:
            if self.random.random() < 0.85:
                features[name] = {}
                self.maybe(features[name], "p_value", FRACTIONS, 0.7)
                self.maybe(features[name], "magnitude", NUMBERS, 0.5)
                self.maybe(features[name], "other", NUMBERS, 0.1)
        return features

    def model(self):
        if self.random.random() < 0.05:
            return self.pick([1], odd=1)
        model = {}
        often = self.random.random() < 0.7
        self.put(model, "name", TEXTS[1:4] if often else TEXTS)
        self.put(model, "version", VERSIONS[:2] if often else VERSIONS)
        self.put(model, "deployed_at", TIMES[:3] if often else TIMES)
        return model

    def put(self, members, name, values):
        """A member that is mostly there and mostly of its type."""
        if self.random.random() < 0.96:
            members[name] = self.pick(values, odd=0.04)

    def event(self):
        kind = self.random.choice(["metrics"] * 4 + ["drift"] * 4 + ["job"] * 2)
        members = {}
        self.put(members, "type", [kind] * 20 + ["metric", "Drift", ""])
        members["model"] = self.model()
        if self.random.random() < 0.03:
            del members["model"]
        times = TIMES[:4] if self.random.random() < 0.7 else TIMES
        self.put(members, {"metrics": "captured_at", "drift": "detected_at", "job": "at"}[kind], times)
        for name in ("accuracy", "precision", "recall", "f1", "p_value"):
            self.maybe(members, name, FRACTIONS[:4] if self.random.random() < 0.7 else FRACTIONS, 0.3)
        self.maybe(members, "magnitude", NUMBERS, 0.2)
        self.maybe(members, "samples", COUNTS, 0.2)
        self.maybe(members, "id", TEXTS, 0.2)
        self.maybe(members, "feature", TEXTS, 0.2)
        if self.random.random() < 0.3:
            members["labels"] = self.mapping(TEXTS)
        if self.random.random() < 0.3:
            members["metrics"] = self.mapping(NUMBERS)
        if self.random.random() < 0.3:
            members["features"] = self.features()
        if kind == "job":
            self.put(members, "job", TEXTS)
            self.put(members, "status", ["done", "failed", "cancelled"] * 3 + ["queued"])
            self.maybe(members, "note", TEXTS)
        self.maybe(members, "other", NUMBERS, 0.1)
        return members

    def line(self):
        members = self.event()
        if self.random.random() < 0.1:
            envelope = {"data": members}
            for name, values in (("specversion", ["1.0"] * 9 + ["0.3"]), ("id", TEXTS), ("source", TEXTS), ("type", TEXTS)):
                self.put(envelope, name, values)
            return envelope
        if self.random.random() < 0.02:
            return self.pick([1], odd=1)
        return members


def outside_of_schemas(value):
    """What JSON Schema cannot say, as far as the generator makes it."""
    if not isinstance(value, dict):
        return False
    event = value.get("data") if value.get("specversion") is not None else value
    model = event.get("model") if isinstance(event, dict) else None
    name = model.get("name") if isinstance(model, dict) else None
    return isinstance(name, str) and len(name) <= 256 < len(name.encode())


class Schemas(MlmonTest):
    def setUp(self):
        super().setUp()
        if jsonschema is None:
            self.skipTest("python3-jsonschema is not installed")

    def schema(self, what, *args):
        run = self.mlmon("schema", what, *args)
        self.expect_code(run, 0)
        schema = json.loads(run.out)
        jsonschema.Draft202012Validator.check_schema(schema)
        self.assertEqual(schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
        return jsonschema.Draft202012Validator(schema)

    def verdicts(self, lines, *args):
        """Of each line why a run refuses it, or None."""
        self.write("lines.ndjson", b"".join(line + b"\n" for line in lines))
        run = self.run_events("lines.ndjson", "--quarantine", "bad.ndjson", *args)
        found = [None] * len(lines)
        for line in (self.dir / "bad.ndjson").read_text().splitlines():
            record = json.loads(line)
            found[record["line"] - 1] = record["reason"] + ": " + record["detail"]
        self.assertEqual(len(lines), run.receipt["sources"][0]["lines"])
        (self.dir / "bad.ndjson").unlink()
        return found

    def hold_together(self, schema, values, *args):
        lines = [json.dumps(value, ensure_ascii=False).encode() for value in values]
        good = 0
        for value, line, verdict in zip(values, lines, self.verdicts(lines, *args)):
            if outside_of_schemas(value):
                continue
            taken = schema.is_valid(json.loads(line))
            good += taken
            if taken == (verdict is None):
                continue
            why = [error.message for error in schema.iter_errors(json.loads(line))]
            self.fail(f"seed {SEED}: {line.decode()}\nrun: {verdict}\nschema: {why}")
        return good

    def test_the_schema_of_events_and_the_parser_agree(self):
        make = Generator(SEED)
        good = self.hold_together(self.schema("event"), [make.line() for _ in range(LINES)])
        self.assertGreater(good, LINES // 20, "the generator makes too few events")
        self.assertLess(good, LINES // 2, "the generator makes too few bad lines")

    def test_they_agree_with_other_rules_too(self):
        make = Generator(SEED + 1)
        rules = ["--set", 'input.version_scheme="any"', "--set", 'input.times="lenient"']
        self.hold_together(self.schema("event", *rules), [make.line() for _ in range(LINES // 3)], *rules)

    def test_real_events_are_events(self):
        schema = self.schema("event")
        with open(DATA, encoding="utf-8") as file:
            for line in list(file)[:2000]:
                self.assertTrue(schema.is_valid(json.loads(line)), line)

    def test_what_the_comment_lists_is_all_that_is_left_out(self):
        schema = self.schema("event")
        event = {"type": "metrics", "model": {"name": "a", "version": "1.0.0", "deployed_at": TIMES[0]}, "f1": 1,
                 "captured_at": TIMES[0]}
        line = json.dumps(event).encode()
        beyond = {"twice": line[:-1] + b',"f1":1}', "1.0": line[:-1] + b',"samples":1.0}', "1,000": line[:-1] + b',"x":' + b"[" * 1000 + b"]" * 1000 + b"}",
                  "surrogates": line[:-1] + b',"x":"\\ud800"}', "256 bytes": line.replace(b'"a"', '"{}"'.format("é" * 200).encode()),
                  "0001 to 9999": line.replace(b'"f1"', b'"x":1,"f1"').replace(TIMES[0].encode(), b"0000-06-01T00:00:00Z", 1),
                  "1677-09-21": line.replace(b'"captured_at": "2026', b'"captured_at": "1500')}
        verdicts = self.verdicts(list(beyond.values()))
        comment = schema.schema["$comment"]
        for text, line, verdict in zip(beyond, beyond.values(), verdicts):
            self.assertIsNotNone(verdict, text)
            if text != "1,000":  # Python's own reader gives up
                self.assertTrue(schema.is_valid(json.loads(line)), text)
            self.assertIn(text, comment)

    def test_actions_are_as_their_schema_says(self):
        schema = self.schema("action")
        run = self.run_events(DATA, "--explain")
        lines = run.out.splitlines()[:: 50 if SANITIZED else 5]
        kinds = set()
        for line in lines:
            action = json.loads(line)
            kinds.add(action["action"])
            schema.validate(action)
            for member in ("action", "observer", "rule", "model", "event_time", "source", "line", "offset"):
                self.assertFalse(schema.is_valid({k: v for k, v in action.items() if k != member}), member)
            self.assertFalse(schema.is_valid({**action, "event_time": "soon"}))
            self.assertFalse(schema.is_valid({**action, "line": -1}))
        self.assertEqual(kinds, {"retrain", "alert", "suppressed"})

    def test_receipts_are_as_their_schema_says(self):
        schema = self.schema("receipt")
        self.write("bad.ndjson", ["{}", "", "x"])
        for run in (self.run_events(DATA), self.run_events("bad.ndjson"), self.run_events(DATA, "--state", "s", state=True)):
            schema.validate(run.receipt)
            for member in schema.schema["required"]:
                self.assertFalse(schema.is_valid({k: v for k, v in run.receipt.items() if k != member}), member)

    def config_verdicts(self, schema, text):
        """What the schema and `mlmon check` say of a configuration."""
        self.write("mlmon.toml", text)
        run = self.mlmon("check", "-c", "mlmon.toml")
        self.assertIn(run.code, (0, 2), run.err)
        return schema.is_valid(tomllib.loads(text)), run.code == 0

    def test_the_schema_of_configurations_and_check_agree(self):
        schema = self.schema("config")
        for text in ("", "[input]\nversion_scheme = 'any'\n", "[input]\nversion_scheme = 'x'\n", "[input]\nfiles = ['a']\n",
                     "[input]\nfiles = 'a'\n", "[inputs]\n", "[input]\nfile = []\n", "[bus]\ncapacity = 4\n",
                     "[bus]\ncapacity = 3\n", "[bus]\ncapacity = 1.5\n", "[observers.alert]\nmin_f1 = 0.5\n",
                     "[observers.alert]\nmin_f1 = false\n", "[observers.alert]\nmin_f1 = 2\n", "[observers.alert]\nmin_f2 = 0.5\n",
                     "[observers.a]\nplugin = 'alert'\nmin_f1 = 0.5\n", "[observers.a]\nplugin = 'alert'\nmin_f2 = 0.5\n",
                     "[observers.alert]\nplugin = 'retraining'\nmax_p_value = 0.1\n", "[observers.alert]\noverflow = 'drop'\n",
                     "[observers.alert]\nisolation = 'process'\n", "[observers.alert]\nisolation = 'thread'\n",
                     "[observers.alert]\nisolation = 'process'\nlimits = { memory = '1GiB', batch = '5s' }\n",
                     "[observers.alert]\nisolation = 'process'\nlimits = { memory = 0 }\n",
                     "[observers.alert]\nisolation = 'process'\nlimits = { memory = 1 }\n",
                     "[observers.alert]\nisolation = 'process'\nlimits = { time = '5s' }\n",
                     "[observers.alert]\n[[observers.alert.receivers]]\nname = 'a'\ntype = 'stderr'\n",
                     "[observers.alert]\n[[observers.alert.receivers]]\nname = 'a'\ntype = 'pigeon'\n"):
            by_schema, by_check = self.config_verdicts(schema, text)
            self.assertEqual(by_schema, by_check, text)

    def test_what_config_init_writes_fits_the_schema(self):
        self.expect_code(self.mlmon("config", "init"), 0)
        self.assertTrue(self.config_verdicts(self.schema("config"), (self.dir / "mlmon.toml").read_text())[0])

    def test_the_keys_of_plugins_are_in_the_schema_of_configurations(self):
        schema = self.schema("config").schema
        for plugin in ("alert", "retraining"):
            self.assertIn("min_f1", schema["$defs"]["plugin." + plugin]["properties"])
            self.assertIn("plugin", schema["$defs"]["plugin." + plugin]["properties"])
        for table in ("input", "state", "bus", "observers"):
            self.assertIn(table, schema["properties"])

    def test_the_command_line(self):
        self.expect_code(self.mlmon("schema"), 2)
        run = self.mlmon("schema", "events")
        self.expect_code(run, 2)
        self.assertIn('did you mean "event"', run.err)
        self.expect_code(self.mlmon("schema", "event", "x"), 2)


if __name__ == "__main__":
    mlmon_run.main()
