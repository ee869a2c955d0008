"""`mlmon run --follow`: files that grow, rotate, are cut and appear; no line lost, none read twice."""

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time
import unittest

import mlmon_run
from lines import metrics, time as time_of
from mlmon_run import MlmonTest, feed
from receipt import check_receipt


def line(number):
    """Asks for a retraining of a model of its own."""
    return metrics(f1=0.4, model__name=f"m{number:05}", captured_at=time_of(number))


class FollowTest(MlmonTest):
    def setUp(self):
        super().setUp()
        self.state = self.dir / "state"
        self.told = []  # names of models, as the actions come
        self.process = None

    def follow(self, *args, state=True):
        """Starts a run that follows; its actions are collected as they come."""
        kept = ["--state", self.state] if state else ["--no-state"]
        self.receipt_path = self.home / "receipt.json"
        self.receipt_path.unlink(missing_ok=True)
        self.process = self.start("run", "--follow", *kept, "--receipt", self.receipt_path,
                                  "--set", "observers.alert.enabled=false", *args,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.process.kill)
        self.err = []
        self.readers = [threading.Thread(target=self.collect, args=(self.process.stdout,)),
                        threading.Thread(target=lambda pipe: self.err.extend(pipe),
                                         args=(self.process.stderr,))]
        for reader in self.readers:
            reader.start()

    def collect(self, pipe):
        for text in pipe:
            self.told.append(json.loads(text)["model"]["name"])

    def wait_for(self, names, seconds=mlmon_run.TIMEOUT):
        """Until these models, and no others, have been told of."""
        until = time.monotonic() + seconds
        while len(self.told) < len(names) and time.monotonic() < until:
            self.assertIsNone(self.process.poll(), b"".join(self.err))
            time.sleep(0.002)
        self.assertEqual(sorted(self.told), sorted(names))

    def wait_until(self, what):
        until = time.monotonic() + mlmon_run.TIMEOUT
        while not what():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.002)

    def end(self, how=signal.SIGTERM, code=0):
        self.process.send_signal(how)
        self.assertEqual(self.process.wait(mlmon_run.TIMEOUT), code, b"".join(self.err))
        for reader in self.readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        if how == signal.SIGKILL:
            return None
        receipt = json.loads(self.receipt_path.read_text())
        check_receipt(receipt, code)
        return receipt

    def append(self, path, *lines):
        with open(path, "ab") as file:
            for each in lines:
                file.write(each if isinstance(each, bytes) else each)


def names(*numbers):
    return [f"m{number:05}" for number in numbers]


