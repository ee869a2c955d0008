"""Sections 9, 10 and 13 of the contract: random policies over random streams agree with the reference,
in any split; and what a policy that cannot be is refused with."""

import json
import os
import random
import sys
from pathlib import Path

import mlmon_run
from lines import drift, job, metrics
from mlmon_run import MlmonTest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))
from decide import decide  # noqa: E402

SEEDS = int(os.environ.get("MLMON_POLICY_SEEDS", "12"))  # more for a long run
METRICS = ["accuracy", "recall", "f1", "p_value", "magnitude", "auc", "rmse"]


def day(number):
    """A time so many days after the deployment of most models."""
    seconds = round(number * 86400)
    return f"2026-01-{1 + seconds // 86400:02}T{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"


def random_stream(rng, count):
    """Valid events of few models, most of them in order, some late, some sent twice."""
    lines, now = [], 0.5
    for _ in range(count):
        now = min(now + rng.choice([0, 0.01, 0.05, 0.2]), 29)
        at = day(now if rng.random() < 0.8 else max(0, now - rng.random() * 2))
        model = {"model__name": rng.choice(["a", "b"]), "model__version": rng.choice(["1.0.0", "1.1.0"])}
        if model["model__version"] == "1.1.0":
            model["model__deployed_at"] = rng.choice(["2026-01-03T00:00:00Z", "2026-01-09T00:00:00Z"])
        more = {"samples": rng.choice([10, 100, 1000])} if rng.random() < 0.6 else {}
        if rng.random() < 0.5:
            f1 = rng.choice([..., 0.4, 0.58, 0.6, 0.7, 0.75, 0.8, 0.9])
            named = {name: rng.choice([None, 0.5, 0.75, 0.79, 0.8, 0.85, 1.2]) for name in ("auc", "rmse")
                     if rng.random() < 0.5}
            lines.append(metrics(f1=f1, accuracy=rng.choice([0.5, 0.7, 0.9]), captured_at=at, metrics=named,
                                 **model, **more))
        else:
            more |= {"features": {name: {"p_value": rng.choice([0.001, 0.02, 0.04, 0.2]), "magnitude": 0.3}
                                  for name in "xyz" if rng.random() < 0.7}} if rng.random() < 0.5 else {}
            p = {"p_value": rng.choice([..., 0.001, 0.04, 0.05, 0.5])} if not more.get("features") else {}
            lines.append(drift(magnitude=rng.choice([0.1, 0.2, 0.5]), detected_at=at, **p, **model, **more))
        if rng.random() < 0.1:
            lines.append(rng.choice(lines))
    return lines


def random_rules(rng, alert):
    rules = []
    for number in range(rng.randrange(3)):
        rule = {"name": f"rule{number}", "metric": rng.choice(METRICS)}
        limit = rng.choice([0.05, 0.5, 0.76, 0.8])
        side = rng.choice(["below", "above", "drop", "rise"])
        rule[side] = limit if side in ("below", "above") else rng.choice([0.05, 0.2, "10%", "50%"])
        if side in ("drop", "rise"):
            rule["baseline"] = rng.choice([1, 3, 5])
        elif rng.random() < 0.4:
            rule["clear"] = round(limit + (0.1 if side == "below" else -0.04), 3)
        if rng.random() < 0.5:
            rule["for"] = rng.choice(["1/2", "2/2", "2/3", "3/5"])
        if rng.random() < 0.3:
            rule["models"] = ["a*"]
        if alert:
            rule["severity"] = rng.choice(["info", "warning", "critical"])
            if rng.random() < 0.4:
                rule["inhibited_by"] = [rng.choice(["low_f1", "drift"])]
        rules.append(rule)
    return rules


def random_keys(rng, choices):
    return {key: rng.choice(values) for key, values in choices.items() if rng.random() < 0.5}


BOTH = {"min_magnitude": [0.2, 0.4], "min_samples": [50, 500], "for": ["1/2", "2/2", "2/3", "3/5"],
        "correction": ["bonferroni", "bh"]}
RETRAINING = {"min_f1": [0.6, 0.9], "max_p_value": [0.03, 0.2], "grace": ["3d", "8d"],
              "require": ["all", "confirmed"], "cooldown": ["6h", "2d"], "job_timeout": ["12h", "3d"],
              "budget": ["1/3d", "3/5d"]}
ALERT = {"min_f1": [0.6, 0.8], "max_p_value": [0.03, 0.2], "resolve": [False], "repeat": ["8h", "2d"],
         "flap": ["2/1d", "3/12h"], "superseded_after": ["12h", "2d"]}


def random_observers(rng):
    retraining = {**random_keys(rng, {**BOTH, **RETRAINING}), "rules": random_rules(rng, False)}
    alert = {**random_keys(rng, {**BOTH, **ALERT}), "rules": random_rules(rng, True)}
    return [("ask", "retraining", retraining), ("tell", "alert", alert)]


