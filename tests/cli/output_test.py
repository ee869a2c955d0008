"""Where actions go: `-o FILE` holds each once, over failures; what could not be written comes next time."""

import os
import subprocess

import mlmon_run
from lines import metrics
from mlmon_run import MlmonTest

EVERY_MS = ("--set", 'bus.checkpoint_every="1ms"')


class OutputTest(MlmonTest):
    def setUp(self):
        super().setUp()
        self.state = self.dir / "state"
        self.out = self.dir / "out.ndjson"
        self.events = self.write("events.ndjson", [
            metrics(f1=0.5, model__name=f"m{n}") for n in range(1000)])
        self.expected = self.mlmon("run", "--no-state", self.events).out

    def run_state(self, *args, code=0, **more):
        run = self.run_events("--state", self.state, *args, state=True, **more)
        self.expect_code(run, code)
        return run

    def append(self, path, data):
        with open(path, "ab") as file:
            file.write(data)

    def more_events(self, name="x"):
        """One more line in the input, which gives two actions."""
        self.append(self.events, metrics(f1=0.5, model__name=name))


class Files(OutputTest):
    def test_it_is_appended_to_and_replaced_without_state(self):
        self.out.write_bytes(b"mine\n")
        self.run_state("-o", self.out, self.events)
        self.assertEqual(self.out.read_bytes(), b"mine\n" + self.expected)
        self.more_events()
        self.run_state("-o", self.out, self.events)
        self.assertEqual(self.out.read_bytes()[:-1].count(b"\n"), 2002)
        self.assertTrue(self.out.read_bytes().startswith(b"mine\n" + self.expected))
        self.expect_code(self.run_events("-o", self.out, self.events), 0)
        self.assertTrue(self.out.read_bytes().startswith(self.expected))

    def test_one_that_was_taken_away_gets_what_is_new(self):
        self.run_state("-o", self.out, self.events)
        self.out.rename(self.dir / "out.1")
        self.more_events()
        run = self.run_state("-o", self.out, self.events)
        self.assertEqual(run.receipt["actions"]["new"], 2)
        self.assertEqual(self.out.read_bytes().count(b"\n"), 2)

    def test_one_that_was_emptied_goes_on(self):
        self.run_state("-o", self.out, self.events)
        os.truncate(self.out, 0)
        self.more_events()
        self.run_state("-o", self.out, self.events)
        self.assertEqual(self.out.read_bytes().count(b"\n"), 2)
        self.assertNotIn(b"\0", self.out.read_bytes())

    def test_files_take_turns(self):
        other = self.dir / "other"
        for n, path in enumerate((self.out, other, self.out, other)):
            self.more_events(f"x{n}")
            self.run_state("-o", path, self.events)
        self.assertEqual(self.out.read_bytes().count(b"\n"), 2004)
        self.assertEqual(other.read_bytes().count(b"\n"), 4)
        lines = (self.out.read_bytes() + other.read_bytes()).splitlines()
        self.assertEqual(len(set(lines)), len(lines))

    def test_what_cannot_be_opened_is_refused_before_anything_is_done(self):
        for path in (self.dir, self.dir / "none" / "out"):
            run = self.mlmon("run", "--state", self.state, "-o", path, self.events)
            self.expect_code(run, 2)
            self.assertIn(str(path), run.err)
        self.assertEqual(self.run_state(self.events).out, self.expected)


class NotWritten(OutputTest):
    def firsts(self, *outputs):
        """Whole lines, each where it first appears."""
        lines = [line for out in outputs for line in out.splitlines(True) if line.endswith(b"\n")]
        return b"".join(dict.fromkeys(lines))

    def test_what_a_full_device_did_not_take_comes_next_time(self):
        with open("/dev/full", "wb") as full:
            run = self.mlmon("run", "--state", self.state, *EVERY_MS, self.events, stdout=full)
        self.expect_code(run, 1)
        self.assertIn("No space left on device", run.err)
        self.assertEqual(self.run_state(self.events).out, self.expected)
        self.assertEqual(self.run_state(self.events).out, b"")

    def test_what_a_closed_pipe_did_not_take_comes_next_time(self):
        process = self.start("run", "--state", self.state, *EVERY_MS, self.events,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        first = process.stdout.readline()
        process.stdout.close()
        self.assertIn(process.wait(timeout=mlmon_run.TIMEOUT), (0, -13))
        run = self.run_state(self.events)
        self.assertTrue(self.expected.endswith(run.out))
        if process.returncode != 0:
            self.assertEqual(self.firsts(first, run.out)[:len(first)], first)
            self.assertGreater(len(run.out), 0)

    def on_a_full_disk(self, kib=100):
        """The output file on a disk that has no room for all of it, after a run that filled it."""
        disk = self.dir / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", disk],
                                 stderr=subprocess.PIPE)
        if mounted.returncode != 0:
            self.skipTest(f"SKIPPED, no tmpfs can be mounted: {mounted.stderr.decode()}")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        out = disk / "out.ndjson"
        first = self.write("first.ndjson", [metrics(f1=0.5, model__name="first")])
        self.run_state("-o", out, first)
        self.expected = out.read_bytes() + self.expected
        run = self.mlmon("run", "--state", self.state, *EVERY_MS, "-o", out, self.events)
        self.expect_code(run, 1)
        self.assertIn("out.ndjson", run.err)
        self.assertIn("No space left on device", run.err)
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        self.assertTrue(self.expected.startswith(out.read_bytes()))
        self.assertGreater(out.stat().st_size, 10_000)
        return out

    def test_a_disk_that_was_full_gets_the_rest_and_nothing_twice(self):
        out = self.on_a_full_disk()
        for _ in range(2):
            self.run_state("-o", out, self.events)
            self.assertEqual(out.read_bytes(), self.expected)

    def test_what_somebody_else_wrote_behind_it_stays(self):
        out = self.on_a_full_disk()
        half = out.read_bytes()
        self.append(out, b"theirs\n")
        self.run_state("-o", out, self.events)
        text = out.read_bytes()
        self.assertTrue(text.startswith(half + b"theirs\n"))
        lines = text.splitlines(True)
        for line in self.expected.splitlines(True):
            self.assertEqual(lines.count(line), 1)

    def test_a_file_in_its_place_gets_what_is_due_only(self):
        out = self.on_a_full_disk()
        half = out.read_bytes()
        out.rename(out.with_suffix(".1"))
        self.run_state("-o", out, self.events)
        rest = out.read_bytes()
        self.assertTrue(self.expected.endswith(rest))
        self.assertGreaterEqual(len(half) + len(rest), len(self.expected))
        self.assertNotIn(b'"name":"first"', rest)

    def test_another_output_gets_what_is_due(self):
        out = self.on_a_full_disk()
        half = out.read_bytes()
        run = self.run_state(self.events)
        self.assertEqual(self.firsts(half, run.out), self.expected)


if __name__ == "__main__":
    mlmon_run.main()
