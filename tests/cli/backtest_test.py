#!/usr/bin/env python3
"""mlmon backtest: several policies over recorded events, against what runs of each decide."""

import json

import mlmon_run
from lines import metrics
from mlmon_run import DATA, MlmonTest

POLICIES = {
    "defaults.toml": "[observers.retraining]\n[observers.alert]\n",
    "careful.toml": '[observers.retraining]\nmin_f1 = 0.6\nmax_p_value = false\nfor = "3/5"\ncooldown = "30d"\n',
    "alerts.toml": "[observers.alert]\nmin_f1 = 0.3\n",
}


class Backtest(MlmonTest):
    def setUp(self):
        super().setUp()
        for name, text in POLICIES.items():
            self.write(name, text)

    def backtest(self, *args, code=0):
        run = self.mlmon("backtest", "--json", *args)
        self.expect_code(run, code)
        lines = [json.loads(line) for line in run.out.splitlines()]
        return ({line["policy"]: line for line in lines if "policy" in line},
                [line for line in lines if "only" in line])

    def ran(self, config):
        """What a run with that configuration decides."""
        run = self.run_events("-c", config, DATA)
        actions = [json.loads(line) for line in run.out.splitlines()]
        suppressed = {}
        for observer in run.receipt["observers"]:
            for why, count in observer.get("suppressed_by", {}).items():
                suppressed[why] = suppressed.get(why, 0) + count
        return actions, suppressed

    def test_each_policy_decides_what_a_run_of_it_decides(self):
        found, _ = self.backtest(*(arg for name in POLICIES for arg in ("-c", name)), DATA)
        self.assertEqual(list(found), list(POLICIES))
        for name, policy in found.items():
            actions, suppressed = self.ran(name)
            state = [action.get("state") for action in actions if action["action"] == "alert"]
            self.assertEqual(policy["requests"], sum(a["action"] == "retrain" for a in actions))
            self.assertEqual((policy["alerts"], policy["resolved"]), (state.count("firing"), state.count("resolved")))
            self.assertEqual(policy["suppressed"], suppressed)
            first = {}
            for action in actions:
                first.setdefault(json.dumps(action["model"]), action)
            self.assertEqual({json.dumps(f["model"]): f["event_time"] for f in policy["first"]},
                             {model: action["event_time"] for model, action in first.items()})

    def test_diff_lists_what_only_some_of_them_decide(self):
        _, differences = self.backtest("-c", "defaults.toml", "-c", "alerts.toml", "--diff", DATA)
        by_name = {name: {a["id"]: a for a in self.ran(name)[0]} for name in ("defaults.toml", "alerts.toml")}
        for name, other in (("defaults.toml", "alerts.toml"), ("alerts.toml", "defaults.toml")):
            only = {d["action"]["id"] for d in differences if d["only"] == [name]}
            self.assertEqual(only, by_name[name].keys() - by_name[other].keys())

    def test_a_policy_beside_itself_differs_in_nothing(self):
        self.write("same.toml", POLICIES["defaults.toml"])
        found, differences = self.backtest("-c", "defaults.toml", "-c", "same.toml", "--diff", DATA)
        self.assertEqual(differences, [])
        self.assertEqual(len(found), 2)

    def test_a_job_ends_after_so_much_event_time(self):
        lines = [metrics(f1=0.5, captured_at=f"2026-02-01T{hour:02}:00:00Z") for hour in range(10)]
        path = self.write("events.ndjson", lines)
        for takes, requests in ((None, 1), ("3h", 4), ("1h", 10), ("20h", 1)):
            more = ["--job-takes", takes] if takes else []
            found, _ = self.backtest("-c", "careful.toml", "--set", 'observers.retraining.for="1/1"',
                                     "--set", 'observers.retraining.cooldown="0s"', *more, path)
            self.assertEqual(found["careful.toml"]["requests"], requests, takes)

    def test_nothing_is_stored_and_nothing_delivered(self):
        self.write("told.toml", '[observers.alert]\nreceivers = [{ name = "f", type = "file", path = "told" }]\n')
        self.backtest("-c", "told.toml", DATA)
        self.assertFalse((self.dir / "told").exists())
        self.assertEqual(list(self.home.iterdir()), [])

    def test_derived_events_of_one_policy_reach_no_other(self):
        self.write("hears.toml", '[observers.retraining]\n[observers.alert]\nmin_f1 = false\nmax_p_value = false\non = ["retrain"]\n')
        together, _ = self.backtest("-c", "defaults.toml", "-c", "hears.toml", DATA)
        alone, _ = self.backtest("-c", "hears.toml", DATA)
        self.assertEqual(together["hears.toml"], alone["hears.toml"])
        self.assertEqual(alone["hears.toml"]["alerts"], alone["hears.toml"]["requests"])

    def test_lines_that_policies_would_read_differently_are_refused(self):
        self.write("any.toml", '[input]\nversion_scheme = "any"\n[observers.alert]\n')
        run = self.mlmon("backtest", "-c", "defaults.toml", "-c", "any.toml", DATA)
        self.expect_code(run, 2)
        self.assertIn("any.toml: [input] differs", run.err)

    def test_what_cannot_be_read_is_named_and_the_rest_is_read(self):
        found, _ = self.backtest("-c", "defaults.toml", "missing.ndjson", DATA, code=1)
        self.assertEqual(found["defaults.toml"]["requests"], 8)

    def test_a_wrong_policy_and_no_file_are_usage_errors(self):
        self.write("wrong.toml", "[observers.retraining]\nmin_f1 = 1.5\n")
        for args in (("-c", "wrong.toml", DATA), ("-c", "defaults.toml"), ("--job-takes", "0s", DATA)):
            self.expect_code(self.mlmon("backtest", *args), 2)


if __name__ == "__main__":
    mlmon_run.main()