class Growing(FollowTest):
    def test_lines_that_are_added_are_decided_on_within_a_second(self):
        for state in (True, False):
            with self.subTest(state=state):
                path = self.write("a.ndjson", [line(1)])
                self.told.clear()
                self.follow(path, state=state)
                self.wait_for(names(1))
                for number in range(2, 6):
                    self.append(path, line(number))
                    self.wait_for(names(*range(1, number + 1)), 60 if mlmon_run.SANITIZED else 1)
                receipt = self.end()
                self.assertEqual([source["lines"] for source in receipt["sources"]], [5])
                self.assertEqual(receipt["sources"][0]["to_offset"], path.stat().st_size)

    def test_a_line_that_comes_in_pieces_counts_once(self):
        path = self.write("a.ndjson", b"")
        self.follow(path)
        text = line(1).rstrip()
        for at in range(0, len(text), 20):
            self.append(path, text[at:at + 20])
        self.wait_for(names(1))  # whole, without its newline
        self.append(path, b"\n", line(2))
        self.wait_for(names(1, 2))
        receipt = self.end()
        self.assertEqual(receipt["sources"][0]["lines"], 2)
        self.assertEqual(receipt["sources"][0]["bad"], 0)

    def test_a_torn_last_line_waits_for_its_rest_in_the_next_run(self):
        text = line(2).rstrip()
        path = self.write("a.ndjson", line(1) + text[:30])
        self.follow(path)
        self.wait_for(names(1))
        self.assertEqual(self.end()["sources"][0]["lines"], 1)
        self.append(path, text[30:] + b"\n")
        self.follow(path)
        self.wait_for(names(1, 2))
        self.end()

    def test_a_bad_line_is_counted_once_and_told_at_its_place(self):
        path = self.write("a.ndjson", [line(1)])
        self.follow(path)
        self.wait_for(names(1))
        self.append(path, b"nonsense\n", line(2))
        self.wait_for(names(1, 2))
        receipt = self.end()
        self.assertEqual(receipt["sources"][0]["bad"], 1)
        self.assertIn(f"{path}:2: invalid_json", b"".join(self.err).decode())

    def test_line_and_offset_count_in_the_whole_file(self):
        path = self.write("a.ndjson", [line(1)])
        output = self.dir / "actions.ndjson"
        self.follow(path, "-o", output)
        for number in (2, 3):
            offset = path.stat().st_size
            self.append(path, line(number))
            self.wait_until(lambda: output.exists() and output.read_text().count("\n") == number)
            action = json.loads(output.read_text().splitlines()[-1])
            self.assertEqual((action["line"], action["offset"]), (number, offset))
        self.end()

    def test_a_file_that_is_written_without_pause_does_not_hold_up_another(self):
        busy, quiet = self.write("a.ndjson", [line(0)]), self.write("b.ndjson", b"")
        self.follow(busy, quiet)
        stop = threading.Event()

        def write():
            text = metrics(f1=0.9, model__name="busy")
            with open(busy, "ab") as file:
                while not stop.is_set():
                    file.write(text * 1000)
                    file.flush()
                    stop.wait(0.0005)
        writer = threading.Thread(target=write)
        writer.start()
        self.addCleanup(stop.set)
        self.wait_for(names(0))
        self.append(quiet, line(1))
        self.wait_for(names(0, 1))
        stop.set()
        writer.join()
        self.end()

    def test_a_fifo_is_read_for_one_writer_after_the_other(self):
        path = self.dir / "pipe"
        os.mkfifo(path)
        self.follow(path)
        for number in (1, 2, 3):
            with open(path, "wb") as pipe:
                feed(pipe, [line(number)])
            self.wait_for(names(*range(1, number + 1)))
        receipt = self.end()
        self.assertEqual([source["lines"] for source in receipt["sources"]], [3])

    def test_standard_input_ends_the_run_when_it_ends(self):
        run = self.run_events("--follow", "-", stdin=line(1))
        self.expect_code(run, 0)
        self.assertEqual(run.receipt["sources"][0]["events"], 1)

    def test_a_pipe_beside_files_is_refused(self):
        run = self.run_events("--follow", "-", self.write("a.ndjson", [line(1)]))
        self.expect_code(run, 2)
        self.assertIn("-: is a pipe, --follow can read it only by itself", run.err)


