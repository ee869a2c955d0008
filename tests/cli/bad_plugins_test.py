"""Plugins that are broken in every way: each is named, stopped and accounted for, the others go on.

The plugins are those of tests/bad_plugins, built into the folder that MLMON_BAD_PLUGINS names.
"""

import os
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

import mlmon_run
from lines import metrics
from mlmon_run import BINARY, MlmonTest

FOLDER = Path(os.environ.get("MLMON_BAD_PLUGINS", ""))

# What mlmon says of a plugin that it cannot load, besides its path.
NOT_LOADED = {
    "no_entry": "does not export mlmon_plugin_entry_v1",
    "other_major": "does not export mlmon_plugin_entry_v1",
    "abi_major_2": "needs plugin ABI 2.0, this mlmon offers 1.2",
    "needs_minor_99": "needs plugin ABI 1.99, this mlmon offers 1.2",
    "refuses": "refuses to load: the licence has expired",
    "refuses_silently": "refuses to load",
    "short_descriptor": "its descriptor has 8 bytes",
    "short_class": "class descriptor is missing or shorter than",
    "short_role": "the observer role is too short",
    "no_classes": "describes no class",
    "no_id": "a class has no id",
    "no_role": "has no role",
    "no_on_batch": "create, on_batch and destroy must be there",
    "broken_schema": "its configuration schema: ",
    "host_property": 'its configuration schema has a property "models", which is the host\'s',
}

# What stops an observer while it decides or ends: plugin, its configuration, what mlmon says of it.
STOPPED = [
    ("fails_at", 'number = 1', "event of doom"),
    ("fails_at", 'number = 150', "event of doom"),
    ("fails_at", 'number = 300', "event of doom"),
    ("fails_at", 'number = 300\nhow = "silent"', "error -1, without a text"),
    ("fails_at", 'number = 0', "finish: nothing to finish"),
    ("throws", 'how = "exception"', "thrown by on_batch"),
    ("throws", 'how = "number"', "an exception that is no std::exception"),
    ("throws", 'how = "finish"', "finish: thrown by finish"),
    ("acts_badly", 'how = "not_json"', 'fields: expected one JSON object, got {"a":'),
    ("acts_badly", 'how = "not_an_object"', "fields: expected one JSON object, got [1,2]"),
    ("acts_badly", 'how = "two_objects"', 'fields: expected one JSON object, got {"a":1}{"b":2}'),
    ("acts_badly", 'how = "not_utf8"', "fields: expected one JSON object"),
    ("acts_badly", 'how = "host_member"', '"id" is the host\'s'),
    ("acts_badly", 'how = "escaped_host_member"', '"action" is the host\'s'),
    ("acts_badly", 'how = "upper_case_type"', 'action type: expected [a-z0-9_]+, got "Alert"'),
    ("acts_badly", 'how = "no_type"', "action type: expected"),
    ("acts_badly", 'how = "suppressed_type"', 'action type: expected [a-z0-9_]+, got "suppressed"'),
    ("acts_badly", 'how = "no_rule"', "without a rule"),
    ("acts_badly", 'how = "rule_not_utf8"', "not UTF-8"),
    ("acts_badly", 'how = "transition_not_utf8"', "not UTF-8"),
    ("acts_badly", 'how = "row_out_of_range"', "about a row or model that is not there"),
    ("acts_badly", 'how = "unknown_model"', "about a row or model that is not there"),
    ("acts_badly", 'how = "suppresses_row_out_of_range"', "about a row or model that is not there"),
    ("acts_badly", 'how = "in_finish"', "outside of on_batch"),
]

# What cannot be made at the start.
NOT_STARTED = [
    ("create_fails", 'how = "text"', "the cat is on the keyboard"),
    ("create_fails", 'how = "silent"', "error -1, without a text"),
    ("create_fails", 'how = "no_instance"', "create gave no instance"),
    ("create_fails", 'how = "acts"', "outside of on_batch"),
    ("throws", 'how = "create"', "thrown by the constructor"),
    ("delivers_badly", 'how = "router_create"', "no map"),
    ("delivers_badly", 'how = "endpoints"', "no roads"),
]

OTHERS = """
[observers.retraining]
plugin = "retraining"

[observers.alert]
plugin = "alert"
"""


