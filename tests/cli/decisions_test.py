"""Sections 4 and 5 of the contract: what is decided by default, its texts, and its ids."""

import json
import random
import sys
from pathlib import Path

import mlmon_run
from lines import MODEL, drift, metrics, put, time
from mlmon_run import MlmonTest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))
from decide import decide  # noqa: E402


def brief(action):
    return (action["action"], action["rule"], action.get("state"), action["line"])


class Decisions(MlmonTest):
    def decide(self, *lines, args=()):
        run = self.run_events(*args, stdin=b"".join(lines))
        self.expect_code(run, 0)
        return run.actions

    def test_a_retrain_action_has_every_member_of_the_contract(self):
        retrain, = self.decide(metrics(captured_at="2026-02-01T08:00:00Z"),
                               metrics(f1=0.71, captured_at="2026-02-02T08:00:00Z"))
        self.assertRegex(retrain.pop("id"), r"^[0-9A-Za-z]{20,40}$")
        self.assertEqual(retrain, {
            "action": "retrain", "observer": "retraining", "rule": "f1", "model": MODEL,
            "reason": "f1 0.71 is below 0.75", "metric": "f1", "value": 0.71, "threshold": 0.75,
            "event_time": "2026-02-02T08:00:00Z", "source": "-", "line": 2,
            "offset": len(metrics(captured_at="2026-02-01T08:00:00Z"))})

    def test_a_drift_action_carries_p_value_and_magnitude(self):
        retrain, alert = self.decide(drift(p_value=0.012, magnitude=0.31))
        for action in (retrain, alert):
            self.assertEqual((action["p_value"], action["magnitude"], action["rule"]),
                             (0.012, 0.31, "drift"))
            self.assertNotIn("metric", action)
            self.assertNotIn("value", action)

    def test_the_texts_of_the_default_alerts(self):
        actions = self.decide(
            metrics(f1=0.55, captured_at="2026-02-01T08:00:00Z"),
            metrics(f1=0.81, captured_at="2026-02-02T08:00:00Z"),
            drift(p_value=0.012, magnitude=0.31, detected_at="2026-02-03T08:00:00.5Z"),
            drift(p_value=0.5, magnitude=0.0625, detected_at="2026-02-04T08:00:00Z"))
        alerts = [a for a in actions if a["action"] == "alert"]
        self.assertEqual([(a["state"], a["severity"], a["subject"], a["body"]) for a in alerts], [
            ("firing", "critical", "❗ Low F1 score for fraud",
             "Model fraud v2.1.0\nF1 dropped to 0.55\nCaptured at 2026-02-01T08:00:00Z"),
            ("resolved", "critical", "✅ Resolved: Low F1 score for fraud",
             "Model fraud v2.1.0\nF1 is 0.81\nCaptured at 2026-02-02T08:00:00Z"),
            ("firing", "warning", "⚠️ Drift detected for fraud",
             "Model fraud v2.1.0\nDrift magnitude: 0.310\nP-value: 0.0120\n"
             "Detected at 2026-02-03T08:00:00.5Z"),
            ("resolved", "warning", "✅ Resolved: Drift detected for fraud",
             "Model fraud v2.1.0\nDrift magnitude: 0.062\nP-value: 0.5000\n"
             "Detected at 2026-02-04T08:00:00Z")])
        self.assertEqual((alerts[0]["metric"], alerts[0]["value"], alerts[0]["threshold"]),
                         ("f1", 0.55, 0.6))

    def test_limits_are_strict_and_figures_are_the_doubles_of_the_text(self):
        def line(text):
            return put(metrics(f1=...), b'"f1":' + text)

        self.assertEqual(self.decide(line(b"0.75"), line(b"0.750000000000000000001"),
                                     line(b"7.5e-1"), line(b"75E-2")), [])
        self.assertEqual(len(self.decide(line(b"0.74999999999999994"))), 1)
        self.assertEqual(self.decide(line(b"0.74999999999999999999")), [])
        self.assertEqual([brief(a) for a in self.decide(line(b"0.6"), line(b"1e-400"))],
                         [("retrain", "f1", None, 1), ("alert", "low_f1", "firing", 2)])
        self.assertEqual(self.decide(drift(p_value=0.05)), [])

    def test_one_job_and_one_alert_a_model_until_it_resolves(self):
        actions = self.decide(*(metrics(f1=f1) for f1 in (0.5, 0.4, 0.7, 0.5, 0.6, 0.59)),
                              drift(p_value=0.01))
        self.assertEqual([brief(a) for a in actions], [
            ("retrain", "f1", None, 1), ("alert", "low_f1", "firing", 1),
            ("alert", "low_f1", "resolved", 3), ("alert", "low_f1", "firing", 4),
            ("alert", "low_f1", "resolved", 5), ("alert", "low_f1", "firing", 6),
            ("alert", "drift", "firing", 7)])

    def test_another_version_or_deployment_is_another_model(self):
        actions = self.decide(
            metrics(f1=0.7), metrics(f1=0.7, model__version="2.1.1"),
            metrics(f1=0.7, model__deployed_at="2026-01-02T00:00:00Z"),
            metrics(f1=0.7, model__name="other"),
            metrics(f1=0.7, model__deployed_at="2026-01-01T01:00:00+01:00"),
            metrics(f1=0.7, model__deployed_at="2026-01-01T00:00:00.000000001Z"),
            metrics(f1=0.7, model__version="2.1.0+build"))
        self.assertEqual([a["line"] for a in actions], [1, 2, 3, 4, 6, 7])

    def test_an_event_without_the_figure_says_nothing(self):
        actions = self.decide(metrics(f1=0.5), metrics(f1=..., accuracy=0.99), metrics(f1=None, recall=1),
                              drift(p_value=0.01), drift(p_value=..., magnitude=0.0))
        self.assertEqual([brief(a)[:3] for a in actions],
                         [("retrain", "f1", None), ("alert", "low_f1", "firing"),
                          ("alert", "drift", "firing")])

    def test_features_stand_for_the_smallest_p(self):
        retrain, alert = self.decide(drift(p_value=..., magnitude=..., features={
            "a": {"p_value": 0.2, "magnitude": 0.9}, "b": {"p_value": 0.01, "magnitude": 0.4},
            "c": {"p_value": 0.01, "magnitude": 0.7}}))
        self.assertEqual((retrain["p_value"], retrain["magnitude"]), (0.01, 0.4))
        self.assertEqual(alert["rule"], "drift")

    def test_late_events_are_decided_in_their_place(self):
        actions = self.decide(metrics(f1=0.9, captured_at="2026-03-01T00:00:00Z"),
                              metrics(f1=0.5, captured_at="2026-02-01T00:00:00Z"),
                              metrics(f1=0.9, captured_at="2026-02-02T00:00:00Z"))
        self.assertEqual([brief(a) for a in actions][1:],
                         [("alert", "low_f1", "firing", 2), ("alert", "low_f1", "resolved", 3)])

    def test_an_event_older_than_a_rules_last_change_neither_tells_nor_hides(self):
        days = [(1, 0.5), (2, 0.9), (1, 0.5), (3, 0.4)]
        lines = [metrics(f1=f1, captured_at=f"2026-02-0{day}T00:00:00Z") for day, f1 in days]
        actions = self.decide(*lines)
        self.assertEqual([brief(a) for a in actions], [
            ("retrain", "f1", None, 1), ("alert", "low_f1", "firing", 1),
            ("alert", "low_f1", "resolved", 2), ("alert", "low_f1", "firing", 4)])
        held = [a for a in self.decide(*lines, args=["--explain"]) if a["action"] == "suppressed"]
        self.assertEqual([(a["of"], a["rule"], a["why"], a["line"]) for a in held],
                         [("retrain", "f1", "late", 3), ("alert", "low_f1", "late", 3),
                          ("retrain", "f1", "job_open", 4)])

    def test_explain_shows_what_was_held_back_and_why(self):
        plain = self.decide(metrics(f1=0.7, captured_at=time(1)), metrics(f1=0.7, captured_at=time(2)))
        actions = self.decide(metrics(f1=0.7, captured_at=time(1)), metrics(f1=0.7, captured_at=time(2)),
                              args=["--explain"])
        self.assertEqual(actions[:1], plain)
        held, = actions[1:]
        self.assertEqual((held["action"], held["of"], held["why"], held["rule"], held["observer"]),
                         ("suppressed", "retrain", "job_open", "f1", "retraining"))
        self.assertEqual((held["model"], held["line"], held["source"]), (MODEL, 2, "-"))

    def test_random_events_agree_with_the_reference(self):
        for seed in range(20):
            with self.subTest(seed=seed):
                lines = random_lines(random.Random(seed), 400)
                run = self.run_events("--threads", 1 + seed % 3, stdin=b"".join(lines))
                self.expect_code(run, 0)
                self.assertEqual([brief(a) + (a.get("body"), a["event_time"], a["offset"])
                                  for a in run.actions],
                                 [(e.action, e.rule, e.state, e.line, e.body, e.time, e.offset)
                                  for e in decide(lines)])


