"""Section 16 of the contract: observers in Python, run by mlmon."""

import json
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import mlmon_run
from lines import metrics
from mlmon_run import MlmonTest, environment

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "sdk/examples/python"
SECOND = "2026-02-01T00:{:02}:{:02}Z"

LOW_AUC = '''
from mlmon import Observer

class LowAuc(Observer):
    config = {"limit": 0.80}
    fields = {"auc": "/metrics/auc"}

    def on_event(self, event):
        if event.auc is not None and event.auc < self.config.limit:
            self.act("alert", rule="low_auc", severity="warning", subject=f"AUC of {event.model.name} is {event.auc:.2f}")
'''


class PythonObserver(MlmonTest):
    def setUp(self):
        super().setUp()
        self.write("events.ndjson", [
            metrics(f1=0.3 + i % 10 / 20, metrics={"auc": 0.7 + i % 4 / 10}, model__name=f"m{i % 7}",
                    captured_at=SECOND.format(i // 60, i % 60)) for i in range(300)])

    def observer(self, source, keys="", name="mine.py"):
        self.write(name, source)
        self.write("mlmon.toml", f'[observers.mine]\nplugin = "{name}"\n{keys}\n')

    def run_mine(self, *args, **more):
        return self.run_events("-c", "mlmon.toml", *args, **more)

    def test_the_contracts_example_runs_beside_the_configuration(self):
        self.observer(LOW_AUC, "limit = 0.75")
        run = self.run_mine("events.ndjson")
        self.expect_code(run, 0)
        self.assertEqual(len(run.actions), 75)
        action = run.actions[0]
        self.assertEqual((action["rule"], action["severity"], action["subject"], action["line"]),
                         ("low_auc", "warning", "AUC of m0 is 0.70", 1))
        [mine] = run.receipt["observers"]
        self.assertEqual((mine["observed"], mine["poisoned"], mine["status"]), (300, 0, "ok"))

    def test_its_ids_are_those_of_a_library_that_says_the_same(self):
        self.mlmon("plugin", "new", "--lang", "python", "low")
        done = subprocess.run(["make", "test", f"MLMON={mlmon_run.BINARY}"], cwd=self.dir / "low", text=True,
                              env=environment(self.home), capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("Ran 1 test", done.stderr)  # of tests/unit.py

    def test_info_and_check_know_it(self):
        self.mlmon("plugin", "new", "--lang", "python", "low")
        info = json.loads(self.mlmon("plugin", "info", "--json", "low/low.py").out)
        self.assertEqual((info["subscribes"], info["emits"], info["state_version"]), (["metrics"], [], 1))
        self.assertIn({"pointer": "/metrics/auc", "type": "number", "event_type": ""}, info["fields"])
        self.assertEqual(info["classes"][0]["id"], "org.example.low")
        check = self.mlmon("plugin", "check", "--timeout", "60s", "low/low.py")
        self.expect_code(check, 0)
        # A busy machine is slow, and said to be.
        self.assertRegex(check.out.decode(), r"\d+ checks: \d+ ok(, 1 warning)?\n$")

    def test_a_key_that_is_the_hosts_is_refused(self):
        text = (ROOT / "sdk/README.md").read_text(encoding="utf-8")
        keys = re.search(r"The keys `([a-z ]+)` are the host's", text)[1].split()
        self.assertGreater(len(keys), 5)
        for key in (*keys, "limits"):
            self.write("mine.py", LOW_AUC.replace('"limit": 0.80', f'"limit": 0.80, "{key}": "x"'))
            self.write("mlmon.toml", '[observers.x]\nplugin = "mine.py"\n')
            run = self.mlmon("check", "-c", "mlmon.toml")
            refused = f'its configuration schema has a property "{key}", which is the host\'s' in run.err
            self.assertEqual((refused, run.code != 0), (key != "limits",) * 2, f"{key}: {run.err}")

    def test_check_finds_one_that_forgets(self):
        self.write("forgets.py", LOW_AUC.replace("LowAuc", "Forgets").replace(
            "def on_event", "def __init__(self):\n        self.n = 0\n    def on_event").replace(
            'rule="low_auc"', 'rule="low_auc", state=str(self.count_up())') +
            "    def count_up(self):\n        self.n += 1\n        return self.n\n")
        check = self.mlmon("plugin", "check", "--json", "--only", "state", "forgets.py")
        self.expect_code(check, 1)
        results = {one["check"]: one["result"] for one in map(json.loads, check.out.splitlines())}
        self.assertEqual(results["state.restart"], "failed")

    def test_state_goes_on_over_runs(self):
        self.observer('''
from mlmon import Observer
class Counts(Observer):
    def on_event(self, event):
        n = int(self.state.get(event.model, "n", 0)) + 1
        self.state[event.model, "n"] = str(n)
        self.act("counted", rule="n", state=str(n))
''')
        whole = self.run_mine("events.ndjson").out
        lines = (self.dir / "events.ndjson").read_bytes().splitlines(keepends=True)
        pieces = []
        for i in range(0, 300, 100):
            self.write(f"part{i}", lines[i:i + 100])
            pieces += [a["id"] for a in self.run_mine("--state", "s", f"part{i}", state=True).actions]
        self.assertEqual(pieces, [json.loads(line)["id"] for line in whole.splitlines()])

    def test_an_exception_stops_it_with_its_traceback(self):
        self.observer('''
from mlmon import Observer
class Breaks(Observer):
    def on_event(self, event):
        if event.line == 100:
            raise KeyError("of doom")
''')
        run = self.run_mine("events.ndjson")
        self.expect_code(run, 1)
        [mine] = run.receipt["observers"]
        self.assertEqual((mine["status"], mine["poisoned"]), ("failed", 0))
        self.assertRegex(mine["error"], r"^KeyError: 'of doom' \(.*mine\.py:6, in on_event\)$")
        for text in ("Traceback (most recent call last):", "mine.py\", line 6, in on_event", "raise KeyError"):
            self.assertIn(text, run.err)

    def test_what_it_prints_goes_to_the_log(self):
        self.observer('''
from mlmon import Observer
print("imported")
class Prints(Observer):
    def on_event(self, event):
        if event.line == 3:
            print("seen", event.line)
            self.act("alert", rule="third")
''')
        run = self.run_mine("events.ndjson")
        self.expect_code(run, 0)
        self.assertIn("mine: seen 3", run.err)
        self.assertEqual(len(run.actions), 1)

    def test_only_the_end_of_the_process_is_poison(self):
        self.observer('''
import os
from mlmon import Observer
class Dies(Observer):
    def on_event(self, event):
        if event.line == 150:
            os._exit(3)
        self.act("seen", rule="r")
''')
        run = self.run_mine("--quarantine", "q", "events.ndjson")
        self.expect_code(run, 1)
        [mine] = run.receipt["observers"]
        self.assertEqual((mine["observed"], mine["poisoned"], mine["actions"]), (299, 1, 299))
        self.assertIn("mine: events.ndjson:150: exited with code 3; skipped", run.err)
        self.assertEqual(json.loads((self.dir / "q").read_text())["reason"], "observer")

    def test_its_mistakes_are_told_before_anything_is_read(self):
        for source, keys, code, text in (
                (LOW_AUC, 'limit = "low"', 2, 'observers.mine.limit: expected a number, got "low"'),
                (LOW_AUC, "limt = 1", 2, 'unknown key "limt"'),
                ("import nothing_of_this_name", "", 1, "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
                ("x = 1", "", 1, "expected one subclass of mlmon.Observer, found none"),
                (LOW_AUC, 'python = "no-such-python"', 1, "no-such-python: No such file or directory")):
            with self.subTest(text):
                self.observer(source, keys)
                run = self.run_mine("events.ndjson")
                self.expect_code(run, code)
                self.assertIn(text, run.err)

    def test_own_types_and_derived_events(self):
        model = {"name": "m", "version": "1.0.0", "deployed_at": "2026-01-01T00:00:00Z"}
        self.write("types.ndjson", json.dumps({"type": "deploy", "model": model, "at": "2026-02-01T00:00:00Z",
                                               "note": "first"}) + "\n")
        self.write("one.py", '''
from mlmon import Observer
class One(Observer):
    subscribes = "deploy"
    emits = "noted"
    fields = {"note": ("/note", str)}
    counters = {"deploys": "that it saw"}
    def on_event(self, event):
        self.count("deploys")
        self.emit("noted", text=event.note, cause=event.type)
''')
        self.write("two.py", '''
from mlmon import Observer
class Two(Observer):
    subscribes = "noted"
    fields = {"text": "/text"}
    def on_event(self, event):
        self.act("alert", rule="noted", text=event.text, cause=event.json["cause"], derived=event.batch.derived)
''')
        self.write("mlmon.toml", '[observers.one]\nplugin = "one.py"\n[observers.two]\nplugin = "two.py"\n')
        run = self.run_events("-c", "mlmon.toml", "types.ndjson", sees_all=False)
        self.expect_code(run, 0)
        [action] = run.actions
        self.assertEqual((action["text"], action["cause"], action["derived"]), ("first", "deploy", True))
        one, two = run.receipt["observers"]
        self.assertEqual((one["counters"], two["derived"]), ({"deploys": 1}, 1))

    def test_no_process_is_left_behind_by_a_kill(self):
        self.observer('''
from mlmon import Observer
class Hangs(Observer):
    def on_event(self, event):
        open("pid", "w").write(str(__import__("os").getpid()))
        while True:
            pass
''')
        process = self.start("run", "-c", "mlmon.toml", "--no-state", "events.ndjson", stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        pid = ""
        while not pid and time.monotonic() < deadline:
            path = self.dir / "pid"
            pid = path.read_text() if path.exists() else ""
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        while time.monotonic() < deadline:
            try:
                if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                    return
            except OSError:
                return
            time.sleep(0.01)
        self.fail("the observer lives on")

    def test_the_examples_are_useful(self):
        def stream(figures, **more):
            return [metrics(f1=x, captured_at=SECOND.format(i // 60, i % 60), **more) for i, x in enumerate(figures)]

        steady = [0.9 + i % 3 / 100 for i in range(60)]
        for name, lines, keys, expected in (
                ("surprise", stream(steady + [0.5] + steady), "", [("surprise", "firing", 61)]),
                ("bounds", stream([0.9, 0.4, 0.3, 0.6, 0.2]), "low = 0.5",
                 [("bounds", "firing", 2), ("bounds", "resolved", 4), ("bounds", "firing", 5)]),
                ("challenger",
                 stream([0.9] * 30, model__version="1.0.0") +
                 stream([0.8] * 30 + [0.95] * 30, model__version="2.0.0", model__deployed_at="2026-01-20T00:00:00Z"),
                 "", [("challenger", "firing", 50), ("challenger", "resolved", 71)])):
            with self.subTest(name):
                shutil.copy(EXAMPLES / f"{name}.py", self.dir / f"{name}.py")
                self.write("mlmon.toml", f'[observers.mine]\nplugin = "{name}.py"\n{keys}\n')
                self.write("lines", lines)
                run = self.run_mine("lines")
                self.expect_code(run, 0)
                self.assertEqual([(a["rule"], a["state"], a["line"]) for a in run.actions], expected)
                check = self.mlmon("plugin", "check", "--timeout", "60s", f"{name}.py")
                self.expect_code(check, 0)


if __name__ == "__main__":
    mlmon_run.main()
