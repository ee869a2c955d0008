#!/usr/bin/env python3
"""mlmon plugin check: each bad plugin fails the check that it is named for, and good ones fail none."""

import json
import os
import re
import shutil
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mlmon_run import BINARY, SANITIZED, MlmonTest, main

BAD = Path(os.environ.get("MLMON_BAD_PLUGINS", ""))
SHIPPED = Path(BINARY).parent.parent / "lib/mlmon/plugins"
HANGS = {"batches_times", "services_cancelled", "delivery_cancelled"}

# Checks that only warn, and those that no plugin in the folder fails, with the test that shows them.
WARNS = {"file.imports", "schema.closed", "speed.events"}
ELSEWHERE = {"file.readable": "test_a_file_that_mlmon_would_not_load_is_not_readable",
             "schema.configuration": "test_keys_without_a_default_are_asked_for"}
# Under the address sanitizer malloc counts nothing, and its library has what the C++ one has.
BLIND = {"lifecycle.memory", "delivery.lifecycle", "file.undefined"} if SANITIZED else set()


def sources():
    """Of the plugins that are bad in one way each."""
    folder = Path(__file__).resolve().parent.parent / "bad_plugins/check"
    return sorted(path for path in folder.iterdir() if path.suffix in (".c", ".cpp"))


def named_for(plugin):
    """memory_bounds-behind -> memory.bounds"""
    return re.sub("_", ".", plugin.stem.split("-")[0], count=1)


class PluginCheckTest(MlmonTest):
    def check(self, plugin, *flags, code=None, **more):
        """Runs the check; the findings."""
        run = self.mlmon("plugin", "check", plugin, "--json", *flags, **more)
        if code is not None:
            self.expect_code(run, code)
        return run, [json.loads(line) for line in run.out.splitlines()]

    def of(self, findings, result):
        return {finding["check"] for finding in findings if finding["result"] == result}


@unittest.skipIf(SANITIZED, "what breaks a rule may meet the sanitizer first")
class BadPlugins(PluginCheckTest):
    def one(self, plugin):
        """What is wrong with what the check of this plugin gives; None: nothing."""
        check = named_for(plugin)
        if check in BLIND:
            return None
        # The sanitizer would be the first to catch a plugin in a check that it is not named for.
        only = ["--only", check] if SANITIZED else []
        timeout = "4s" if plugin.stem in HANGS else "40s"
        run, findings = self.check(plugin, "--timeout", timeout, *only)
        failed, warned = self.of(findings, "failed"), self.of(findings, "warning")
        details = [finding["detail"] for finding in findings if finding["check"] == check]
        if check in WARNS:
            return None if run.code == 0 and not failed and check in warned else (run, failed, warned)
        return None if run.code == 1 and failed == {check} and all(details) else (run, failed, warned)

    def test_each_bad_plugin_fails_exactly_the_check_that_it_is_named_for(self):
        plugins = [BAD / "check" / f"{source.stem}.so" for source in sources()]
        with ThreadPoolExecutor(2) as pool:
            for plugin, wrong in zip(plugins, pool.map(self.one, plugins)):
                with self.subTest(plugin.stem):
                    self.assertIsNone(wrong)

    def test_each_check_has_a_bad_plugin(self):
        run = self.mlmon("plugin", "check", "--list", "--json")
        self.expect_code(run, 0)
        checks = {json.loads(line)["check"] for line in run.out.splitlines()}
        proven = {named_for(source) for source in sources()}
        self.assertEqual(checks - proven, set(ELSEWHERE))
        self.assertEqual(proven - checks, set())

    def test_a_crash_is_named_by_its_signal_and_a_hang_by_its_time(self):
        _, findings = self.check(BAD / "check/batches_ordinary-crash.so", "--only", "batches")
        self.assertEqual([f["detail"] for f in findings if f["result"] == "failed"],
                         ["the plugin was killed by SIGABRT"])
        _, findings = self.check(BAD / "check/batches_times.so", "--only", "batches", "--timeout", "4s")
        self.assertEqual([f["detail"] for f in findings if f["result"] == "failed"],
                         ["the plugin took more than 4s"])
        self.assertIn("batches.kinds", self.of(findings, "ok"), "the checks behind it go on")

    def test_an_exception_over_the_border_is_told_with_its_text(self):
        _, findings = self.check(BAD / "check/batches_ordinary-throws.so", "--only", "batches.ordinary")
        self.assertIn("out of cheese", findings[0]["detail"])

    def test_what_was_touched_wrongly_is_named(self):
        for plugin, what in {"memory_bounds-behind": "f1 past its end",
                             "memory_bounds-write": "wrote to samples",
                             "memory_lifetime": "used kind after on_batch had returned"}.items():
            _, findings = self.check(BAD / f"check/{plugin}.so", "--only", "memory")
            failed = [f["detail"] for f in findings if f["result"] == "failed"]
            self.assertEqual(len(failed), 1, plugin)
            self.assertIn(what, failed[0])

    def test_each_class_is_checked(self):
        _, findings = self.check(BAD / "two_classes.so", code=1)
        failed = {(f["class"], f["check"]) for f in findings if f["result"] == "failed"}
        self.assertEqual(failed, {("test.bad", "batches.ordinary")})
        self.assertIn(("test.good", "state.replay", "ok"),
                      {(f.get("class"), f["check"], f["result"]) for f in findings})

    def test_what_cannot_be_said_without_another_check_is_skipped_and_says_so(self):
        _, findings = self.check(BAD / "check/load_library.so", code=1)
        skipped = {f["check"]: f["detail"] for f in findings if f["result"] == "skipped"}
        self.assertEqual(skipped["load.threads"], "needs load.library")

    def test_a_file_that_mlmon_would_not_load_is_not_readable(self):
        text = self.write("text.so", "no library at all\n")
        whole = (BAD / "well_behaved.so").read_bytes()
        cut = self.write("cut.so", whole[:5000])
        shared = self.write("shared.so", whole)
        shared.chmod(0o666)
        for path, why in {text: "not a 64-bit ELF shared library", cut: "is cut off",
                          shared: "others may write to it"}.items():
            _, findings = self.check(path, code=1)
            self.assertEqual(self.of(findings, "failed"), {"file.readable"})
            self.assertIn(why, findings[0]["detail"])
            self.assertEqual(self.of(findings, "ok"), set(), "it must not be loaded")