def random_lines(rng, count):
    """Valid events, no two alike, of few models, in many spellings."""
    lines = []
    for i in range(count):
        model = {"model__name": rng.choice(["a", "b", "é \"x\""]),
                 "model__version": rng.choice(["1.0.0", "1.0.0-rc.1"]),
                 "model__deployed_at": rng.choice(["2026-01-01T00:00:00Z", "2026-01-01T02:00:00+02:00",
                                                   "2026-01-01t00:00:00.10Z"])}
        at = f"20{rng.randrange(10, 40)}-0{rng.randrange(1, 9)}-1{rng.randrange(9)}T{rng.randrange(24):02}" \
             f":00:{i % 60:02}.{i:05}{rng.choice(['Z', 'z', '+05:30', '-11:00', '-00:00'])}"
        if rng.random() < 0.5:
            line = metrics(f1=rng.choice([None, 0.3, 0.6, 0.59999, 0.75, 0.7, 0.9, round(rng.random(), 6)]),
                           accuracy=rng.random(), captured_at=at, **model)
        else:
            line = drift(p_value=rng.choice([None, 0.05, 0.04999, 1e-300, 1, rng.random() / 8]),
                         magnitude=round(rng.random() * 2, 5), detected_at=at, **model)
        if rng.random() < 0.1:
            line = line.replace(b": ", b":\t").replace(b"\n", b"\r\n")
        if rng.random() < 0.05:
            line += b"  \n"
        lines += line.splitlines(keepends=True)
    return lines