def toml(observers):
    """JSON's texts, numbers, lists and flat tables are TOML's too."""
    def value(of):
        if isinstance(of, dict):
            return "{" + ", ".join(f'"{key}" = {value(item)}' for key, item in of.items()) + "}"
        return "[" + ", ".join(map(value, of)) + "]" if isinstance(of, list) else json.dumps(of)

    lines = []
    for name, plugin, keys in observers:
        lines += [f"[observers.{name}]", f'plugin = "{plugin}"']
        lines += [f'{key} = {value(of)}' for key, of in keys.items()]
    return "\n".join(lines) + "\n"


def brief(action):
    """What the reference says of an action, of one that mlmon printed."""
    superseded = action.get("reason") if action["action"] == "alert" else None  # has no text in the contract
    return (action["line"], action["observer"], action["action"], action["rule"], action.get("state"),
            tuple(action["model"].values()), action["event_time"], action.get("why"), action.get("until"),
            None if superseded else action.get("body"), superseded, "suppressed" in action)


def expected(action):
    return (action.line, action.observer, action.action, action.rule, action.state, action.model, action.time,
            action.why, action.until, action.body, action.reason, action.suppressed)


class Policies(MlmonTest):
    def expect_agreement(self, observers, lines, requests=None, args=()):
        config = self.write("policy.toml", toml(observers))
        run = self.run_events("-c", config, "--explain", *args, stdin=b"".join(lines))
        self.expect_code(run, 0)
        told = list(decide(lines, observers, requests, suppressed=True))
        mine = [brief(action) for action in run.actions]
        theirs = [expected(action) for action in told]
        for place, (one, other) in enumerate(zip(mine, theirs)):
            self.assertEqual(one, other, f"decision {place}")
        self.assertEqual(len(mine), len(theirs))
        for action, one in zip(run.actions, told):
            if one.threshold is not None:
                self.assertAlmostEqual(action["threshold"], one.threshold, 9)
            self.assertEqual("baseline" in action, one.baseline is not None)
        return run.actions

    def test_random_policies_over_random_streams(self):
        for seed in range(SEEDS):
            with self.subTest(seed=seed):
                rng = random.Random(seed)
                self.expect_agreement(random_observers(rng), distinct(random_stream(rng, 400)),
                                      args=["--threads", 1 + seed % 2])

    def test_the_ends_of_jobs_at_their_places(self):
        for seed in range(max(SEEDS // 4, 2)):
            with self.subTest(seed=seed):
                rng = random.Random(1000 + seed)
                observers, requests = random_observers(rng), {}
                lines = distinct(random_stream(rng, 120))
                for place in (40, 80, 120):
                    asked = [action for action in self.expect_agreement(observers, lines[:place], requests)
                             if action["action"] == "retrain"]
                    for action in asked[-3:]:
                        requests[action["id"]] = (action["line"], action["rule"])
                        end = job(job=action["id"], model=action["model"], status=rng.choice(["done", "failed"]))
                        lines.insert(place, end)
                self.expect_agreement(observers, lines, requests)

    def test_any_split_of_the_input_decides_the_same(self):
        for seed in range(max(SEEDS // 4, 2)):
            with self.subTest(seed=seed):
                rng = random.Random(2000 + seed)
                observers, lines = random_observers(rng), random_stream(rng, 300)
                config = self.write("policy.toml", toml(observers))
                whole = self.run_events("-c", config, stdin=b"".join(lines))
                path, state, pieces = self.write("events.ndjson", b""), self.dir / f"state{seed}", []
                capacity = ["--set", f"bus.capacity={rng.choice([4, 7, 64])}"]
                while lines:
                    size = rng.choice([1, 20, 100])
                    piece, lines = lines[:size], lines[size:]
                    with open(path, "ab") as file:
                        file.write(b"".join(piece))
                    run = self.run_events("-c", config, "--state", state, *capacity, path, state=True)
                    self.expect_code(run, 0)
                    pieces += run.actions
                    if len(pieces) > 1000:
                        break
                self.assertEqual([(action["id"], action["line"]) for action in pieces],
                                 [(action["id"], action["line"]) for action in whole.actions])


def distinct(lines):
    """An event that is sent again has an id of its own here: to the reference two alike would be told
    twice, to people they are one."""
    seen, out = set(), []
    for number, line in enumerate(lines):
        if line in seen:
            line = line.rstrip()[:-1] + b', "id": "' + str(number).encode() + b'"}\n'
        seen.add(line)
        out.append(line)
    return out


class Refused(MlmonTest):
    def test_impossible_policies_are_refused_all_at_once(self):
        config = self.write("bad.toml", """[observers.retraining]
plugin = "retraining"
for = "5/3"
budget = "many"
[[observers.retraining.rules]]
name = "auc"
metric = "auc"
below = 0.8
clear = 0.7
[[observers.retraining.rules]]
name = "auc"
metric = "accuracy"
drop = "10%"
clear = 0.9
[observers.alert]
plugin = "alert"
flap = "40/1h"
on = ["metrics"]
""")
        run = self.run_events("-c", config, stdin=b"")
        self.expect_code(run, 2)
        places = [line.split(": ", 2)[:2] for line in run.err.splitlines()]
        self.assertEqual([(place.rsplit(":", 1)[1], key) for place, key in places], [
            ("3", "observers.retraining.for"), ("4", "observers.retraining.budget"),
            ("9", "observers.retraining.rules[0].clear"), ("11", "observers.retraining.rules[1].name"),
            ("14", "observers.retraining.rules[1].clear"), ("17", "observers.alert.flap"),
            ("18", "observers.alert.on[0]")])

    def test_values_out_of_range_name_what_was_expected(self):
        for key, value, expected_text in (
                ("min_f1", "1.5", "expected a number in [0, 1] or false, got 1.5"),
                ("cooldown", '"-5s"', "expected a duration such as"), ("grace", "5", "expected a"),
                ("min_samples", "-1", "expected an integer >= 0, got -1"),
                ("require", '"some"', "expected")):
            run = self.run_events("--set", f"observers.retraining.{key}={value}",
                                  "--set", 'observers.retraining.plugin="retraining"', stdin=b"")
            self.expect_code(run, 2)
            self.assertIn(expected_text, run.err)


class Receipts(MlmonTest):
    def test_the_receipt_says_what_each_rule_saw_and_why_nothing_was_done(self):
        config = self.write("mlmon.toml", """[observers.ask]
plugin = "retraining"
for = "2/2"
[[observers.ask.rules]]
name = "area under"
metric = "auc"
below = 0.8
""")
        lines = [metrics(f1=0.5), metrics(f1=0.9), metrics(f1=0.5), metrics(f1=0.5), metrics(f1=0.5), drift(p_value=0.5)]
        run = self.run_events("-c", config, stdin=b"".join(lines))
        observer, = run.receipt["observers"]
        self.assertEqual(observer["suppressed_by"], {"for": 2, "job_open": 1})
        self.assertEqual(sum(observer["suppressed_by"].values()), observer["suppressed"])
        self.assertEqual(observer["rules"], [
            {"rule": "f1", "figures": 5, "breaches": 4, "actions": 1},
            {"rule": "drift", "figures": 1, "breaches": 0, "actions": 0},
            {"rule": "area under", "figures": 0, "breaches": 0, "actions": 0}])
        self.assertNotIn("counters", observer)
        text = self.run_events("-c", config, "--summary", "text", stdin=b"".join(lines)).err
        self.assertIn("rule area under of ask: no event carried its figure", text)
        self.assertNotIn("rule f1", text)


class Told(MlmonTest):
    def test_what_is_inhibited_is_printed_and_told_to_nobody(self):
        config = self.write("mlmon.toml", """[observers.tell]
plugin = "alert"
[[observers.tell.rules]]
name = "recall"
metric = "recall"
below = 0.5
inhibited_by = ["low_f1"]
""")
        run = self.run_events("-c", config, stdin=metrics(f1=0.5, recall=0.4) + metrics(f1=0.9, recall=0.9))
        self.expect_code(run, 0)
        self.assertEqual([(a["rule"], a["state"], a.get("suppressed")) for a in run.actions], [
            ("low_f1", "firing", None), ("recall", "firing", "inhibited by low_f1"),
            ("low_f1", "resolved", None), ("recall", "resolved", "its start was inhibited")])
        self.assertIn("Low F1 score", run.err)
        self.assertNotIn("recall", run.err)

    def test_alert_hears_of_requests_failed_jobs_and_a_spent_budget(self):
        config = self.write("mlmon.toml", """[observers.ask]
plugin = "retraining"
budget = "1/30d"
[observers.tell]
plugin = "alert"
min_f1 = false
on = ["retrain", "job_failed", "budget_spent"]
""")
        asked = self.run_events("-c", config, stdin=metrics(f1=0.5)).actions[0]
        lines = [metrics(f1=0.5, captured_at=asked["event_time"]),
                 job(job=asked["id"], status="failed", note="no GPU"),
                 metrics(f1=0.4), metrics(f1=0.3)]
        state = self.dir / "state"
        run = self.run_events("-c", config, "--state", state, self.write("events.ndjson", lines), state=True)
        self.expect_code(run, 0)
        told = [(a["line"], a["rule"], a["severity"]) for a in run.actions if a["action"] == "alert"]
        self.assertEqual(told, [(1, "retrain", "info"), (2, "job_failed", "warning"),
                                (3, "budget_spent", "warning")])
        for text in ("f1 0.5 is below 0.75", "no GPU", "No request before "):
            self.assertIn(text, run.err)
        listed = self.mlmon("alerts", "list", "--json", "--state", state)
        self.assertEqual((listed.code, listed.out), (0, b""), "told once, and nothing fires after it")


class Warned(MlmonTest):
    def check(self, config):
        run = self.mlmon("check", "-c", self.write("mlmon.toml", config))
        self.expect_code(run, 0)
        return run.err

    def test_check_warns_of_what_will_bite(self):
        said = self.check("""[observers.ask]
plugin = "retraining"
max_p_value = 0
[[observers.ask.targets]]
type = "exec"
command = ["true"]
""")
        for text in ("rule drift: p_value is never below 0", 'cooldown: "0s"', 'job_timeout: "0s"'):
            self.assertIn(text, said)
        self.assertIn('require: "confirmed" wants a metric rule',
                      self.check('[observers.ask]\nplugin = "retraining"\nmin_f1 = false\nrequire = "confirmed"\n'))
        self.assertEqual(self.check('[observers.ask]\nplugin = "retraining"\n'), "")

    def test_receivers_targets_and_rules_that_nothing_reaches_are_named(self):
        said = self.check("""[observers.alert]
models = ["a*"]
receivers = [
  { name = "model", type = "stderr", models = ["b*"] },
  { name = "rule", type = "stderr", rules = ["nope"] },
  { name = "severity", type = "stderr", severity = ["info"] },
  { name = "together", type = "stderr", rules = ["auc"], models = ["ab*"] },
  { name = "all", type = "stderr" },
  { name = "some", type = "stderr", rules = ["*", "!drift"], models = ["*b"], severity = ["critical"] },
]
[[observers.alert.rules]]
name = "auc"
metric = "auc"
below = 0.5
models = ["ac*"]
[[observers.alert.rules]]
name = "never"
metric = "auc"
below = 0.4
models = ["b"]
""")
        for place, by in (("receivers[0]", "models"), ("receivers[1]", "rules"), ("receivers[2]", "severity"),
                          ("receivers[3]", "models, rules")):
            self.assertIn(f"observers.alert.{place}: no rule and model reach it (by {by})", said)
        self.assertIn("observers.alert: rule never: no model", said)
        self.assertEqual(said.count("\n"), 5, said)
        said = self.check("""[observers.retraining]
models = ["a*", "!ab*"]
targets = [{ name = "c", type = "queue", models = ["c*"] }, { name = "ab", type = "queue", models = ["abc"] }, { type = "queue" }]
""")
        self.assertIn("observers.retraining.targets[0]: no rule and model reach it (by models)", said)
        self.assertIn("observers.retraining.targets[1]: no rule", said)
        self.assertEqual(said.count("\n"), 2, said)

    def test_what_may_be_reached_is_not_warned_of(self):
        self.assertEqual(self.check("""[observers.retraining]
[observers.alert]
on = ["retrain"]
receivers = [
  { name = "asked", type = "stderr", rules = ["retrain"], severity = ["info"] },
  { name = "labels", type = "stderr", labels = { team = "risk" } },
  { name = "first", type = "file", path = "a.txt", fallback = "second" },
  { name = "second", type = "stderr", rules = ["none"] },
]
"""), "")

    def test_globs_that_match_no_known_model_are_named_once_there_is_a_state(self):
        config = f"""[state]
dir = "{self.dir}/s"
[observers.alert]
models = ["fruad*", "fraud", "!old-*"]
receivers = [{{ name = "a", type = "stderr", models = ["fraud*"] }}, {{ name = "b", type = "stderr", models = ["f?aud-eu", "*"] }}]
[observers.retraining]
rules = [{{ name = "auc", metric = "auc", below = 0.5, models = ["chrun"] }}]
"""
        self.assertEqual(self.check(config), "")
        self.run_events("--state", self.dir / "s", state=True, stdin=metrics())
        said = self.check(config)
        for place, glob in (("alert", "fruad*"), ("alert", "!old-*"), ("alert.receivers[1]", "f?aud-eu"),
                            ("retraining.rules[0]", "chrun")):
            self.assertIn(f'observers.{place}.models: "{glob}" matches no model in the state', said)
        self.assertEqual(said.count("\n"), 4, said)

    def test_run_says_nothing_of_it(self):
        run = self.run_events("--set", "observers.ask.max_p_value=0", "--set", 'observers.ask.plugin="retraining"',
                              stdin=metrics())
        self.assertEqual(run.err.count("never"), 0)


if __name__ == "__main__":
    mlmon_run.main()
