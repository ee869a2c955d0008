"""Section 16 of the contract: observers in a process of their own."""

import json
import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

import mlmon_run
from lines import metrics
from mlmon_run import MlmonTest

FOLDER = Path(os.environ.get("MLMON_BAD_PLUGINS", ""))
GOOD = FOLDER.parent / "good_plugins"
SANITIZED = os.environ.get("MLMON_SANITIZED") == "1"
SECOND = "2026-02-01T00:{:02}:{:02}Z"


def children_of(pid):
    """The processes that this one started, and theirs."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            pass
    return found + [other for child in found for other in children_of(child)]


def lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Isolation(MlmonTest):
    def events(self, n=600, poison=(), name="events.ndjson", **more):
        return self.write(name, [
            metrics(f1=0.3 + i % 10 / 20, samples=13 if i in poison else 100, model__name=f"m{i % 7}",
                    captured_at=SECOND.format(i // 60, i % 60), **more)
            for i in range(n)])

    def config(self, how="none", where="event", more="", isolated=True, plugin=None, capacity=64):
        isolation = f'isolation = "process"\n{more}' if isolated else ""
        path = plugin or FOLDER / "dies.so"
        keys = f'how = "{how}"\nwhere = "{where}"\n' if plugin is None else ""
        return self.write("mlmon.toml", f'[observers.mine]\nplugin = "{path}"\ncapacity = {capacity}\n'
                                        f'{isolation}\n{keys}')

    def run_mine(self, *args, state=None):
        receipt = self.home / "receipt.json"
        receipt.unlink(missing_ok=True)
        run = self.mlmon("run", "-c", "mlmon.toml", *(["--state", state] if state else ["--no-state"]),
                         "--receipt", receipt, *args)
        return run._replace(receipt=json.loads(receipt.read_text()) if receipt.exists() else None)

    def mine(self, run):
        [mine] = [one for one in run.receipt["observers"] if one["observer"] == "mine"]
        return mine

    def test_it_decides_as_in_the_process(self):
        self.events()
        for plugin in ("retraining", "alert", GOOD / "ticks.so", GOOD / "keeps_1.so", GOOD / "emits.so",
                       GOOD / "fields.so", GOOD / "counts.so", FOLDER / "asks_for_all.so"):
            with self.subTest(plugin):
                self.config(plugin=plugin, isolated=False)
                here = self.run_mine("--explain", "events.ndjson")
                self.config(plugin=plugin)
                apart = self.run_mine("--explain", "events.ndjson")
                self.assertEqual((apart.code, apart.out), (here.code, here.out), apart.err)
                mine = self.mine(apart)
                self.assertEqual(mine.pop("poisoned"), 0)
                self.assertEqual(mine, self.mine(here))

    def test_state_goes_on_in_either(self):
        self.events(600)
        lines = (self.dir / "events.ndjson").read_text().splitlines()
        self.config(plugin=GOOD / "keeps_1.so", isolated=False)
        whole = self.run_mine("events.ndjson").actions
        said = []
        for i in range(6):
            self.write(f"part{i}", lines[100 * i:100 * i + 100])
            self.config(plugin=GOOD / "keeps_1.so", isolated=i % 2 == 0)
            said += self.run_mine(f"part{i}", state="state").actions
        self.assertEqual([action["id"] for action in said], [action["id"] for action in whole])
        self.assertEqual([action["count"] for action in said], [action["count"] for action in whole])

    def test_from_start_gives_what_the_first_time_gave(self):
        self.events(200)
        self.config(plugin=GOOD / "keeps_1.so")
        first = self.run_mine("events.ndjson", state="state")
        again = self.run_mine("--from-start", "events.ndjson", state="state")
        self.assertEqual(len(first.actions), 200)
        self.assertEqual((again.out, again.receipt["actions"]["already_known"]), (b"", 200))

    def test_events_at_which_it_dies_are_found_skipped_told_once_and_quarantined(self):
        poison = (5, 40, 41, 333)
        self.events(600, poison)
        raw = (self.dir / "events.ndjson").read_bytes().splitlines()
        self.config()
        whole = [action for action in self.run_mine("events.ndjson").actions]
        for how, what in (("segv", "crashed: segmentation fault"), ("exit", "exited"), ("_exit", "exited"),
                          ("abort", "crashed: aborted"), ("fork", "crashed: aborted"), ("refused", "crashed: aborted")):
            with self.subTest(how):
                self.config(how)
                state = f"state-{how}"
                run = self.run_mine("--quarantine", f"q-{how}", "events.ndjson", state=state)
                self.expect_code(run, 1)
                mine = self.mine(run)
                self.assertEqual((mine["observed"], mine["poisoned"], mine["dropped"], mine["status"]),
                                 (596, 4, 0, "ok"))
                places = [action["line"] for action in run.actions]
                self.assertEqual(places, [action["line"] for action in whole if action["line"] - 1 not in poison])
                told = [line for line in run.err.splitlines() if line.endswith("; skipped")]
                self.assertEqual(told, [f"error: mine: events.ndjson:{i + 1}: {what}; skipped" for i in poison])
                kept = [json.loads(line) for line in (self.dir / f"q-{how}").read_text().splitlines()]
                self.assertEqual([(one["source"], one["line"], one["reason"], one["observer"], one["detail"],
                                   one["raw"].encode()) for one in kept],
                                 [("events.ndjson", i + 1, "observer", "mine", what, raw[i]) for i in poison])
                again = self.run_mine("--from-start", "events.ndjson", state=state)
                self.assertEqual(self.mine(again)["poisoned"], 4)
                self.assertNotIn("skipped", again.err)
                self.assertNotIn("started again", again.err)

    def test_the_address_sanitizer_reports_what_a_plugin_does_and_the_run_goes_on(self):
        self.events(60, (7,))
        sources = Path(__file__).resolve().parents[2]
        subprocess.run(["g++", "-std=c++17", "-g", "-fsanitize=address", "-fPIC", "-shared", "-fvisibility=hidden",
                        "-I", sources / "sdk/include", f"-Wl,--version-script={sources}/sdk/plugin.map",
                        sources / "tests/bad_plugins/dies.cpp", "-o", self.dir / "sanitized.so"], check=True)
        library = subprocess.run(["g++", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
        preload = {"LD_PRELOAD": library.stdout.strip()}
        self.write("mlmon.toml", '[observers.mine]\nplugin = "./sanitized.so"\nisolation = "process"\nhow = "heap"\n')
        run = self.mlmon("run", "-c", "mlmon.toml", "--no-state", "--quarantine", "q", "events.ndjson", env=preload)
        self.expect_code(run, 1)
        self.assertIn("AddressSanitizer: heap-buffer-overflow", run.err)
        self.assertRegex(run.err, r"dies\.cpp:[0-9]+")
        kept = [json.loads(line) for line in (self.dir / "q").read_text().splitlines()]
        self.assertEqual([(one["line"], one["reason"]) for one in kept], [(8, "observer")])
        self.assertEqual(len(run.actions), 24)

    def test_one_that_hangs_or_grows_without_end_runs_into_its_limits(self):
        if SANITIZED:
            self.skipTest("a sanitizer takes more address space than there is")
        self.events(40, (7,))
        for how, limits, what in (
                ("hang", '{ batch = "300ms" }', "did not return within 300 ms, its limit for one call"),
                ("spin", '{ batch = "300ms", memory = 0 }', "did not return within 300 ms"),
                ("memory", '{ memory = "256MiB" }', "ran out of memory")):
            with self.subTest(how):
                self.config(how, more=f"limits = {limits}")
                run = self.run_mine("events.ndjson")
                self.expect_code(run, 1)
                self.assertEqual(self.mine(run)["poisoned"], 1, run.err)
                self.assertEqual(self.mine(run)["observed"], 39)
                self.assertRegex(run.err, rf"events\.ndjson:8: {what}.*; skipped")

    def test_one_that_dies_always_is_stopped(self):
        self.events(200, range(200))
        self.config("segv")
        run = self.run_mine("events.ndjson")
        self.expect_code(run, 1)
        mine = self.mine(run)
        self.assertEqual((mine["status"], mine["observed"]), ("failed", 0))
        self.assertEqual(mine["poisoned"] + mine["dropped"], 200)
        self.assertIn("its process failed at each of the last", run.err)

    def test_one_that_cannot_begin_is_named(self):
        self.events(10)
        for where, how, what in (("create", "segv", "crashed: segmentation fault"), ("create", "exit", "exited")):
            with self.subTest(how):
                self.config(how, where)
                run = self.run_mine("events.ndjson")
                self.expect_code(run, 1)
                self.assertIn(what, run.err)
                self.assertEqual(self.mine(run)["status"], "failed")
        self.config("segv", "finish")
        run = self.run_mine("events.ndjson")
        self.expect_code(run, 1)
        self.assertIn("finish: crashed: segmentation fault", run.err)

    def test_what_is_wrong_with_its_keys_is_told_with_its_place(self):
        self.events(1)
        for more, text in (
                ('limits = { memory = "much" }', 'observers.mine.limits.memory: expected a size such as "1GiB", or 0'),
                ('limits = { batch = 3 }', 'observers.mine.limits.batch: expected a duration such as "30s", or 0'),
                ('limits = { batches = "3s" }', 'observers.mine.limits.batches: unknown key (did you mean "batch"?)'),
                ('limits = "all"', "observers.mine.limits: expected a table")):
            with self.subTest(more):
                self.config(more=more)
                run = self.run_mine("events.ndjson")
                self.expect_code(run, 2)
                self.assertIn(text, run.err)
                self.assertIn("mlmon.toml:5: ", run.err)
        self.write("mlmon.toml", f'[observers.mine]\nplugin = "{FOLDER}/dies.so"\nlimits = {{ batch = "1s" }}\n')
        run = self.run_mine("events.ndjson")
        self.expect_code(run, 2)
        self.assertIn('observers.mine.limits: expected isolation = "process" beside it', run.err)
        for zero in ('0', '"0B"'):
            self.config(more=f'limits = {{ memory = {zero}, batch = "0s" }}')
            self.expect_code(self.run_mine("events.ndjson"), 0)

    def test_a_broken_observer_says_what_it_said_in_the_process(self):
        self.events(20)
        for plugin, keys in (("fails_at", 'number = 7'), ("throws", 'how = "exception"'), ("throws", 'how = "create"'),
                             ("acts_badly", 'how = "not_json"'), ("acts_badly", 'how = "row_out_of_range"'),
                             ("asks_badly", 'how = "pointer"'), ("asks_badly", 'how = "long_value"'),
                             ("asks_badly", 'how = "action_size"'), ("asks_badly", 'how = "emit"')):
            with self.subTest(plugin, keys=keys):
                errors = []
                for isolation in ("", 'isolation = "process"'):
                    self.write("mlmon.toml", f'[observers.mine]\nplugin = "{FOLDER}/{plugin}.so"\n{isolation}\n{keys}\n')
                    run = self.run_mine("events.ndjson")
                    self.expect_code(run, 1)
                    errors.append((self.mine(run)["error"], self.mine(run)["observed"]))
                self.assertEqual(errors[0], errors[1])

    def test_kills_of_the_child_change_nothing(self):
        self.events(3000)
        plugin = GOOD / "keeps_1.so"
        self.config(plugin=plugin, isolated=False)
        whole = self.run_mine("events.ndjson").out
        self.config(plugin=plugin)
        kills = 0
        for n in range(10):
            out = self.dir / f"out{n}"
            process = self.start("run", "-c", "mlmon.toml", "--state", f"state{n}", "-o", out, "events.ndjson",
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for _ in range(3):
                time.sleep(0.002 * n)
                for child in children_of(process.pid):
                    try:
                        os.kill(child, signal.SIGKILL)
                        kills += 1
                    except ProcessLookupError:
                        pass
            _, err = process.communicate(timeout=60)
            if process.returncode != 0:  # killed at its start, before it could say what it is
                continue
            self.assertEqual(out.read_bytes(), whole, err)
        self.assertGreater(kills, 0)

    def test_no_process_is_left_behind(self):
        self.events(20, (3,))
        for how, end in (("spin", signal.SIGKILL), ("spin", signal.SIGTERM), ("spin", signal.SIGSEGV),
                         ("fork_spin", signal.SIGKILL), ("fork_spin", signal.SIGTERM)):
            with self.subTest(how, end=end):
                self.config(how)
                process = self.start("run", "-c", "mlmon.toml", "--no-state", "--shutdown-timeout", "100ms",
                                     "events.ndjson", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                deadline = time.monotonic() + 60
                children = []
                while time.monotonic() < deadline and not any(map(self.uses_a_processor, children)):
                    children = children_of(process.pid)
                    time.sleep(0.01)
                self.assertTrue(children)
                process.send_signal(end)
                process.wait(60)
                while time.monotonic() < deadline and any(map(lives, children)):
                    time.sleep(0.01)
                self.assertEqual([child for child in children if lives(child)], [])

    @staticmethod
    def uses_a_processor(pid):
        try:
            return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11]) > 30
        except OSError:
            return False

    def test_derived_events_and_their_poison_have_the_place_of_their_cause(self):
        self.events(40)
        self.write("mlmon.toml", f"""
[observers.emits]
plugin = "{GOOD}/emits.so"
isolation = "process"
[observers.mine]
plugin = "{GOOD}/hears.so"
isolation = "process"
""")
        apart = self.run_mine("events.ndjson")
        text = (self.dir / "mlmon.toml").read_text().replace('isolation = "process"', "")
        self.write("mlmon.toml", text)
        here = self.run_mine("events.ndjson")
        self.assertEqual(apart.out, here.out)
        self.assertEqual(self.mine(apart)["derived"], self.mine(here)["derived"])

    def test_the_delivery_half_stays_in_the_host(self):
        self.events(40)
        self.write("mlmon.toml", f'[observers.mine]\nplugin = "{FOLDER}/delivers_badly.so"\nhow = "none"\n'
                                 'isolation = "process"\n')
        run = self.run_mine("events.ndjson")
        self.expect_code(run, 0)
        self.assertEqual(run.receipt["actions"]["delivered"], run.receipt["actions"]["new"])


if __name__ == "__main__":
    mlmon_run.main()
