"""Histories of disturbed runs over one input, to be compared with that of an undisturbed one.

The world that all begin in: an earlier run has read a part of the input; of the jobs that it opened some were
claimed, done and failed, which nobody has been told yet.
"""

import json
import random
import shutil
import subprocess
from typing import NamedTuple

from faulty import COUNTS, NONE
import mlmon_run
from lines import drift, metrics, time
from mlmon_run import MlmonTest
from receipt import check_receipt

FILES, LINES, MODELS = 6, 30, 7
BAD = b'{"type":"metrics","model":7}\n'
CONFIG = """
[bus]
checkpoint_every = "1ms"
[observers.retraining]
plugin = "retraining"
[observers.alert]
plugin = "alert"
[[observers.alert.receivers]]
name = "log"
type = "file"
path = "told.ndjson"
retry = {initial = "1ms", max = "10ms"}
[[observers.alert.receivers]]
name = "command"
type = "exec"
command = ["sh", "-c", "cat >> heard.ndjson"]
severity = ["warning"]
"""


def events(count, chosen, second, models="m"):
    """Events of which many fire, resolve or ask for a retraining, the first of that second."""
    lines = []
    for n in range(second, second + count):
        model = f"{models}{chosen.randrange(MODELS)}"
        if chosen.random() < 0.2:
            lines.append(drift(p_value=chosen.choice([0.01, 0.5]), model__name=model, detected_at=time(n)))
        else:
            lines.append(metrics(f1=chosen.choice([0.5, 0.65, 0.7, 0.9]), model__name=model,
                                 captured_at=time(n)))
    return lines


class Outcome(NamedTuple):
    """What a history comes to."""
    actions: list  # lines of -o FILE
    jobs: list
    outbox: list
    told: dict  # by the file receiver: bodies by id
    heard: dict  # by the exec receiver
    quarantined: set


def in_any_order(outcome):
    return outcome._replace(actions=sorted(outcome.actions),
                            jobs=sorted(outcome.jobs, key=lambda job: job["job"]))