class Rotating(FollowTest):
    def test_a_renamed_file_is_read_on_and_the_new_one_from_its_start(self):
        path = self.write("a.ndjson", [line(1)])
        self.follow(path)
        self.wait_for(names(1))
        writer = open(path, "ab")
        path.rename(self.dir / "a.ndjson.1")
        writer.write(line(2))  # the writer has not noticed yet
        writer.flush()
        self.write("a.ndjson", [line(3)])
        writer.write(line(4))
        writer.close()
        self.wait_for(names(1, 2, 3, 4))
        self.append(path, line(5))
        self.wait_for(names(*range(1, 6)))
        receipt = self.end()
        self.assertEqual(sorted(source["lines"] for source in receipt["sources"]), [2, 3])

    def test_a_file_renamed_within_a_folder_is_not_read_again(self):
        folder = self.dir / "logs"
        path = self.write("logs/now.ndjson", [line(1)])
        self.follow(folder)
        self.wait_for(names(1))
        path.rename(folder / "old.ndjson")
        self.write("logs/now.ndjson", [line(2)])
        self.wait_for(names(1, 2))
        self.append(folder / "old.ndjson", line(3))
        self.wait_for(names(1, 2, 3))
        self.assertEqual(sum(source["lines"] for source in self.end()["sources"]), 3)

    def test_a_file_that_is_copied_and_cut_starts_over(self):
        path = self.write("a.ndjson", [line(number) for number in range(5)])
        self.follow(path)
        self.wait_for(names(*range(5)))
        shutil.copy(path, self.dir / "a.ndjson.1")
        os.truncate(path, 0)
        self.append(path, line(10))
        self.wait_for(names(*range(5), 10))
        self.end()

    def test_a_file_that_was_cut_and_grew_beyond_its_place_starts_over(self):
        path = self.write("a.ndjson", [line(1)])
        self.follow(path)
        self.wait_for(names(1))
        with open(path, "r+b") as file:  # in one go, so that no look can come in between
            file.write(b"".join(line(number) for number in range(20, 30)))
        self.wait_for(names(1, *range(20, 30)))
        self.end()

    def test_a_file_that_is_deleted_and_made_again_starts_over(self):
        path = self.write("a.ndjson", [line(1)])
        self.follow(path)
        self.wait_for(names(1))
        for number in range(2, 6):
            path.unlink()
            self.write("a.ndjson", [line(number)])
            self.wait_for(names(*range(1, number + 1)))
        self.end()

    def test_a_file_that_is_compressed_after_it_was_read_is_not_read_again(self):
        path = self.write("logs/a.ndjson", [line(1), line(2)])
        self.follow(path.parent)
        self.wait_for(names(1, 2))
        with gzip.open(self.dir / "logs/a.ndjson.gz", "wb") as file:
            file.write(path.read_bytes())
            file.flush()
            file.write(line(3))
        path.unlink()
        self.wait_for(names(1, 2, 3))
        self.assertEqual(sum(source["lines"] for source in self.end()["sources"]), 3)

    def test_an_editor_that_replaces_the_file_by_a_longer_one_adds_lines(self):
        path = self.write("a.ndjson", [line(1), line(2)])
        self.follow(path)
        self.wait_for(names(1, 2))
        self.write("new", [line(1), line(2), line(3)]).rename(path)
        self.wait_for(names(1, 2, 3))
        self.assertEqual(sum(source["lines"] for source in self.end()["sources"]), 3)


class Appearing(FollowTest):
    def test_new_files_in_a_folder_are_read(self):
        folder = self.dir / "logs"
        folder.mkdir()
        self.follow(folder)
        for number in range(1, 5):
            self.write(f"logs/{number}.ndjson", [line(number)])
            self.wait_for(names(*range(1, number + 1)))
        self.write("logs/ignored.txt", [line(9)])
        with gzip.open(folder / "5.ndjson.gz", "wb") as file:
            file.write(line(5))
        self.wait_for(names(*range(1, 6)))
        self.end()

    def test_a_file_that_is_not_there_yet_is_waited_for(self):
        path = self.dir / "later.ndjson"
        self.follow(path)
        self.wait_until(lambda: any(b"later.ndjson: No such file" in text for text in self.err))
        self.write("later.ndjson", [line(1)])
        self.wait_for(names(1))
        self.end()

    def test_a_file_that_never_came_is_named_once_and_the_run_has_failed(self):
        self.follow(self.dir / "never.ndjson", self.write("a.ndjson", [line(1)]))
        self.wait_for(names(1))
        self.append(self.dir / "a.ndjson", line(2))
        self.wait_for(names(1, 2))
        self.end(code=1)
        self.assertEqual(b"".join(self.err).count(b"never.ndjson"), 1)

    def test_globs_of_the_configuration_are_looked_up_again(self):
        self.write("mlmon.toml", "[input]\nfiles = ['in/*.ndjson']\n[observers.retraining]\n")
        self.write("in/a.ndjson", [line(1)])
        self.process = None
        self.receipt_path = self.home / "receipt.json"
        self.follow("-c", self.dir / "mlmon.toml")
        self.wait_for(names(1))
        self.write("in/b.ndjson", [line(2)])
        self.wait_for(names(1, 2))
        self.end()


    def test_an_output_in_a_folder_of_inputs_is_refused(self):
        folder = self.write("logs/a.ndjson", [line(1)]).parent
        for follow in ([], ["--follow"]):
            run = self.run_events(*follow, "-o", folder / "out.ndjson", folder)
            self.expect_code(run, 2)
            self.assertIn("out.ndjson: is an input", run.err)
            self.assertFalse((folder / "out.ndjson").exists())


