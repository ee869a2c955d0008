"""Files that rotate under a writer at full speed, while mlmon runs over the folder again and again as by cron, or
follows it: nothing is lost and nothing told twice, over kills too."""

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
import time

from faulty import ALL_CALLS, COUNTS, SEED
import mlmon_run
from lines import metrics, time as time_of
from mlmon_run import MlmonTest

LINES = 200_000 if ALL_CALLS else 10_000
MODELS = 500


def line(number):
    """Asks for a retraining of a model version of its own."""
    return metrics(f1=0.5, model__name=f"m{number % MODELS}", model__version=f"1.{number // MODELS}.0",
                   captured_at=time_of(number))


class Writer(threading.Thread):
    """Writes numbered lines as fast as it can, in pieces that end anywhere, and rotates by `rotate(self)`."""

    def __init__(self, folder, rotate, chosen):
        super().__init__()
        self.folder, self.rotate, self.random = folder, rotate, chosen
        self.path = folder / "now.ndjson"
        self.longest = chosen.choice((40, 300, 3_000, 20_000))  # piece; the short ones are parts of lines
        self.rotations = 0
        self.file = open(self.path, "ab", buffering=0)
        self.failure = None

    def run(self):
        try:
            text = [line(number) for number in range(LINES)]
            every = LINES // 40
            for first in range(0, LINES, every):
                piece = b"".join(text[first:first + every])
                while piece:
                    size = self.random.randrange(1, self.longest)
                    self.file.write(piece[:size])
                    piece = piece[size:]
                self.rotations += 1
                self.rotate(self)
            self.file.close()
        except Exception as failure:  # told by the test
            self.failure = failure

    def rename(self):
        self.file.close()
        self.path.rename(self.folder / f"old{self.rotations:03}.ndjson")
        self.file = open(self.path, "ab", buffering=0)

    def copy_and_cut(self):
        part = self.folder / "part"  # no input until it is whole
        shutil.copyfile(self.path, part)
        part.rename(self.folder / f"old{self.rotations:03}.ndjson")
        os.truncate(self.path, 0)


class Rotation(MlmonTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.folder = self.dir / "logs"
        self.folder.mkdir()
        self.out = self.dir / "out.ndjson"

    def write_by(self, rotate):
        writer = Writer(self.folder, rotate, self.random)
        writer.start()
        self.addCleanup(writer.join)
        return writer

    def args(self, *more):
        return ["run", "--state", "state", "-o", self.out, "--summary", "none", "--set",
                "observers.alert.enabled=false", "--set", 'bus.checkpoint_every="5ms"', *more,
                self.folder]

    # What a run may say, and end with 1: a file was just taken away, or is half of its successor.
    PASSING = r"/(now|old\d+)\.ndjson(: No such file|\.gz: (.*end|is not in gzip format))"

    def by_cron(self, writer, kill=0.0):
        """Runs until the writer has ended, and one that finds the rest. Some are killed."""
        ended = False
        while not ended:
            ended = not writer.is_alive()
            process = self.start(*self.args(), stderr=subprocess.PIPE)
            if not ended and self.random.random() < kill:
                try:
                    process.wait(self.random.uniform(0, 0.05))
                except subprocess.TimeoutExpired:
                    process.kill()
                    COUNTS.kills += 1
            _, err = process.communicate(timeout=mlmon_run.TIMEOUT)
            if process.returncode == 1 and not ended:
                for text in err.decode().splitlines():
                    self.assertRegex(text, self.PASSING)
            else:
                self.assertIn(process.returncode, (0, -9), err)
        self.expect_all(writer)

    def by_following(self, writer, ways=()):
        """One that follows until all is told; it is ended in one of the `ways` now and then, and begins again."""
        while True:
            process = self.start(*self.args("--follow"), stderr=subprocess.PIPE)
            try:
                goal = self.told() + self.random.randrange(1, LINES // 4) if ways else LINES
                self.wait_for_lines(min(goal, LINES), process)
                done = self.told() >= LINES and not writer.is_alive()
                how = self.random.choice(ways) if ways and not done else signal.SIGTERM
                process.send_signal(how)
                _, err = process.communicate(timeout=mlmon_run.TIMEOUT)
                COUNTS.kills += how == signal.SIGKILL
                # Before it has begun, SIGTERM just ends it.
                self.assertIn(process.returncode, (-9,) if how == signal.SIGKILL else (0, -15), err)
            finally:
                process.kill()
                process.wait()
                process.stderr.close()
            if done:
                return self.expect_all(writer)

    def told(self):
        return self.out.read_bytes().count(b"\n") if self.out.exists() else 0

    def wait_for_lines(self, count, process):
        until = time.monotonic() + mlmon_run.TIMEOUT
        while self.told() < count:
            self.assertIsNone(process.poll(), process.stderr.read() if process.poll() else "")
            if time.monotonic() > until:
                process.kill()
                self.fail(f"seed {SEED}: {self.told()} of {count} lines are told, by a run that said "
                          f"{process.stderr.read()}\n{self.what_is_read()}")
            time.sleep(0.01)

    def what_is_read(self):
        """For a failure: each file's size, and the places that the state holds."""
        with contextlib.closing(sqlite3.connect(self.dir / "state" / "state.db")) as state:
            state.text_factory = lambda text: text.decode("utf-8", "backslashreplace")
            rows = state.execute("select * from sources").fetchall()
        sizes = [(path.name, path.stat().st_size) for path in sorted(self.folder.iterdir())]
        return "\n".join(map(str, [*sizes, *rows]))

    def expect_all(self, writer):
        writer.join()
        self.assertIsNone(writer.failure)
        models = []
        for text in self.out.read_bytes().splitlines():
            model = json.loads(text)["model"]
            models.append(int(model["version"].split(".")[1]) * MODELS + int(model["name"][1:]))
        COUNTS.compared += 1
        COUNTS.lost += LINES - len(set(models))
        COUNTS.doubled += len(models) - len(set(models))
        self.assertEqual(len(set(models)), LINES, f"seed {SEED}")
        self.assertEqual(len(models), LINES, f"seed {SEED}")


class ByCron(Rotation):
    def test_a_file_that_is_renamed_and_made_anew(self):
        self.by_cron(self.write_by(Writer.rename))

    def test_a_file_that_is_renamed_and_made_anew_under_runs_that_are_killed(self):
        self.by_cron(self.write_by(Writer.rename), kill=0.7)

    def test_a_file_that_is_copied_and_cut_while_its_writer_pauses(self):
        self.by_cron(self.write_by(Writer.copy_and_cut), kill=0.3)

    def test_a_file_that_is_compressed_when_it_is_full(self):
        def rename_and_compress(writer):
            writer.rename()
            old = writer.folder / f"old{writer.rotations:03}.ndjson"
            subprocess.run(["gzip", "-1", old], check=True)

        self.by_cron(self.write_by(rename_and_compress), kill=0.3)


class ByFollowing(Rotation):
    def test_a_file_that_is_renamed_and_made_anew(self):
        self.by_following(self.write_by(Writer.rename))

    def test_a_run_that_is_ended_or_killed_goes_on(self):
        self.by_following(self.write_by(Writer.rename), [signal.SIGTERM, signal.SIGKILL])

    def test_a_file_that_is_copied_and_cut_while_its_writer_pauses(self):
        self.by_following(self.write_by(Writer.copy_and_cut), [signal.SIGTERM, signal.SIGKILL])


if __name__ == "__main__":
    mlmon_run.main()