class GoodPlugins(PluginCheckTest):
    def test_the_shipped_plugins_and_a_well_behaved_one_fail_nothing(self):
        for plugin in (SHIPPED / "retraining.so", SHIPPED / "alert.so", BAD / "well_behaved.so"):
            run, findings = self.check(plugin)
            with self.subTest(plugin.stem):
                self.expect_code(run, 0)
                self.assertEqual(self.of(findings, "failed") | self.of(findings, "skipped"), set())
                self.assertGreater(len(findings), 50)
                # An instrumented plugin is slow and calls what the sanitizer wants.
                if not SANITIZED:
                    self.assertEqual(self.of(findings, "warning"), set())

    def test_a_plugin_that_uses_all_that_there_is_fails_nothing(self):
        run, findings = self.check(BAD / "asks_for_all.so")
        self.assertEqual(self.of(findings, "failed") | self.of(findings, "skipped"), set(), run.out)
        self.expect_code(run, 0)
        met = {f["check"]: f["detail"] for f in findings}
        for service in ("project", "subscribe", "emit", "counter", "count", "tick_every",
                        "state_scan", "state_next", "act", "suppress", "state_put", "state_delete"):
            if service != "state_delete":  # only where state is migrated
                self.assertIn(service, met["services.errors"].split(", "))
        self.assertIn("1.1", met["hosts.older"])

    def test_an_installed_plugin_is_found_by_its_name(self):
        _, findings = self.check("retraining", "--only", "file", code=0)
        self.assertEqual(self.of(findings, "failed"), set())

    def test_nothing_is_left_in_the_working_folder_or_the_temporary_one(self):
        shutil.copy(BAD / "check/state_replay.so", self.dir / "writes.so")
        self.check(self.dir / "writes.so", "--only", "state,batches")
        self.assertEqual([path.name for path in self.dir.iterdir()], ["writes.so"])
        self.assertEqual([path.name for path in self.home.iterdir() if "mlmon-check" in path.name], [])

    def test_keys_without_a_default_are_asked_for(self):
        plugin = BAD / "acts_badly.so"  # needs "how"
        _, findings = self.check(plugin, code=0)
        asked = {f["check"]: f["detail"] for f in findings if f["result"] == "skipped"}
        self.assertRegex(asked["schema.configuration"], "^how: .*--set")
        self.assertEqual(asked["batches.ordinary"], "needs schema.configuration")
        _, findings = self.check(plugin, "--set", 'how="no_fields"', code=0)
        self.assertEqual(self.of(findings, "skipped"), set())
        _, findings = self.check(plugin, "--set", 'how="not_json"', code=1)
        self.assertEqual(self.of(findings, "failed"), {"decisions.accepted"})

    def test_a_configuration_gives_the_keys_of_the_observer_that_runs_the_file(self):
        self.write("mlmon.toml", [f'[observers.other]', 'plugin = "retraining"', '[observers.mine]',
                                  f'plugin = "{BAD}/fails_at.so"', "number = 1000000000"])
        self.check(BAD / "fails_at.so", "-c", "mlmon.toml", "--only", "batches", code=0)
        _, findings = self.check(BAD / "fails_at.so", "-c", "mlmon.toml", "--set", "number=50",
                                 "--only", "batches.ordinary", code=1)
        self.assertIn("event of doom", findings[0]["detail"])
        run, _ = self.check(BAD / "well_behaved.so", "-c", "mlmon.toml", code=2)
        self.assertRegex(run.err, "mlmon.toml: no observer runs .*well_behaved.so")

    def test_made_up_actions_go_to_what_the_user_configured_only_when_asked(self):
        receivers = ["--set", 'receivers=[{name="log",type="file",path="told.ndjson"}]']
        _, findings = self.check("alert", *receivers, "--only", "delivery", code=0)
        self.assertEqual(self.of(findings, "skipped"), {"delivery.deliver", "delivery.cancelled"})
        self.assertFalse((self.dir / "told.ndjson").exists())
        _, findings = self.check("alert", *receivers, "--only", "delivery", "--deliver", code=0)
        self.assertEqual(self.of(findings, "skipped"), set())
        self.assertTrue((self.dir / "told.ndjson").exists())


