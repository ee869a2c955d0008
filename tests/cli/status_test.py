"""`mlmon status` and `mlmon models`: what holds now, from the state alone."""

import datetime
import json
import sqlite3
import time

import mlmon_run
from lines import drift, metrics
from mlmon_run import MlmonTest

DEPLOYED = "2026-01-01T00:00:00Z"


def now(**ago):
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**ago)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


class StateTest(MlmonTest):
    def feed(self, *lines, args=(), code=0):
        self.write("events.ndjson", (self.dir / "events.ndjson").read_bytes() + b"".join(lines)
                   if (self.dir / "events.ndjson").exists() else b"".join(lines))
        run = self.run_events("--state", "s", *args, "events.ndjson", state=True, sees_all=False)
        self.expect_code(run, code)
        return run

    def ask(self, *args, code=0):
        run = self.mlmon(*args, "--state", "s")
        self.expect_code(run, code)
        self.err = run.err
        return run.out.decode()

    def models(self, *args):
        return [json.loads(line) for line in self.ask("models", *args, "--json").splitlines()]

    def status(self, *args, code=0):
        return json.loads(self.ask("status", "--json", *args, code=code))


class Models(StateTest):
    def test_a_list_has_each_models_newest_figures_and_counts(self):
        self.feed(metrics(f1=0.9, accuracy=0.8, captured_at="2026-02-01T08:00:00Z"),
                  metrics(f1=0.8, samples=500, captured_at="2026-02-01T09:00:00Z"),
                  metrics(f1=0.1, captured_at="2026-01-31T00:00:00Z", model__name="other"),
                  metrics(f1=0.95, captured_at="2026-01-30T00:00:00Z"),
                  drift(p_value=0.5, magnitude=0.25, detected_at="2026-02-01T10:00:00Z"))
        fraud, other = self.models("list")
        self.assertEqual(fraud["model"], {"name": "fraud", "version": "2.1.0", "deployed_at": DEPLOYED})
        self.assertEqual(fraud["last_event"], "2026-02-01T10:00:00Z")
        self.assertEqual((fraud["metrics_events"], fraud["drift_events"]), (3, 1))
        self.assertEqual(fraud["figures"], {"f1": 0.8, "accuracy": 0.8, "samples": 500,
                                            "p_value": 0.5, "magnitude": 0.25})
        self.assertEqual(other["model"]["name"], "other")
        self.assertEqual([job["rule"] for job in other["jobs"]], ["f1"])
        # The next run adds to it; what is older than all that is known changes no figure.
        self.feed(drift(p_value=0.6, magnitude=..., detected_at="2026-02-02T00:00:00Z"),
                  metrics(recall=0.3, f1=0.77, captured_at="2026-01-29T00:00:00Z"))
        fraud = self.models("list", "fr*")[0]
        self.assertEqual((fraud["metrics_events"], fraud["drift_events"]), (4, 2))
        self.assertEqual(fraud["last_event"], "2026-02-02T00:00:00Z")
        self.assertEqual(fraud["figures"]["p_value"], 0.6)
        self.assertEqual(fraud["figures"]["magnitude"], 0.25)

    def test_deployments_of_a_name_stand_newest_first(self):
        self.feed(metrics(f1=0.9, model__deployed_at="2026-01-01T00:00:00Z"),
                  metrics(f1=0.9, model__deployed_at="2026-01-03T00:00:00Z"),
                  metrics(f1=0.9, model__version="1.0.0", model__deployed_at="2026-01-02T00:00:00Z"))
        self.assertEqual([m["model"]["deployed_at"] for m in self.models("show", "fraud")],
                         ["2026-01-03T00:00:00Z", "2026-01-02T00:00:00Z", DEPLOYED])

    def test_people_see_names_escaped(self):
        self.feed(metrics(f1=0.5, model__name="ünï\\u2028 <x>"))
        text = self.ask("models", "list")
        self.assertIn("<x> (v2.1.0) deployed 2026-01-01T00:00:00Z", text)
        self.assertIn("f1 0.5", text)
        self.assertIn("low_f1", self.ask("models", "show", "*<x>"))

    def test_forget_drops_a_retired_model(self):
        self.feed(metrics(f1=0.55, model__name="old"), metrics(f1=0.9))
        self.ask("models", "forget", "old", code=1)
        self.assertIn("is open, cancel it first", self.err)
        job = self.models("show", "old")[0]["jobs"][0]["job"]
        self.ask("jobs", "cancel", job)
        self.assertEqual(self.ask("models", "forget", "old"),
                         "forgot old (v2.1.0) deployed 2026-01-01T00:00:00Z\n")
        self.assertEqual([m["model"]["name"] for m in self.models("list")], ["fraud"])
        self.assertEqual(self.status()["firing"], [])
        self.ask("models", "forget", "old", code=1)
        self.assertIn('no model matches "old"', self.err)
        # It may come back, and begins anew.
        run = self.feed(metrics(f1=0.55, model__name="old"))
        self.assertEqual([a["action"] for a in run.actions], ["retrain", "alert"])
        self.assertEqual([m["model"]["name"] for m in self.models("list")], ["fraud", "old"])

    def test_forget_leaves_an_active_run_alone(self):
        self.feed(metrics(f1=0.9))
        process = self.start("run", "--state", "s", "-f", "events.ndjson", stdout=-3, stderr=-3)
        try:
            while "process" not in self.mlmon("models", "forget", "fraud", "--state", "s").err:
                self.feed_back()
                time.sleep(0.01)
            self.assertEqual([m["model"]["name"] for m in self.models("list")], ["fraud"])
            self.assertEqual(len(self.status()["models"]), 1)
        finally:
            process.terminate()
            process.wait()

    def feed_back(self):
        """The model again, where it was forgotten before the run had begun."""
        with sqlite3.connect(self.dir / "s/state.db") as database:
            database.execute("INSERT OR IGNORE INTO sightings (model, metrics_events, drift_events, last_event_ns, figures) SELECT n, 1, 0, 0, '{}' FROM models")

    def test_without_state_there_is_nothing(self):
        self.assertEqual(self.ask("models", "list"), "")
        self.ask("models", "show", "x", code=1)
        self.ask("models", "forget", "x", code=1)
        self.assertEqual(list(self.dir.iterdir()), [])


