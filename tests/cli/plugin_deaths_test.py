"""A plugin that takes the process along is told first, with the place of its batch, and the exit code is 1.

The plugin is `dies` of tests/bad_plugins.
"""

import os
import re
import signal
import subprocess
import time
import unittest
from pathlib import Path

import mlmon_run
from lines import metrics
from mlmon_run import MlmonTest

FOLDER = Path(os.environ.get("MLMON_BAD_PLUGINS", ""))
SANITIZED = os.environ.get("MLMON_SANITIZED") == "1"


class PluginDeaths(MlmonTest):
    def setUp(self):
        super().setUp()
        self.events = self.write("events.ndjson", [
            metrics(f1=0.3 + n % 10 / 20, samples=13 if n == 40 else 100, model__name=f"m{n % 7}")
            for n in range(100)])

    def config(self, how, where="event", more=""):
        return self.write("mlmon.toml", f'[observers.mine]\nplugin = "{FOLDER}/dies.so"\n'
                                        f'how = "{how}"\nwhere = "{where}"\n{more}')

    @unittest.skipIf(SANITIZED, "a sanitizer tells of crashes itself")
    def test_a_crash_is_told_with_the_place_of_the_batch(self):
        for how, what in (("segv", "crashed: segmentation fault"), ("null", "crashed: segmentation fault"),
                          ("abort", "crashed: aborted"), ("overflow", "crashed: segmentation fault"),
                          ("exit", "called exit")):
            with self.subTest(how):
                run = self.mlmon("run", "-c", self.config(how), "--no-state", "events.ndjson")
                self.expect_code(run, 1)
                last = run.err.splitlines()[-1]
                found = re.fullmatch(r"fatal: mine: events\.ndjson:(\d+)-(\d+): (.*)", last)
                self.assertTrue(found, last)
                self.assertEqual(found[3], what)
                self.assertTrue(int(found[1]) <= 41 <= int(found[2]), last)

    @unittest.skipIf(SANITIZED, "a sanitizer tells of crashes itself")
    def test_one_event_is_named_by_its_line_alone(self):
        self.write("one.ndjson", [metrics(samples=13)])
        run = self.mlmon("run", "-c", self.config("segv"), "--no-state", "one.ndjson")
        self.assertEqual(run.err.splitlines()[-1],
                         "fatal: mine: one.ndjson:1: crashed: segmentation fault")

    @unittest.skipIf(SANITIZED, "a sanitizer tells of crashes itself")
    def test_where_there_is_no_event_the_function_is_named(self):
        for where in ("create", "finish"):
            for how, what in (("segv", "crashed: segmentation fault"), ("exit", "called exit")):
                with self.subTest(where, how=how):
                    run = self.mlmon("run", "-c", self.config(how, where), "--no-state", "events.ndjson")
                    self.expect_code(run, 1)
                    self.assertEqual(run.err.splitlines()[-1], f"fatal: mine: {where}: {what}")

    @unittest.skipIf(SANITIZED, "a sanitizer tells of crashes itself")
    def test_what_was_committed_before_is_not_lost(self):
        run = self.mlmon("run", "-c", self.config("segv"), "--state", "state", "-o", "out", "events.ndjson")
        self.expect_code(run, 1)
        run = self.mlmon("run", "-c", self.config("none"), "--state", "state", "-o", "out", "events.ndjson")
        self.expect_code(run, 0)
        alone = self.mlmon("run", "-c", self.config("none"), "--no-state", "events.ndjson")
        self.assertEqual((self.dir / "out").read_bytes(), alone.out)

    def test_an_endpoint_is_named_with_its_observer(self):
        if SANITIZED:
            self.skipTest("a sanitizer tells of crashes itself")
        self.write("mlmon.toml", f'[observers.mine]\nplugin = "{FOLDER}/delivers_badly.so"\nhow = "crash"\n')
        run = self.mlmon("run", "-c", "mlmon.toml", "--no-state", "events.ndjson")
        self.expect_code(run, 1)
        self.assertRegex(run.err.splitlines()[-1],
                         r"^fatal: mine\.one: deliver [0-9A-Z]{26}: crashed: aborted$")

    def test_one_that_hangs_is_named_when_the_run_is_to_end(self):
        for how in ("hang", "spin"):
            with self.subTest(how):
                process = self.start("run", "-c", self.config(how), "--no-state", "--shutdown-timeout", "1s",
                                     "events.ndjson", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                self.addCleanup(process.kill)
                self.wait_for_call(process)
                process.send_signal(signal.SIGTERM)
                out, err = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 1)
                self.assertRegex(err.decode().splitlines()[-1],
                                 r"^fatal: mine: events\.ndjson:\d+-\d+: has not returned for \d+ s")

    def wait_for_call(self, process):
        """Until the plugin hangs in pause(2), or uses a processor."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for task in Path(f"/proc/{process.pid}/task").iterdir():
                try:
                    call = (task / "wchan").read_text()
                    used = int((task / "stat").read_text().rsplit(")", 1)[1].split()[11])
                except OSError:
                    continue
                if "pause" in call or used > 50:  # hundredths of a second
                    return
            time.sleep(0.01)
        self.fail("the plugin was not called")


if __name__ == "__main__":
    mlmon_run.main()
