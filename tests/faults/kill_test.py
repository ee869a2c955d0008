"""Killed at any instant and run again, mlmon gives the actions and jobs of an undisturbed run.

The instants are drawn from a seed that a failure names. MLMON_SLOW makes it many more, MLMON_KILLS so many.
"""

import json
import os
import random
import resource
import shutil
import subprocess
import time

from faulty import COUNTS, SEED, time_is_up
import mlmon_run
from lines import metrics
from mlmon_run import DATA, SLOW, MlmonTest

KILLS = int(os.environ.get("MLMON_KILLS", "400" if SLOW else "8"))  # a case; there are six
EVERY_MS = ("--set", 'bus.checkpoint_every="1ms"')


def events(count, models):
    """Events of which many fire, resolve or ask for a retraining."""
    chosen = random.Random(7)
    return [metrics(f1=chosen.choice([0.5, 0.65, 0.7, 0.9]), model__name=f"m{chosen.randrange(models)}")
            for _ in range(count)]


class KillTest(MlmonTest):
    def setUp(self):
        super().setUp()
        self.seed = SEED
        self.random = random.Random(self.seed)

    def undisturbed(self, files, *args):
        """The action lines of a run with a state of its own, its jobs, and how long it took."""
        began = time.monotonic()
        run = self.mlmon("run", "--state", "undisturbed", "--summary", "none", *args, *files)
        took = time.monotonic() - began
        self.expect_code(run, 0)
        return run.out.splitlines(), self.jobs("undisturbed"), took

    def jobs(self, state):
        run = self.mlmon("jobs", "list", "--json", "--state", state)
        self.expect_code(run, 0)
        jobs = [json.loads(line) for line in run.out.splitlines()]
        return [(job["job"], job["status"], job["action"]) for job in jobs]

    def killed(self, took, *args):
        """A run that is killed at some instant, if it lives so long; its exit code and output."""
        process = self.start("run", "--summary", "none", *args, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
        try:
            out, _ = process.communicate(timeout=self.random.uniform(0, took * 1.1))
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
        return process.returncode, out

    def to_the_end(self, *args):
        run = self.mlmon("run", "--summary", "none", *args)
        self.expect_code(run, 0)
        return run.out

    def rounds(self, took, check, *args):
        """Kills and runs to the end with one state after the other, until there were enough kills;
        check(number, outputs) is called after each."""
        kills = 0
        number = 0
        while kills < KILLS and not time_is_up():
            number += 1
            self.assertLess(number, 10 * KILLS, "hardly a run lives until it is killed")
            state = self.dir / f"state{number}"
            outputs = []
            for _ in range(self.random.randint(1, 4)):
                code, out = self.killed(took, "--state", state, *self.fill(args, number))
                self.assertIn(code, (0, -9))
                kills += code == -9
                COUNTS.kills += code == -9
                outputs.append(out)
            outputs.append(self.to_the_end("--state", state, *self.fill(args, number)))
            with self.subTest(seed=self.seed, round=number):
                COUNTS.compared += 1
                check(number, outputs)
                self.assertEqual(self.jobs(state), self.expected_jobs)
                again = self.to_the_end("--state", state, *self.fill(args, number))
                self.assertEqual(again, b"")
            shutil.rmtree(state)

    @staticmethod
    def fill(args, number):
        return [str(arg).replace("NUMBER", str(number)) for arg in args]

    def expect_lines(self, lines, expected):
        COUNTS.lost += len(set(expected) - set(lines))
        COUNTS.doubled += len(lines) - len(set(lines))
        self.assertEqual(lines, expected)

    def expect_file(self, files, *args):
        expected, self.expected_jobs, took = self.undisturbed(files, *args)

        def check(number, _):
            path = self.dir / f"out{number}"
            self.expect_lines(path.read_bytes().splitlines(), expected)

        self.rounds(took, check, *args, "-o", "outNUMBER", *files)

    def expect_stdout(self, files, *args):
        expected, self.expected_jobs, took = self.undisturbed(files, *args)

        def check(_, outputs):
            firsts = dict.fromkeys(
                line for out in outputs for line in out.splitlines(keepends=True)
                if line.endswith(b"\n"))
            self.expect_lines([line.rstrip() for line in firsts], expected)

        self.rounds(took, check, *args, *files)


class Killed(KillTest):
    def three_files(self):
        lines = DATA.read_bytes().splitlines(keepends=True)
        return [self.write(f"{n}.ndjson", lines[n * 4000:(n + 1) * 4000]) for n in range(3)]

    def test_a_file_holds_every_action_once_in_order(self):
        self.expect_file([DATA], *EVERY_MS)

    def test_several_files_into_a_file(self):
        self.expect_file(self.three_files(), *EVERY_MS)

    def test_stdout_lacks_none_and_first_appearances_are_in_order(self):
        self.expect_stdout([self.write("e", events(4000, 50))], *EVERY_MS)

    def test_many_actions_into_a_file(self):
        self.expect_file([self.write("e", events(4000, 50))], *EVERY_MS)

    def test_with_the_checkpoints_of_the_defaults(self):
        self.expect_stdout(self.three_files())

    def test_a_receiver_gets_every_action(self):
        command = ["sh", "-c", "cat >> ids"]
        self.write("m.toml", "\n".join([
            '[observers.retraining]', 'plugin = "retraining"',
            '[observers.alert]', 'plugin = "alert"',
            '[[observers.alert.receivers]]', 'name = "ops"', 'type = "exec"',
            f"command = {json.dumps(command)}"]))
        files = [self.write("e", events(150, 20))]
        ids = self.dir / "ids"
        expected, self.expected_jobs, took = self.undisturbed(files, "-c", "m.toml", *EVERY_MS)
        alerts = [json.loads(line) for line in expected if b'"action":"alert"' in line]
        told = [json.loads(line) for line in ids.read_bytes().splitlines()]
        self.assertEqual(told, alerts)
        self.assertGreater(len(alerts), 30)
        ids.unlink()

        def check(*_):
            told = [json.loads(line) for line in ids.read_bytes().splitlines()]
            bodies = {}
            for action in told:
                self.assertEqual(bodies.setdefault(action["id"], action), action)
            self.assertEqual({a["id"]: a for a in alerts}, bodies)
            ids.unlink()

        self.rounds(took, check, "-c", "m.toml", *EVERY_MS, *files)


class FullDisk(KillTest):
    """The state has no room: a clear error, and the next run with room completes the same actions."""

    def setUp(self):
        super().setUp()
        self.events = self.write("e", events(20000, 300))
        self.expected, self.expected_jobs, _ = self.undisturbed([self.events])

    def expect_completed(self, first, state):
        self.assertEqual(first.returncode, 1, first.stderr)
        self.assertIn(b"state", first.stderr)
        out = first.stdout + self.to_the_end("--state", state, self.events)
        firsts = dict.fromkeys(line for line in out.splitlines())
        self.assertEqual(list(firsts), self.expected)
        self.assertEqual(self.jobs(state), self.expected_jobs)

    def run_limited(self, *args, **popen):
        return subprocess.run(
            [mlmon_run.BINARY, "run", "--summary", "none", *map(str, args)], cwd=self.dir,
            env=mlmon_run.environment(self.home), timeout=mlmon_run.TIMEOUT, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, **popen)

    def test_files_may_not_grow(self):
        for limit in (0, 4096, 100_000, 300_000, 1_000_000):
            with self.subTest(limit=limit):
                # As a shell with `ulimit -f` and SIGXFSZ ignored; Python's own is ignored.
                state = self.dir / f"state{limit}"
                first = self.run_limited(
                    *EVERY_MS, "--state", state, self.events, restore_signals=False,
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
                self.expect_completed(first, state)

    def test_a_small_disk_is_full(self):
        disk = self.dir / "disk"
        disk.mkdir()
        for kib in (16, 128, 512, 1024):
            with self.subTest(kib=kib):
                mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", disk],
                                         stderr=subprocess.PIPE)
                if mounted.returncode != 0:
                    self.skipTest(f"SKIPPED, no tmpfs can be mounted: {mounted.stderr.decode()}")
                try:
                    first = self.run_limited(*EVERY_MS, "--state", disk / "state", self.events)
                    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
                    self.expect_completed(first, disk / "state")
                finally:
                    subprocess.run(["umount", disk], check=True)


if __name__ == "__main__":
    mlmon_run.main()
