"""Where actions go: `-o FILE` holds each once, over failures; what could not be written comes next time."""

import json
import os
import shutil
import subprocess
import time

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


class Renewed(OutputTest):
    """`-o FILE` that is taken away under a run that goes on."""

    def setUp(self):
        super().setUp()
        self.events.write_bytes(b"")
        self.numbers = 0

    def follow(self, *state):
        self.process = self.start("run", "--follow", *(state or ("--state", self.state)), "-o", self.out,
                                  "--summary", "none", "--set", "observers.alert.enabled=false", self.events)
        self.addCleanup(self.process.kill)
        self.wait_until(self.out.exists)

    def wait_until(self, what):
        until = time.monotonic() + mlmon_run.TIMEOUT
        while not what():
            self.assertIsNone(self.process.poll())
            self.assertLess(time.monotonic(), until)
            time.sleep(0.005)

    def decide(self):
        """One action more; returns once it stands at the end of the file."""
        self.numbers += 1
        name = f"n{self.numbers}"
        self.append(self.events, metrics(f1=0.7, model__name=name))
        self.wait_until(lambda: self.out.exists() and name.encode() in self.out.read_bytes())
        return name

    def names(self, *paths):
        return [json.loads(text)["model"]["name"] for path in paths for text in path.read_bytes().splitlines()]

    def test_one_that_was_renamed_compressed_removed_or_cut_is_made_anew(self):
        for state in (("--no-state",), ()):
            self.follow(*state)
            old = self.dir / "out.ndjson.1"
            first = self.decide()
            self.out.rename(old)
            second = self.decide()
            self.assertEqual((self.names(old)[-1:], self.names(self.out)), ([first], [second]))
            subprocess.run(["gzip", "-f", self.out], check=True)
            self.assertEqual(self.names(self.out) if self.decide() else "", [f"n{self.numbers}"])
            self.out.unlink()
            last = [self.decide(), self.decide()]
            self.assertEqual(self.names(self.out), last)
            os.truncate(self.out, 0)
            last = [self.decide()]
            self.assertEqual(self.names(self.out), last)
            self.process.terminate()
            self.assertEqual(self.process.wait(mlmon_run.TIMEOUT), 0)
            self.out.unlink()

    def test_after_a_kill_nothing_stands_twice_in_the_new_file(self):
        self.follow()
        for way in (lambda: self.out.rename(self.dir / "out.1"), self.out.unlink, lambda: os.truncate(self.out, 0)):
            self.decide()
            way()
            last = self.decide()
            self.process.kill()
            self.process.wait()
            self.follow()
            following = self.decide()
            self.assertEqual(self.names(self.out)[-2:], [last, following])

    def test_a_fifo_waits_for_its_reader(self):
        os.mkfifo(self.out)
        self.events.write_bytes(metrics(f1=0.7, model__name="n1"))
        self.process = self.start("run", "--state", self.state, "-o", self.out, "--summary", "none",
                                  "--set", "observers.alert.enabled=false", self.events)
        self.addCleanup(self.process.kill)
        self.assertEqual(self.names(self.out), ["n1"])
        self.assertEqual(self.process.wait(mlmon_run.TIMEOUT), 0)

    def test_a_state_folder_that_is_removed_ends_the_run(self):
        self.follow()
        self.process.kill()
        self.process.wait()
        for removed in (lambda: shutil.rmtree(self.state), lambda: (self.state / "state.db").rename(self.dir / "db")):
            with self.start("run", "--follow", "--state", self.state, "-o", self.out, self.events,
                            stderr=subprocess.PIPE) as self.process:
                self.decide()
                removed()
                self.assertEqual(self.process.wait(mlmon_run.TIMEOUT), 1)
                self.assertIn(b"state.db: was removed while it was in use", self.process.stderr.read())


class Unwritable(OutputTest):
    def test_an_alert_that_stderr_did_not_take_waits(self):
        alert = self.write("alert.ndjson", metrics(f1=0.5, model__name="m"))
        process = self.start("run", "--state", self.state, "--deliver-timeout", "200ms", "--receipt", "receipt.json",
                             "-o", self.out, alert, stderr=open("/dev/full", "wb"))
        self.assertEqual(process.wait(mlmon_run.TIMEOUT), 4)
        waiting = json.loads((self.dir / "receipt.json").read_text())["actions"]["waiting"]
        self.assertEqual(waiting, 1)
        self.assertIn("Low F1", self.run_state("-o", self.out, alert).err)

    def test_what_the_quarantine_did_not_take_is_read_again(self):
        bad = self.write("bad.ndjson", [b"{%d\n" % n for n in range(60)] + [metrics()])
        for _ in range(2):
            run = self.run_state("--quarantine", "/dev/full", bad, code=1)
            self.assertIn("quarantine /dev/full: No space left on device", run.err)
        self.run_state("--quarantine", "q.ndjson", bad)
        self.assertEqual((self.dir / "q.ndjson").read_bytes().count(b"\n"), 60)
        self.run_state("--quarantine", "q.ndjson", bad)
        self.assertEqual((self.dir / "q.ndjson").read_bytes().count(b"\n"), 60)


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

    def test_a_last_line_of_somebody_else_gets_its_newline(self):
        self.out.write_bytes(b"mine")
        self.run_state("-o", self.out, self.events)
        self.assertEqual(self.out.read_bytes(), b"mine\n" + self.expected)
        self.append(self.out, b"# a note")
        self.run_state("-o", self.out, self.events)
        self.assertEqual(self.out.read_bytes(), b"mine\n" + self.expected + b"# a note")
        self.more_events()
        self.run_state("-o", self.out, self.events)
        self.assertTrue(self.out.read_bytes().startswith(b"mine\n" + self.expected + b"# a note\n{"))

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

    def on_a_full_disk(self, kib=100, note=b""):
        """The output file on a disk that has no room for all of it, after a run that filled it. `note`: what somebody
        else had written into it before that run."""
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
        self.append(out, note)
        self.expected = out.read_bytes() + (b"\n" if note else b"") + self.expected
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

    def test_what_was_cut_short_after_a_line_of_somebody_else_is_completed(self):
        out = self.on_a_full_disk(note=b"# without its newline")
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