class BadPlugins(MlmonTest):
    def setUp(self):
        super().setUp()
        self.events = self.write("events.ndjson", [
            metrics(f1=0.3 + n % 10 / 20, model__name=f"m{n % 7}") for n in range(300)])
        self.expected = None

    def config(self, plugin, keys="", host_keys=""):
        path = plugin if "/" in str(plugin) else FOLDER / f"{plugin}.so"
        table = f'[observers.bad]\nplugin = "{path}"\n{host_keys}\n{keys}\n'
        return self.write("mlmon.toml", table + OTHERS)

    def run_with(self, plugin, keys="", host_keys="", *args):
        return self.run_events("-c", self.config(plugin, keys, host_keys), *args, self.events)

    def others(self, run):
        """The action lines of the two that behave, as written."""
        lines = run.out.splitlines(keepends=True)
        return [line for line in lines if b'"observer":"bad"' not in line]

    def expect_others_unharmed(self, run):
        if self.expected is None:
            self.write("others.toml", OTHERS)
            alone = self.run_events("-c", "others.toml", self.events)
            self.expect_code(alone, 0)
            self.expected = alone.out.splitlines(keepends=True)
            self.assertGreater(len(self.expected), 10)
        self.assertEqual(self.others(run), self.expected)
        for observer in run.receipt["observers"][1:]:
            self.assertEqual((observer["status"], observer["observed"]), ("ok", 300))

    def expect_failed(self, run, text, counted=True):
        self.expect_code(run, 1)
        said = [line for line in run.err.splitlines() if text in line]
        self.assertTrue(any("bad" in line for line in said), f"{text!r} in {run.err[:1000]}")
        bad = run.receipt["observers"][0]
        self.assertEqual((bad["observer"], bad["status"]), ("bad", "failed"))
        if counted:
            self.assertEqual(bad["observed"] + bad["dropped"], 300)
        else:
            self.assertEqual(set(bad), {"observer", "status", "error"})
        self.expect_others_unharmed(run)

    def test_a_plugin_that_cannot_be_loaded_is_named_and_the_others_run(self):
        for plugin, text in NOT_LOADED.items():
            with self.subTest(plugin):
                run = self.run_with(plugin)
                self.expect_failed(run, text, counted=False)
                self.assertIn(f"{plugin}.so", run.err)

    def test_a_file_that_is_no_plugin_is_named_and_the_others_run(self):
        whole = (FOLDER / "well_behaved.so").read_bytes()
        self.write("text.so", "not an ELF file\n" * 100)
        self.write("empty.so", "")
        self.write("half.so", whole[:len(whole) // 2])
        self.write("head.so", whole[:64])
        (self.dir / "folder.so").mkdir()
        for name, text in (("text.so", "invalid ELF header"), ("empty.so", "file too short"),
                           ("half.so", "is cut off"), ("head.so", "head.so"),
                           ("folder.so", "is not a regular file")):
            with self.subTest(name):
                run = self.run_with(self.dir / name)
                self.expect_failed(run, text, counted=False)
                self.assertIn(name, run.err)

    def test_a_plugin_that_others_may_write_to_is_not_loaded(self):
        for mode in (0o666, 0o664, 0o757):
            with self.subTest(oct(mode)):
                path = self.dir / "open.so"
                shutil.copy(FOLDER / "well_behaved.so", path)
                path.chmod(mode)
                run = self.run_with(path)
                self.expect_failed(run, "others may write to it", counted=False)
                self.assertIn(f"mode {mode:04o}", run.err)
        path.chmod(0o644)
        self.expect_code(self.run_with(path), 0)

    def test_an_observer_that_cannot_be_made_is_named_and_the_others_run(self):
        for plugin, keys, text in NOT_STARTED:
            with self.subTest(plugin, keys=keys):
                run = self.run_with(plugin, keys)
                self.expect_failed(run, text)
                self.assertEqual(run.receipt["observers"][0]["dropped"], 300)

    def test_an_observer_that_fails_is_named_and_the_others_go_on(self):
        for plugin, keys, text in STOPPED:
            for host_keys in ("", "capacity = 64"):
                with self.subTest(plugin, keys=keys, host_keys=host_keys):
                    run = self.run_with(plugin, keys, host_keys)
                    self.expect_failed(run, text)

    def test_a_refused_decision_is_refused_under_explain_too(self):
        for how in ("not_json", "row_out_of_range", "suppresses_row_out_of_range", "in_finish"):
            with self.subTest(how):
                run = self.run_with("acts_badly", f'how = "{how}"', "", "--explain")
                self.expect_code(run, 1)
                self.assertEqual(run.receipt["observers"][0]["status"], "failed")

    def test_newlines_in_fields_stay_within_one_line(self):
        run = self.run_with("acts_badly", 'how = "newline"')
        self.expect_code(run, 0)
        self.expect_others_unharmed(run)
        mine = [action for action in run.actions if action["observer"] == "bad"]
        self.assertTrue(mine)
        for action in mine:
            self.assertEqual((action["a"], action["b"]), ([1, 2], "}"))
            self.assertNotIn("metric", action)

    def test_a_class_without_finish_and_empty_fields_are_fine(self):
        for plugin, keys in (("no_finish", ""), ("well_behaved", ""),
                             ("acts_badly", 'how = "no_fields"'),
                             ("acts_badly", 'how = "backwards"')):
            with self.subTest(plugin):
                run = self.run_with(plugin, keys)
                self.expect_code(run, 0)
                self.expect_others_unharmed(run)
                self.assertGreater(run.receipt["observers"][0]["actions"], 50)

    def test_what_a_plugin_prints_does_not_get_between_the_actions(self):
        for args in ((), ("-o", "actions.ndjson")):
            with self.subTest(args):
                run = self.run_with("prints", "", "", *args)
                self.expect_code(run, 0)
                self.assertFalse(b"stray" in run.out)
                for where in ("a constructor", "create", "on_batch", "finish"):
                    self.assertIn(f"stray text from {where}\n", run.err)
                if args:
                    self.assertEqual(run.out, b"")
                    self.assertNotIn("stray", (self.dir / "actions.ndjson").read_text())
                else:
                    self.expect_others_unharmed(run)

    def test_other_commands_are_not_disturbed_by_what_a_plugin_prints(self):
        run = self.mlmon("check", "-c", self.config("prints"))
        self.assertNotIn(b"stray", run.out)

    def test_a_slow_observer_that_blocks_loses_nothing(self):
        run = self.run_with("well_behaved", "number = 5", "capacity = 16")
        self.expect_code(run, 0)
        self.assertEqual(run.receipt["observers"][0]["observed"], 300)
        self.expect_others_unharmed(run)

    def test_a_slow_observer_that_drops_loses_only_its_own_events(self):
        drops = 'capacity = 16\noverflow = "drop_newest"'
        run = self.run_with("well_behaved", "number = 50", drops)
        self.expect_code(run, 0)
        slow = run.receipt["observers"][0]
        self.assertGreater(slow["dropped"], 0)
        self.assertEqual(slow["observed"] + slow["dropped"], 300)
        self.expect_others_unharmed(run)

    def test_a_broken_observer_counts_only_what_it_subscribed_to(self):
        for plugin, keys in (("create_fails", ""), ("fails_at", "number = 20")):
            with self.subTest(plugin):
                config = self.config(plugin, keys, 'models = ["m1", "m2"]')
                run = self.run_events("-c", config, self.events, sees_all=False)
                self.expect_code(run, 1)
                bad = run.receipt["observers"][0]
                self.assertEqual(bad["observed"] + bad["dropped"], 86)

    def test_what_a_plugin_finds_wrong_with_its_configuration_is_told_with_its_place(self):
        config = self.config("create_fails", 'how = "config"')
        line = 1 + Path(config).read_text().splitlines().index('how = "config"')
        run = self.run_events("-c", config, self.events)
        self.expect_code(run, 2)
        self.assertIn(f"{config}:{line}: observers.bad.how: expected no cat", run.err)
        self.assertEqual(run.out, b"")

    def test_endpoints_have_names_of_their_own_that_every_system_can_bear(self):
        for how, text in (("same_name", "two endpoints are named one"),
                          ("slash", 'expected a name of 1 to 100 letters, digits, _, . and -, got "a/b"'),
                          ("long", "expected a name of 1 to 100 letters")):
            with self.subTest(how):
                run = self.run_with("delivers_badly", f'how = "{how}"')
                self.expect_code(run, 2)
                self.assertEqual(run.out, b"")
                self.assertIn("observers.bad: " + text, run.err)

    def test_a_configuration_that_the_schema_refuses_is_a_usage_error_and_nothing_is_done(self):
        for plugin, keys in (("fails_at", 'number = "one"'), ("fails_at", "number = -1"),
                             ("throws", 'how = "never"'), ("acts_badly", ""),
                             ("well_behaved", "nmuber = 1")):
            with self.subTest(plugin, keys=keys):
                run = self.run_with(plugin, keys)
                self.expect_code(run, 2)
                self.assertEqual(run.out, b"")
                self.assertIn("observers.bad", run.err)

    def test_a_plugin_that_cannot_be_found_is_a_usage_error_and_nothing_is_done(self):
        for plugin in ("there_is_none", self.dir / "none.so"):
            with self.subTest(plugin):
                table = f'[observers.bad]\nplugin = "{plugin}"\n'
                path = self.write("mlmon.toml", table + OTHERS)
                run = self.run_events("-c", path, self.events)
                self.expect_code(run, 2)
                self.assertEqual(run.out, b"")
                self.assertIn(str(plugin), run.err)

    def test_deliveries_that_fail_are_told_and_counted(self):
        for how, code, waiting in (("well", 0, False), ("dead", 4, False), ("retry", 4, True),
                                   ("create", 1, True), ("route", 1, True),
                                   ("routes_too_many", 1, True),
                                   ("routes_to_none_such", 1, True)):
            with self.subTest(how):
                # Only what waits for ever is to be given up soon.
                run = self.run_with("delivers_badly", f'how = "{how}"', "",
                                    "--deliver-timeout", "100ms" if waiting else "30s")
                self.expect_code(run, code)
                self.expect_others_unharmed(run)
                actions = run.receipt["actions"]
                mine = run.receipt["observers"][0]["actions"]
                self.assertEqual(actions["waiting"], mine if waiting else 0)
                self.assertEqual(actions["dead"], 0 if waiting or how == "well" else mine)

    def test_what_could_not_be_routed_waits_and_is_routed_again_by_the_next_run(self):
        for how in ("route", "routes_to_none_such"):
            with self.subTest(how):
                def run(how_now):
                    return self.run_events("-c", self.config("delivers_badly", f'how = "{how_now}"'), "--state",
                                           f"state-{how}", self.events, state=True, sees_all=False)
                first = run(how)
                self.expect_code(first, 1)
                mine = first.receipt["observers"][0]["actions"]
                self.assertEqual(first.receipt["actions"]["waiting"], mine)
                waiting = self.mlmon("outbox", "list", "--json", "--state", f"state-{how}")
                self.assertEqual(waiting.out.count(b"bad.(route)"), mine)
                again = run(how)
                self.expect_code(again, 1)
                well = run("well")
                self.expect_code(well, 0)
                left = self.mlmon("outbox", "list", "--json", "--state", f"state-{how}")
                self.assertEqual(left.out, b"")
                self.expect_code(run("well"), 0)

    def test_an_endpoint_that_hangs_is_abandoned_and_named_and_its_rows_wait(self):
        for how, function in (("hang", "deliver"), ("hang_destroy", "destroy")):
            with self.subTest(how):
                begun = time.monotonic()
                state = ["--state", f"state-{how}"]
                run = self.run_events("-c", self.config("delivers_badly", f'how = "{how}"'), *state,
                                      "--deliver-timeout", "200ms", self.events, state=True)
                self.expect_code(run, 1)
                self.assertLess(time.monotonic() - begun, 60)
                self.assertIn(f"bad.one: {function} did not return in time, and is abandoned", run.err)
                self.expect_others_unharmed(run)
                mine = run.receipt["observers"][0]["actions"]
                self.assertEqual(run.receipt["actions"]["waiting"], mine if how == "hang" else 0)
                well = self.run_events("-c", self.config("delivers_badly", 'how = "well"'), *state, self.events,
                                       state=True, sees_all=False)
                self.expect_code(well, 0)

    def test_one_that_hangs_is_told_of_while_more_events_are_awaited(self):
        config = self.config("delivers_badly", 'how = "hang"')
        with open(self.dir / "stderr.txt", "wb") as err:
            run = self.start("run", "-c", config, "--state", "state", "--follow", self.events,
                             stdout=subprocess.DEVNULL, stderr=err)
        try:
            told = "bad.one: deliver has not returned in time; what it is to deliver waits"
            deadline = time.monotonic() + 60
            while told not in (self.dir / "stderr.txt").read_text() and time.monotonic() < deadline:
                time.sleep(0.1)
            self.assertIn(told, (self.dir / "stderr.txt").read_text())
            self.assertIsNone(run.poll())
        finally:
            run.kill()
            run.wait()


if __name__ == "__main__":
    if BINARY and not FOLDER.is_dir():
        sys.exit("MLMON_BAD_PLUGINS must name the folder of the bad plugins")
    mlmon_run.main()
