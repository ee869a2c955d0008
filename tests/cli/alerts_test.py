"""`mlmon alerts`: what fires, since when, and who was told; silences."""

import json

import mlmon_run
from lines import MODEL, drift, metrics, time
from registry import RegistryTest

CONFIG = """
[observers.alert]
plugin = "alert"
[[observers.alert.receivers]]
name = "log"
type = "file"
path = "told.ndjson"
"""


class AlertsTest(RegistryTest):
    def setUp(self):
        super().setUp()
        self.write("mlmon.toml", CONFIG)

    def alerts(self, *args, **more):
        return self.mlmon("alerts", args[0], "--state", self.state, *args[1:], **more)

    def run_lines(self, *lines, code=0):
        run = self.run_events("--state", self.state, stdin=b"".join(lines), state=True)
        self.expect_code(run, code)
        return run.actions

    def firing(self, *args):
        run = self.alerts("list", "--json", *args)
        self.expect_code(run, 0)
        return [json.loads(line) for line in run.out.splitlines()]

    def shown(self, id):
        run = self.alerts("show", "--json", id)
        self.expect_code(run, 0)
        return json.loads(run.out)

    def told(self):
        path = self.dir / "told.ndjson"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Record(AlertsTest):
    def test_without_state_nothing_fires_and_nothing_is_made(self):
        run = self.alerts("list")
        self.expect_code(run, 0)
        self.assertEqual(run.out, b"")
        for args in (("show", "X"), ("unsilence", "1")):
            self.refused(self.alerts(*args), "holds no state")
        self.assertFalse(self.state.exists())

    def test_what_fires_is_listed_with_all_that_is_known_of_it(self):
        at = time()
        action, = self.run_lines(metrics(f1=0.55, captured_at=at))
        alert, = self.firing()
        told = alert.pop("told")
        self.assertEqual(alert, {
            "id": action["id"], "observer": "alert", "rule": "low_f1", "state": "firing",
            "severity": "critical", "model": MODEL, "since": at, "value": 0.55,
            "subject": "❗ Low F1 score for fraud", "event_time": at})
        self.assertEqual([(t["receiver"], t["status"], t["attempts"]) for t in told],
                         [("alert.log", "told", 1)])
        self.assertRegex(told[0]["at"], r"^20\d\d-")

    def test_what_is_over_is_not_listed_and_stays_in_the_history(self):
        first = self.run_lines(metrics(f1=0.5), drift(p_value=0.01))
        self.assertEqual([a["rule"] for a in self.firing()], ["low_f1", "drift"])
        resolved, again = self.run_lines(metrics(f1=0.7), metrics(f1=0.4))
        self.assertEqual([a["rule"] for a in self.firing()], ["drift", "low_f1"])
        self.assertEqual(self.firing()[1]["id"], again["id"])
        self.assertEqual(self.firing()[1]["since"], again["event_time"])
        self.run_lines(metrics(f1=0.8))
        self.assertEqual([a["rule"] for a in self.firing()], ["drift"])
        self.assertEqual([a["state"] for a in self.firing("--all")], ["firing", "resolved"])
        for id in (first[0]["id"], resolved["id"], again["id"]):
            shown = self.shown(id)
            self.assertEqual([c["state"] for c in shown["changes"]],
                             ["firing", "resolved", "firing", "resolved"])
            self.assertEqual([len(c["told"]) for c in shown["changes"]], [1, 1, 1, 1])

    def test_models_of_a_name(self):
        self.run_lines(metrics(f1=0.5), metrics(f1=0.5, model__name="churn"),
                       metrics(f1=0.5, model__name="churn", model__version="3.0.0"))
        self.assertEqual([a["model"]["version"] for a in self.firing("--model", "chu*")],
                         ["2.1.0", "3.0.0"])
        self.assertEqual(self.firing("--model", "x*"), [])

    def test_what_waits_or_failed_is_said(self):
        self.write("mlmon.toml", CONFIG + """
[[observers.alert.receivers]]
name = "shut"
type = "file"
path = "no/such/folder"
[[observers.alert.receivers]]
name = "dead"
type = "exec"
command = ["sh", "-c", "echo broken; exit 3"]
""")
        action, = self.run_lines(metrics(f1=0.5), code=4)
        told = {t["receiver"]: t for t in self.firing()[0]["told"]}
        self.assertEqual({name: t["status"] for name, t in told.items()},
                         {"alert.log": "told", "alert.shut": "waiting", "alert.dead": "failed"})
        self.assertIn("No such file", told["alert.shut"]["why"])
        self.assertIn("broken", told["alert.dead"]["why"])
        text = self.alerts("show", action["id"]).out.decode()
        self.assertIn("alert.dead failed", text)
        self.assertIn("alert.log told", text)

    def test_an_alert_that_nobody_takes(self):
        self.write("mlmon.toml", CONFIG + 'severity = ["warning"]\n')
        action, = self.run_lines(metrics(f1=0.5))
        self.assertEqual(self.firing()[0]["told"], [])
        self.assertIn(b"no receiver takes it", self.alerts("show", action["id"]).out)
        self.assertIn(b"nobody", self.alerts("list").out)

    def test_names_of_others_do_nothing_to_a_terminal(self):
        """Of any text that a state can hold."""
        self.run_lines(metrics(f1=0.5, model__name="a\u009bb"))
        self.assertNotIn("\u009b", self.alerts("list").out.decode())

    def test_an_id_that_is_not_there(self):
        self.run_lines(metrics(f1=0.5))
        self.refused(self.alerts("show", "01NONE"), "01NONE")

    def test_old_changes_are_forgotten_and_what_fires_is_not(self):
        firing, over, _ = self.run_lines(metrics(f1=0.5), drift(p_value=0.01), drift(p_value=0.5))
        for _ in range(2):  # the second notes the day that the actions of the first are before
            self.run_lines(metrics(f1=0.9, model__name="other"))
            self.sql("UPDATE days SET day = day - 15")
        self.run_lines(metrics(f1=0.9, model__name="other"))
        alert, = self.firing("--all")
        self.assertEqual((alert["id"], alert["since"]), (firing["id"], firing["event_time"]))
        self.assertEqual(len(alert["told"]), 1)
        self.refused(self.alerts("show", over["id"]), over["id"])
        self.assertEqual(self.sql("SELECT count(*) FROM tellings"), [(1,)])