class Stopped(FollowTest):
    def test_an_observer_that_was_stopped_goes_on_at_its_own_place_in_each_file(self):
        plugins = os.environ["MLMON_BAD_PLUGINS"]
        self.write("bad.toml", f'[observers.bad]\nplugin = "{plugins}/fails_at.so"\nnumber = 5\n'
                               '[observers.retraining]\nplugin = "retraining"\n'
                               '[observers.alert]\nplugin = "alert"\nenabled = false\n')
        one, two = self.write("1.ndjson", [line(1)]), self.write("2.ndjson", [line(2)])
        self.follow("-c", "bad.toml", one, two)
        for number in range(2, 9):  # one after the other, in turn; the fifth is the end of the observer
            if number > 2:
                self.append((two, one)[number % 2], line(number))
            self.wait_until(lambda: len(set(self.told)) == number)
        self.end(code=1)
        self.told.clear()
        whole = (self.dir / "bad.toml").read_text().replace("fails_at", "well_behaved")
        self.write("bad.toml", whole.replace("number = 5\n", ""))
        run = self.run_events("--state", self.state, "-c", "bad.toml", one, two, state=True)
        self.expect_code(run, 0)
        said = [(action["observer"], action["model"]["name"]) for action in run.actions]
        self.assertEqual(sorted(said), [("bad", name) for name in names(5, 6, 7, 8)])


class Ending(FollowTest):
    def test_sigint_is_told_by_the_exit_code_and_loses_nothing(self):
        path = self.write("a.ndjson", [line(1)])
        self.follow(path)
        self.wait_for(names(1))
        self.end(signal.SIGINT, 130)
        self.append(path, line(2))
        self.follow(path)
        self.wait_for(names(1, 2))
        self.end()

    def test_after_kills_and_rotations_nothing_is_lost_and_nothing_told_twice(self):
        random.seed(7)
        path = self.write("logs/a.ndjson", b"")
        output = self.dir / "actions.ndjson"
        written = 0
        for kill in range(60 if mlmon_run.SLOW else 8):
            self.follow(path.parent, "-o", output, "--set", "bus.checkpoint_every='10ms'")
            for _ in range(random.randrange(1, 4)):
                count = random.randrange(1, 200)
                self.append(path, *(line(written + n) for n in range(count)))
                written += count
                if random.random() < 0.3:
                    path.rename(path.parent / f"{kill}-{written}.ndjson")
                    self.write("logs/a.ndjson", b"")
            size = output.stat().st_size if output.exists() else 0
            if random.random() < 0.7:
                self.wait_until(lambda: output.exists() and output.stat().st_size > size)
            self.end(signal.SIGKILL, -signal.SIGKILL)
        self.follow(path.parent, "-o", output)
        self.append(path, line(written))
        written += 1
        self.wait_until(lambda: output.read_text().count("\n") >= written)
        self.end()
        told = [json.loads(text)["model"]["name"] for text in output.read_text().splitlines()]
        self.assertEqual(sorted(told), names(*range(written)))

    def test_what_becomes_of_a_job_is_told_while_nothing_is_read(self):
        path = self.write("a.ndjson", [metrics(f1=0.7, model__name="m00001")])
        self.follow(path)
        self.wait_for(names(1))
        jobs = self.mlmon("jobs", "list", "--json", "--state", self.state)
        closed = self.mlmon("jobs", "done", json.loads(jobs.out)["job"], "--state", self.state)
        self.expect_code(closed, 0)
        time_of_next = "2026-02-03T00:00:00Z"
        until = time.monotonic() + mlmon_run.TIMEOUT
        while len(self.told) < 2 and time.monotonic() < until:
            self.append(path, metrics(f1=0.7, model__name="m00001", captured_at=time_of_next))
            time.sleep(0.05)
        self.assertEqual(self.told, names(1, 1))
        self.end()


if __name__ == "__main__":
    mlmon_run.main()