class Status(StateTest):
    def test_it_says_what_fires_what_is_open_and_what_waits(self):
        self.write("m.toml", '[observers.alert]\nplugin = "alert"\n[[observers.alert.receivers]]\n'
                             'name = "ops"\ntype = "exec"\ncommand = ["false"]\n'
                             '[observers.retraining]\nplugin = "retraining"\n')
        self.feed(metrics(f1=0.5, captured_at="2026-02-01T08:00:00Z"), args=("-c", "m.toml"), code=4)
        status = self.status()
        model = {"name": "fraud", "version": "2.1.0", "deployed_at": DEPLOYED}
        self.assertEqual([(f["rule"], f["severity"], f["since"], f["model"]) for f in status["firing"]],
                         [("low_f1", "critical", "2026-02-01T08:00:00Z", model)])
        self.assertEqual([(j["status"], j["rule"], j["model"]) for j in status["jobs"]],
                         [("queued", "f1", model)])
        self.assertEqual(status["outbox"], [{"endpoint": "alert.ops", "waiting": 0, "dead": 1}])
        self.assertEqual([m["silent"] for m in status["models"]], [True])
        good = datetime.datetime.fromisoformat(status["last_good_run"].replace("Z", "+00:00"))
        age = datetime.datetime.now(datetime.timezone.utc) - good
        self.assertLess(abs(age.total_seconds()), 600)
        text = self.ask("status")
        for part in ("1 alert fires", "low_f1", "1 job is open", "f1 0.5 is below 0.75",
                     "outbox: 0 waiting, 1 dead", "alert.ops", "1 model, 1 silent (no event for 1d)"):
            self.assertIn(part, text)

    def test_exit_codes_are_of_what_holds_now(self):
        self.feed(metrics(f1=0.7, captured_at=now()))
        self.ask("status", code=0)
        self.ask("status", "--fail-on", "firing", code=0)
        self.ask("status", "--fail-on", "silent", code=0)
        self.ask("status", "--fail-on", "job", code=11)
        self.ask("status", "--fail-on", "any", code=11)
        self.feed(metrics(f1=0.5, captured_at=now()))
        for _ in range(2):  # the same again
            self.ask("status", "--fail-on", "any", code=10)
        self.ask("status", "--fail-on", "silent", "--silent-after", "0s", code=13)
        self.ask("status", "--fail-on", "any", "--silent-after", "0s", code=10)
        self.ask("status", "--fail-on", "any", "--model", "none", code=0)
        self.assertIn('no model matches "none"', self.err)
        self.feed(metrics(f1=0.9, captured_at=now()))
        self.ask("status", "--fail-on", "firing", code=0)

    def test_a_model_is_silent_after_a_day_of_the_wall_clock(self):
        self.feed(metrics(f1=0.9, captured_at=now(hours=23)),
                  metrics(f1=0.9, model__name="quiet", captured_at=now(hours=25)))
        self.ask("status", "--fail-on", "silent", code=13)
        self.assertEqual({m["model"]["name"]: m["silent"] for m in self.status()["models"]},
                         {"fraud": False, "quiet": True})
        self.ask("status", "--fail-on", "silent", "--model", "fraud", code=0)
        self.ask("status", "--fail-on", "silent", "--silent-after", "26h", code=0)

    def test_a_run_that_failed_is_no_good_run(self):
        self.feed(metrics(f1=0.9))
        good = self.status()["last_good_run"]
        self.assertIsNotNone(good)
        self.write("bad.ndjson", b"not an event\n")
        run = self.run_events("--state", "s", "bad.ndjson", state=True)
        self.expect_code(run, 3)
        self.assertEqual(self.status()["last_good_run"], good)

    def test_without_state_nothing_holds(self):
        self.assertEqual(self.status("--fail-on", "any"),
                         {"last_good_run": None, "firing": [], "jobs": [], "outbox": [], "models": []})
        self.assertIn("holds no state", self.err)
        self.ask("status", "--fail-on", "sometimes", code=2)
        self.ask("status", "--silent-after", "1", code=2)

    def test_a_hundred_thousand_models_take_a_moment(self):
        self.feed(metrics(f1=0.9))
        with sqlite3.connect(self.dir / "s/state.db") as database:
            many = "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n LIMIT 100000) "
            database.execute("INSERT INTO models (n, name, version, deployed_s, deployed_ns) " + many +
                             "SELECT i, 'model-' || i, '1.0.0', 1760000000, 0 FROM n")
            database.execute("INSERT INTO sightings (model, metrics_events, drift_events, last_event_ns, figures) " + many +
                             "SELECT i, 5, 5, i, '{\"f1\":0.9,\"p_value\":0.5}' FROM n")
        begun = time.monotonic()
        text = self.ask("status")
        self.assertLess(time.monotonic() - begun, 10 if mlmon_run.SANITIZED else 2)
        self.assertIn("100001 models", text)
        self.assertIn("… and 99981 more models", text)


if __name__ == "__main__":
    mlmon_run.main()
