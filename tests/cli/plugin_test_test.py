#!/usr/bin/env python3
"""mlmon plugin test: golden cases for people who write observers; and mlmon run --observer."""

import json
import os
from pathlib import Path

import mlmon_run
from lines import metrics
from mlmon_run import BINARY, DATA, MlmonTest

SHIPPED = Path(BINARY).parent.parent / "lib/mlmon/plugins"
BAD = Path(os.environ.get("MLMON_BAD_PLUGINS", ""))


class PluginTestTest(MlmonTest):
    def setUp(self):
        super().setUp()
        self.write("cases/low.ndjson", [metrics(f1=f1) for f1 in (0.9, 0.5, 0.5, 0.9, 0.5)])

    def judge(self, plugin, *flags, code):
        run = self.mlmon("plugin", "test", plugin, "cases", "--json", *flags)
        self.expect_code(run, code)
        return {line["case"]: line for line in map(json.loads, run.out.splitlines())}

    def test_what_was_written_by_update_is_decided_again_in_every_way_of_reading(self):
        written = self.judge("alert", "--update", code=0)["low"]
        self.assertEqual((written["outcome"], written["actions"]), ("written", 3))
        judged = self.judge("alert", code=0)["low"]
        self.assertEqual((judged["outcome"], judged["actions"]), ("ok", 3))
        self.assertGreaterEqual(judged["ways"], 6)

    def test_update_writes_what_a_run_prints(self):
        self.judge("alert", "--update", code=0)
        run = self.run_events("--observer", SHIPPED / "alert.so", "cases/low.ndjson")
        self.assertEqual((self.dir / "cases/low.actions.ndjson").read_bytes(), run.out)

    def test_another_decision_fails_and_is_shown(self):
        self.judge("alert", "--update", code=0)
        expected = self.dir / "cases/low.actions.ndjson"
        expected.write_text(expected.read_text().replace("firing", "FIRING", 1))
        low = self.judge("alert", code=1)["low"]
        self.assertEqual(low["outcome"], "failed")
        self.assertIn("FIRING", low["failure"])
        self.assertIn("action 1", low["failure"])

    def test_a_missing_and_a_superfluous_action_fail(self):
        self.judge("alert", "--update", code=0)
        expected = self.dir / "cases/low.actions.ndjson"
        lines = expected.read_bytes().splitlines(keepends=True)
        for wrong in (lines[:-1], lines + lines[-1:]):
            expected.write_bytes(b"".join(wrong))
            self.assertIn("no more actions", self.judge("alert", code=1)["low"]["failure"])

    def test_a_case_without_expected_actions_fails(self):
        self.assertIn("--update", self.judge("alert", code=1)["low"]["failure"])

    def test_a_plugin_that_forgets_its_state_fails_where_the_events_are_cut(self):
        self.judge(BAD / "check/state_restart.so", "--update", code=0)
        low = self.judge(BAD / "check/state_restart.so", code=1)["low"]
        self.assertIn("cut after line", low["failure"])

    def test_a_plugin_that_crashes_fails_its_case_and_no_other(self):
        self.write("cases/low.ndjson", [metrics() for _ in range(300)])
        self.write("cases/none.ndjson", b"\n")
        self.write("cases/none.actions.ndjson", b"")
        self.write("cases/low.actions.ndjson", b"")
        judged = self.judge(BAD / "check/batches_ordinary-crash.so", code=1)
        self.assertEqual({name: case["outcome"] for name, case in judged.items()},
                         {"low": "failed", "none": "ok"})

    def test_the_configuration_of_a_case_is_used_and_delivers_nothing(self):
        self.write("cases/low.toml", '[observers.mine]\nplugin = "alert"\nmin_f1 = 0.4\n'
                                     f'receivers = [{{ name = "f", type = "file", path = "{self.dir}/told" }}]\n')
        self.write("cases/low.ndjson", [metrics(f1=0.3), metrics(f1=0.9)])
        self.assertEqual(self.judge("alert", "--update", code=0)["low"]["actions"], 2)
        self.judge("alert", code=0)
        self.assertFalse((self.dir / "told").exists())

    def test_a_configuration_that_runs_another_plugin_is_refused(self):
        self.write("cases/low.toml", "[observers.retraining]\n")
        run = self.mlmon("plugin", "test", "alert", "cases")
        self.expect_code(run, 2)
        self.assertIn("low.toml: no observer in it runs", run.err)

    def test_folders_without_cases_and_missing_ones_are_refused(self):
        (self.dir / "empty").mkdir()
        for folder, words in (("empty", "holds no case"), ("nowhere", "No such file")):
            run = self.mlmon("plugin", "test", "alert", folder)
            self.expect_code(run, 2)
            self.assertIn(words, run.err)


class ObserverTest(MlmonTest):
    def test_only_the_named_plugin_runs_with_its_defaults_whatever_is_configured(self):
        self.write("mlmon.toml", "[observers.alert]\nmin_f1 = 0.1\n[observers.retraining]\n")
        run = self.run_events("--observer", SHIPPED / "alert.so", DATA)
        self.assertEqual([o["observer"] for o in run.receipt["observers"]], ["alert"])
        self.assertEqual(run.receipt["actions"]["new"], 1700)

    def test_several_run_in_the_order_given(self):
        run = self.run_events("--observer", SHIPPED / "alert.so", "--observer", SHIPPED / "retraining.so", DATA)
        self.assertEqual([o["observer"] for o in run.receipt["observers"]], ["alert", "retraining"])

    def test_a_file_that_is_not_there_is_a_usage_error(self):
        run = self.mlmon("run", "--no-state", "--observer", "./none.so", DATA)
        self.expect_code(run, 2)
        self.assertIn("none.so", run.err)


if __name__ == "__main__":
    mlmon_run.main()