class CommandLine(PluginCheckTest):
    def refuse(self, *args):
        run = self.mlmon("plugin", "check", *args)
        self.expect_code(run, 2)
        self.assertEqual(run.out, b"")
        return run.err

    def test_mistakes_are_told_with_exit_code_2(self):
        self.assertIn("no such file", self.refuse("nosuch.so"))
        self.assertIn("expected the FILE.so", self.refuse())
        self.assertIn("unexpected argument", self.refuse("a.so", "b.so"))
        self.assertIn('unknown check "memry" (did you mean "memory"', self.refuse("a.so", "--only", "memry"))
        self.assertIn("above 0s", self.refuse("a.so", "--timeout", "0s"))
        self.assertIn('min_f2: unknown key "min_f2" (did you mean "min_f1"?)',
                      self.refuse("alert", "--set", "min_f2=1"))
        self.assertIn("expected a number in [0, 1] or false", self.refuse("alert", "--set", 'min_f1="high"'))

    def test_only_the_named_checks_and_groups_run(self):
        _, findings = self.check("alert", "--only", "load,memory.bounds", "--only", "file.entry", code=0)
        groups = {finding["check"].split(".")[0] for finding in findings}
        self.assertEqual(groups, {"load", "memory", "file"})
        self.assertEqual([f["check"] for f in findings if f["check"].startswith("memory")], ["memory.bounds"])

    def test_what_a_named_check_needs_is_checked_too(self):
        _, findings = self.check(BAD / "check/create_instance.so", "--only", "speed", code=0)
        self.assertEqual([(f["check"], f["result"], f["detail"]) for f in findings],
                         [("speed.events", "skipped", "needs create.instance")])

    def test_json_is_one_object_a_check_and_text_a_table_with_a_sum(self):
        _, findings = self.check(BAD / "check/memory_bounds.so", "--only", "file,memory", code=1)
        for finding in findings:
            self.assertEqual(set(finding) - {"class"}, {"check", "result", "detail"})
            self.assertEqual("class" in finding, not finding["check"].startswith("file"))
        run = self.mlmon("plugin", "check", BAD / "check/memory_bounds.so", "--only", "file,memory")
        self.expect_code(run, 1)
        text = run.out.decode()
        self.assertRegex(text, r"(?m)^file\.entry +ok$")
        self.assertRegex(text, r"(?m)^test\.memory_bounds\n.*\nmemory\.lifetime +skipped +needs memory\.bounds$")
        self.assertRegex(text, r"memory\.bounds +failed +the plugin was killed by SIGSEGV: it touched the raw text")
        self.assertTrue(text.endswith("checks: 8 ok, 1 failed, 1 skipped\n"), text)


if __name__ == "__main__":
    if not BAD.is_dir():
        raise SystemExit("MLMON_BAD_PLUGINS must name the folder of the bad plugins")
    main()