class Silences(AlertsTest):
    def silence(self, *args):
        run = self.alerts("silence", "--by", "ann", "--reason", "moving house", *args)
        self.expect_code(run, 0)
        return run.out.decode().strip()

    def silences(self):
        run = self.alerts("list", "--silences", "--json")
        self.expect_code(run, 0)
        return [json.loads(line) for line in run.out.splitlines()]

    def test_a_silence_is_listed_until_it_is_over(self):
        id = self.silence("--model", "fraud*", "--rule", "drift", "--for", "2h")
        listed, = self.silences()
        self.assertEqual({k: listed[k] for k in ("id", "model", "rule", "by", "reason")},
                         {"id": id, "model": "fraud*", "rule": "drift", "by": "ann",
                          "reason": "moving house"})
        self.assertLess(listed["from"], listed["until"])
        self.assertIn(b"moving house", self.alerts("list", "--silences").out)
        self.expect_code(self.alerts("unsilence", id), 0)
        self.assertEqual(self.silences(), [])
        self.refused(self.alerts("unsilence", id), id)

    def test_a_silence_ends_by_its_model(self):
        self.silence("--model", "a*", "--for", "1h")
        self.silence("--model", "a*", "--rule", "x", "--for", "1h")
        self.silence("--model", "b", "--for", "1h")
        self.expect_code(self.alerts("unsilence", "--model", "a*", "--rule", "x"), 0)
        self.assertEqual([s["rule"] for s in self.silences()], [None, None])
        self.expect_code(self.alerts("unsilence", "--model", "a*"), 0)
        self.assertEqual([s["model"] for s in self.silences()], ["b"])

    def test_what_a_silence_needs_is_asked_for_at_once(self):
        run = self.alerts("silence", "--model", "a")
        self.expect_code(run, 2)
        self.assertIn("--for, --by, --reason", run.err)
        for args in (("--for", "0s"), ("--for", "soon"), ("--by", ""), ("--reason", "")):
            self.expect_code(self.alerts("silence", "--model", "a", "--for", "1h", "--by", "x",
                                         "--reason", "y", *args), 2)
        self.assertFalse(self.state.exists())


if __name__ == "__main__":
    mlmon_run.main()