class Ids(MlmonTest):
    def id_of(self, line, args=()):
        run = self.run_events(*args, stdin=line)
        self.expect_code(run, 0)
        return run.actions[0]["id"]

    AT = {"captured_at": "2026-02-01T08:00:00Z"}

    def test_an_id_does_not_depend_on_spelling_place_or_ignored_members(self):
        line = metrics(f1=0.7, **self.AT)
        first = self.id_of(line)
        same = {
            "again": line,
            "key order": json.dumps(dict(reversed(json.loads(line).items()))).encode() + b"\n",
            "white space": line.replace(b" ", b"").replace(b"\n", b" \r\n"),
            "escapes": line.replace(b"fraud", b"\\u0066raud"),
            "another zone": metrics(f1=0.7, captured_at="2026-02-01T10:00:00.000+02:00"),
            "another spelling of the number": put(metrics(f1=..., **self.AT), b'"f1":70e-2'),
            "an ignored member": put(line, b'"x":[1]'),
            "another place": metrics() + line,
            "no newline": line.rstrip(),
            "a zone in deployed_at": metrics(f1=0.7, model__deployed_at="2025-12-31T19:00:00-05:00", **self.AT),
        }
        for what, bytes_ in same.items():
            with self.subTest(what):
                self.assertEqual(self.id_of(bytes_), first)

    def test_an_id_depends_on_everything_that_counts(self):
        line = metrics(f1=0.7, **self.AT)
        others = {
            "figure": metrics(f1=0.71, **self.AT),
            "another figure": metrics(f1=0.7, recall=0.5, **self.AT),
            "a further metric": metrics(f1=0.7, metrics={"auc": 0.5}, **self.AT),
            "samples": metrics(f1=0.7, samples=5, **self.AT),
            "time": metrics(f1=0.7, captured_at="2026-02-01T08:00:00.000000001Z"),
            "version": metrics(f1=0.7, model__version="2.1.1", **self.AT),
            "name": metrics(f1=0.7, model__name="fraud2", **self.AT),
            "deployment": metrics(f1=0.7, model__deployed_at="2026-01-01T00:00:01Z", **self.AT),
            "id": metrics(f1=0.7, id="7", **self.AT),
            "labels": metrics(f1=0.7, labels={"a": "b"}, **self.AT),
            "a label's border": metrics(f1=0.7, labels={"ab": ""}, **self.AT),
        }
        ids = {"": self.id_of(line), **{what: self.id_of(bytes_) for what, bytes_ in others.items()}}
        config = self.write("o.toml", '[observers.other]\nplugin = "retraining"\n')
        ids["the observer's name"] = self.id_of(line, args=["-c", config])
        self.assertEqual(len(set(ids.values())), len(ids), ids)

    def test_ids_sort_by_event_time_within_a_second_too(self):
        times = [f"2026-02-01T08:00:00.{n:09}Z" for n in (0, 1, 999, 1000, 5_000_000, 999_999_999)]
        run = self.run_events(stdin=b"".join(
            metrics(f1=0.7, model__name=f"m{i}", captured_at=at) for i, at in enumerate(times)))
        ids = [action["id"] for action in run.actions]
        self.assertEqual(len(ids), len(times))
        self.assertEqual(ids, sorted(ids))

    def test_ids_sort_by_event_time(self):
        times = ["1700-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z",
                 "1999-01-01T00:00:00Z", "2026-02-01T08:00:00Z", "2026-02-01T08:00:01Z",
                 "2262-01-01T00:00:00Z"]
        run = self.run_events(stdin=b"".join(metrics(f1=0.7, captured_at=at, model__name=f"m{i}")
                                             for i, at in enumerate(times)))
        ids = [action["id"] for action in run.actions]
        self.assertEqual(len(ids), len(times))
        self.assertEqual(ids, sorted(ids))

    def test_what_is_known_is_not_told_again(self):
        at = "2026-02-01T08:00:00Z"  # one time, so that nothing is late
        fire, clear = metrics(f1=0.5, captured_at=at), metrics(f1=0.9, captured_at=at)
        run = self.run_events(stdin=fire + clear + fire + clear + fire)
        self.assertEqual([brief(a) for a in run.actions],
                         [("retrain", "f1", None, 1), ("alert", "low_f1", "firing", 1),
                          ("alert", "low_f1", "resolved", 2)])
        actions = run.receipt["actions"]
        self.assertEqual((actions["decided"], actions["new"], actions["already_known"]), (6, 3, 3))
        self.assertEqual(run.err.count("Low F1 score"), 2, "told again on stderr")


if __name__ == "__main__":
    mlmon_run.main()