class History:
    """A folder with a state, an output and receivers' files of its own, in which runs follow each other."""

    def __init__(self, folder, home, to_stdout=False):
        self.folder, self.home, self.to_stdout = folder, home, to_stdout
        self.printed = []  # whole lines on stdout, over all runs
        self.err = ""  # of the last run
        self.torn = 0  # so many writes were cut short by a kill

    paths = ["*/state*", "*/out.ndjson*", "*/told.ndjson", "*/quarantine.ndjson", "*/receipt.json*"]

    def start(self, *args, fault=NONE, paths=None, log=None, **popen):
        """The program as a Popen, in this folder, behind the shim."""
        env = mlmon_run.environment(self.home, **fault.environment(
            self.paths if paths is None else paths, log, slow="*/in/*.ndjson"))
        return subprocess.Popen([mlmon_run.BINARY, *map(str, args)], cwd=self.folder, env=env, **popen)

    def call(self, *args, fault=NONE, **more):
        """Runs it to its end; returns exit code (-9: killed) and what it printed."""
        self.torn += fault.do == "tear"
        with self.start(*args, fault=fault, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                        **more) as process:
            try:
                out, err = process.communicate(timeout=mlmon_run.TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        self.err = err.decode("utf-8", "replace")
        return process.returncode, out

    def run_args(self, *inputs):
        return ["run", "-c", "m.toml", "--state", "state", "--summary", "none", "--quarantine",
                "quarantine.ndjson", "--receipt", "receipt.json",
                *([] if self.to_stdout else ["-o", "out.ndjson"]), *(inputs or ["../in"])]

    def run(self, *inputs, **more):
        """`mlmon run` over the input; returns the exit code. A receipt of it is checked."""
        receipt = self.folder / "receipt.json"
        receipt.unlink(missing_ok=True)
        code, out = self.call(*self.run_args(*inputs), **more)
        self.printed += [line.rstrip(b"\n") for line in out.splitlines(keepends=True)
                         if line.endswith(b"\n")]
        if receipt.exists() and code >= 0:
            check_receipt(self.receipt(), code)
        return code

    def receipt(self):
        return json.loads((self.folder / "receipt.json").read_text())

    def listed(self, what):
        code, out = self.call(what, "list", "--json", "--state", "state")
        if code != 0:
            raise AssertionError(f"{what} list: exit {code}: {self.err}")
        return [json.loads(line) for line in out.splitlines()]

    def json_lines(self, name):
        """The objects in a file that is appended to. What a kill cut short stays there as a line of its own,
        and what it was to be comes whole behind it."""
        path = self.folder / name
        objects, broken = [], 0
        for line in path.read_bytes().splitlines() if path.exists() else []:
            try:
                objects.append(json.loads(line))
            except ValueError:
                broken += 1
        if broken > self.torn:
            raise AssertionError(f"{name}: {broken} lines are broken, {self.torn} writes were")
        return objects

    def bodies(self, name):
        """What a receiver was told, by id; the same id always has the same body."""
        bodies = {}
        for action in self.json_lines(name):
            if bodies.setdefault(action["id"], action) != action:
                raise AssertionError(f"{name}: two bodies of {action['id']}")
        return bodies

    def outcome(self):
        out = self.folder / "out.ndjson"
        lines = (list(dict.fromkeys(self.printed)) if self.to_stdout
                 else out.read_bytes().splitlines() if out.exists() else [])
        return Outcome(lines, self.listed("jobs"), self.listed("outbox"), self.bodies("told.ndjson"),
                       self.bodies("heard.ndjson"),
                       {(bad["source"], bad["line"]) for bad in self.json_lines("quarantine.ndjson")})


class HistoryTest(MlmonTest):
    """A test that has `self.world`, the folder that histories begin with, and `self.expected`."""

    to_stdout = False
    models_of_its_own = False  # each file has: then the order of the files does not matter

    def setUp(self):
        super().setUp()
        chosen = random.Random(11)
        for n in range(FILES):
            models = f"m{n}-" if self.models_of_its_own else "m"
            lines = events(LINES, chosen, n * LINES, models)
            if n % 2:
                lines.insert(chosen.randrange(LINES), BAD)
            self.write(f"in/{n}.ndjson", lines)
        self.made = 0
        self.world = None
        self.world = self.live_through_the_past()
        undisturbed = self.history()
        self.assertEqual(undisturbed.run(), 0, undisturbed.err)
        self.expected = undisturbed.outcome()
        self.assertGreater(len(self.expected.actions), 50)

    def live_through_the_past(self):
        past = self.history()
        self.assertEqual(past.run("../in/0.ndjson", "../in/1.ndjson"), 0, past.err)
        jobs = past.listed("jobs")
        self.assertGreater(len(jobs), 4)
        for n, ends in enumerate([("done",), ("fail", "--reason", "no data"), ("cancel",)]):
            self.assertEqual(past.call("jobs", *ends, jobs[n]["job"], "--state", "state")[0], 0, past.err)
        return past

    def history(self, anew=False):
        """A new one: a copy of the world, or from nothing at all."""
        self.made += 1
        folder = self.dir / f"history{self.made}"
        if self.world and not anew:
            shutil.copytree(self.world.folder, folder)
        else:
            folder.mkdir()
            (folder / "m.toml").write_text(CONFIG)
        history = History(folder, self.home, self.to_stdout)
        if self.world and not anew:
            history.printed = list(self.world.printed)
        return history

    def calls(self, history, *args, calls="", paths=None):
        """The calls that a run in this history makes, as lines of the shim's log."""
        log = self.dir / "calls.log"
        log.unlink(missing_ok=True)
        fault = NONE._replace(calls=calls)
        if args:
            self.assertEqual(history.call(*args, fault=fault, log=log, paths=paths)[0], 0, history.err)
        else:
            self.assertEqual(history.run(fault=fault, log=log, paths=paths), 0, history.err)
        return log.read_text().splitlines()

    def complete(self, history):
        """Runs undisturbed to the end; now and then once more, which finds nothing to do."""
        self.assertEqual(history.run(), 0, history.err)
        if self.made % 8 == 0:
            self.assertEqual(history.run(), 0, history.err)
            self.assertEqual(history.receipt()["actions"]["decided"], 0)

    def compare(self, history, expected=None, but_for=()):
        """Nothing is lost and nothing is there twice."""
        expected = expected or self.expected
        got = history.outcome()
        if self.models_of_its_own:
            got, expected = in_any_order(got), in_any_order(expected)
        COUNTS.compared += 1
        COUNTS.lost += len(set(expected.actions) - set(got.actions))
        COUNTS.doubled += len(got.actions) - len(set(got.actions))
        for name in set(Outcome._fields) - set(but_for):
            self.assertEqual(getattr(got, name), getattr(expected, name), name)

    def drop(self, history):
        shutil.rmtree(history.folder, ignore_errors=True)
