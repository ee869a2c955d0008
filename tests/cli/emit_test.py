"""`mlmon emit`: one event from flags, checked by the parser of `mlmon run`."""

import datetime
import json
import unittest

import mlmon_run
from mlmon_run import MlmonTest

DEPLOYED = "2026-01-01T00:00:00Z"
MODEL = ["--model", "fraud", "--version", "2.1.0", "--deployed-at", DEPLOYED]
PAIRS = ["name=fraud", "version=2.1.0", f"deployed_at={DEPLOYED}"]
AT = ["--at", "2026-02-01T08:00:00Z"]


class Emit(MlmonTest):
    def emit(self, *args, code=0):
        run = self.mlmon("emit", *args)
        self.expect_code(run, code)
        self.assertEqual(run.out == b"", code != 0)
        return run

    def event(self, *args):
        out = self.emit(*args).out
        self.assertEqual(out.count(b"\n"), 1)
        self.write("event.ndjson", out)
        receipt = self.run_events("event.ndjson").receipt
        self.assertEqual([source["events"] for source in receipt["sources"]], [1], out)
        return json.loads(out)

    def refused(self, *args):
        """What stderr says, each line without its `error: `."""
        lines = self.emit(*args, code=2).err.splitlines()
        for line in lines:
            self.assertTrue(line.startswith(("error: ", "try mlmon emit")), line)
        return [line[7:] for line in lines if line.startswith("error: ")]

    def test_flags_make_the_event_of_the_contract(self):
        event = self.event("metrics", *MODEL, "--accuracy", "0.93", "--precision", "0.90", "--recall", "0.88",
                           "--f1", "0.89", "--metric", "auc=0.97", "--metric", "rmse=3.2", "--samples", "500",
                           "--label", "team=risk", "--label", "a=b=c", "--id", "7", *AT)
        self.assertEqual(event, {
            "type": "metrics", "model": {"name": "fraud", "version": "2.1.0", "deployed_at": DEPLOYED},
            "accuracy": 0.93, "precision": 0.9, "recall": 0.88, "f1": 0.89, "metrics": {"auc": 0.97, "rmse": 3.2},
            "samples": 500, "labels": {"team": "risk", "a": "b=c"}, "id": "7", "captured_at": AT[1]})
        event = self.event("drift", *MODEL, "--p-value", "0.012", "--magnitude", "0.31", "--feature", "age",
                           "--feature-p-value", "x=0.5", "--feature-magnitude", "x=2", *AT)
        self.assertEqual(event["features"], {"x": {"p_value": 0.5, "magnitude": 2}})
        self.assertEqual((event["p_value"], event["magnitude"], event["feature"], event["detected_at"]),
                         (0.012, 0.31, "age", AT[1]))

    def test_pairs_are_the_events_own_fields(self):
        by_flags = self.emit("metrics", *MODEL, "--f1", "0.5", "--metric", "auc=1", "--label", "t=x", *AT).out
        by_pairs = self.emit("metrics", *PAIRS, "f1=0.5", "metrics.auc=1", "labels.t=x", f"captured_at={AT[1]}").out
        self.assertEqual(by_flags, by_pairs)
        by_flags = self.emit("drift", *MODEL, "--feature-p-value", "a.b=0.5", "--feature-magnitude", "a.b=3", *AT).out
        by_pairs = self.emit("drift", *PAIRS, "features.a.b.p_value=0.5", "features.a.b.magnitude=3",
                             f"detected_at={AT[1]}").out
        self.assertEqual(by_flags, by_pairs)

    def test_without_a_time_the_event_is_now(self):
        before = datetime.datetime.now(datetime.timezone.utc)
        event = self.event("metrics", *MODEL, "f1=1")
        at = datetime.datetime.fromisoformat(event["captured_at"][:19] + "+00:00")
        self.assertLessEqual(abs((at - before).total_seconds()), 30)
        self.assertTrue(event["captured_at"].endswith("Z"))

    def test_all_that_is_missing_is_named_at_once(self):
        errors = self.refused("metrics")
        self.assertEqual([error.split(" (")[0] for error in errors],
                         ["missing_field: model.name: missing", "missing_field: model.version: missing",
                          "missing_field: model.deployed_at: missing",
                          "missing_field: accuracy, precision, recall, f1, metrics: "
                          "expected at least one of them, got none"])
        for error, flag in zip(errors, ("--model", "--version", "--deployed-at", "--f1")):
            self.assertIn(flag, error)
        self.assertEqual(len(self.refused("drift", "version=1.0.0")), 3)

    def test_what_is_wrong_beside_something_missing_is_told_too(self):
        errors = self.refused("drift", "name=a", "version=1", "p_value=2")
        self.assertEqual([error.split(":")[0] for error in errors], ["missing_field", "out_of_range"])

    def test_refuses_what_a_run_refuses_with_the_same_words(self):
        broken = {
            "f1=1.5": b'"f1":1.5', "f1=abc": b'"f1":"abc"', "f1=": b'"f1":""', "metrics.auc=1e400": b'"metrics":{"auc":1e400}',
            "samples=1.5": b'"f1":1,"samples":1.5', "samples=-1": b'"f1":1,"samples":-1',
            "captured_at=yesterday": b'"f1":1,"captured_at":"yesterday"',
            "captured_at=0001-01-01T00:00:00Z": b'"f1":1,"captured_at":"0001-01-01T00:00:00Z"',
        }
        for pair, member in broken.items():
            time = b"" if b"captured_at" in member else b',"captured_at":"2026-02-01T08:00:00Z"'
            line = (b'{"type":"metrics","model":{"name":"fraud","version":"2.1.0","deployed_at":"%s"},'
                    % DEPLOYED.encode() + member + time + b"}\n")
            self.write("line.ndjson", line)
            run = self.run_events("line.ndjson")
            figure = [] if pair.startswith(("f1", "metrics")) else ["f1=1"]
            (error,) = self.refused("metrics", *PAIRS, pair, *figure)
            self.assertIn(f"line.ndjson:1: {error}\n", run.err, pair)

    def test_a_configuration_says_what_a_version_may_be(self):
        pairs = ["name=a", "version=3", f"deployed_at={DEPLOYED}", "f1=1"]
        self.refused("metrics", *pairs)
        self.emit("metrics", *pairs, "--set", 'input.version_scheme="any"')
        self.write("any.toml", '[input]\nversion_scheme = "any"\n[observers.x]\nplugin = "none"\ntoken = "${NOT_SET}"\n')
        self.emit("metrics", *pairs, "-c", "any.toml")
        self.write("broken.toml", "[input]\nversion_scheme = 3\n")
        self.assertIn("broken.toml:2: input.version_scheme", self.emit("metrics", *pairs, "-c", "broken.toml", code=2).err)

    def test_a_point_may_begin_a_number(self):
        self.assertEqual(self.event("metrics", *MODEL, "f1=.71")["f1"], 0.71)

    def test_the_same_field_twice_is_refused_and_of_a_flag_the_last_counts(self):
        (error,) = self.refused("metrics", *PAIRS, "f1=1", "f1=1")
        self.assertTrue(error.startswith("duplicate_field: f1"), error)
        self.assertEqual(self.event("metrics", *MODEL, "--f1", "0.1", "--f1", "0.2")["f1"], 0.2)

    def test_unknown_fields_and_flags_get_a_guess(self):
        self.assertIn('did you mean "accuracy"', self.refused("metrics", *PAIRS, "acuracy=1")[0])
        self.assertIn('did you mean "--accuracy"', self.refused("metrics", *MODEL, "--acuracy", "1")[0])
        self.assertIn("unknown field", self.refused("metrics", *PAIRS, "p_value=1")[0])
        for pair in ("=1", "f1", "labels=1", "features.x.y=1", "type=drift"):
            self.refused("drift", *PAIRS, pair)
        self.expect_code(self.mlmon("emit", "metric"), 2)

    def test_text_of_any_kind_is_a_json_string(self):
        event = self.event("metrics", *MODEL, "f1=1", 'labels.k="\\\n\t\x7f', "id=ü\U0001F600")
        self.assertEqual(event["labels"]["k"], '"\\\n\t\x7f')
        self.assertEqual(event["id"], "ü\U0001F600")
        (error,) = self.refused("metrics", *PAIRS, "f1=1", b"id=\xff".decode("utf-8", "surrogateescape"))
        self.assertTrue(error.startswith("invalid_utf8: column "), error)

    def test_it_is_the_smallest_pipeline(self):
        line = self.emit("metrics", *MODEL, "f1=0.5", *AT).out
        run = self.run_events(stdin=line)
        self.assertEqual([action["action"] for action in run.actions], ["retrain", "alert"])


if __name__ == "__main__":
    mlmon_run.main()
