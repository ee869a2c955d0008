"""Files that are rotated, copied and compressed between two runs: nothing is lost, nothing read twice (section 7,
"Rotation and copies")."""

import gzip
import json
import os
import shutil
import subprocess
import unittest

import mlmon_run
from lines import metrics, time as time_of
from mlmon_run import MlmonTest

OLD = 10 * 60  # seconds: longer ago than anybody still writes


def line(number):
    """Asks for a retraining of a model of its own."""
    return metrics(f1=0.7, model__name=f"m{number}", captured_at=time_of(number))


class RotatedTest(MlmonTest):
    def setUp(self):
        super().setUp()
        self.state = self.dir / "state"
        self.path = self.write("in/app.ndjson", [line(1)])
        self.told = []

    def run_over(self, *paths, code=0):
        """A run over the folder, or these paths; the models that it tells of, which are new."""
        run = self.run_events("--state", self.state, *(paths or ["in"]), state=True)
        self.expect_code(run, code)
        self.run_ = run
        names = [action["model"]["name"] for action in run.actions]
        self.assertEqual(run.receipt["actions"]["already_known"], 0)
        self.told += names
        return names

    def append(self, path, *numbers):
        with open(path, "ab") as file:
            file.write(b"".join(map(line, numbers)))

    def lines_read(self):
        return sum(source["lines"] for source in self.run_.receipt["sources"])

    def make_old(self, path, seconds=OLD):
        then = path.stat().st_mtime - seconds
        os.utime(path, (then, then))


class ByName(RotatedTest):
    def rotate(self, name):
        """What was written after the last run, a rotation, and a new file."""
        self.append(self.path, 2)
        self.path.rename(self.path.parent / name)
        self.write("in/app.ndjson", [line(3)])

    def test_the_rest_of_a_renamed_file_is_read_before_the_new_one(self):
        for name in ("app.ndjson.1", "app.ndjson-20260201", "else.log", "old.ndjson", "app.1.ndjson"):
            for paths in ((), ("in/app.ndjson",)):
                with self.subTest(name=name, paths=paths):
                    shutil.rmtree(self.path.parent)
                    shutil.rmtree(self.state, ignore_errors=True)
                    self.write("in/app.ndjson", [line(1)])
                    self.assertEqual(self.run_over(*paths), ["m1"])
                    self.rotate(name)
                    self.assertEqual(self.run_over(*paths), ["m2", "m3"])
                    self.assertEqual(self.lines_read(), 2)
                    self.append(self.path, 4)
                    self.assertEqual(self.run_over(*paths), ["m4"])

    def test_the_place_of_an_action_is_that_in_the_renamed_file(self):
        self.run_over()
        self.rotate("app.ndjson.1")
        self.run_over()
        places = [(action["source"], action["line"]) for action in self.run_.actions]
        self.assertEqual(places, [("in/app.ndjson.1", 2), ("in/app.ndjson", 1)])

    def test_by_a_pattern_of_the_configuration(self):
        self.write("mlmon.toml", "[input]\nfiles = ['in/*.ndjson']\n[observers.retraining]\n")
        args = ("-c", "mlmon.toml")
        self.assertEqual(self.run_over(*args), ["m1"])
        self.rotate("app.ndjson.1")
        self.assertEqual(self.run_over(*args), ["m2", "m3"])

    def test_a_compressed_one(self):
        self.run_over()
        self.rotate("app.ndjson.1")
        subprocess.run(["gzip", "in/app.ndjson.1"], cwd=self.dir, check=True)
        self.assertEqual(self.run_over(), ["m2", "m3"])
        self.assertEqual(self.run_over(), [])

    def test_one_that_was_copied_and_cut(self):
        self.run_over()
        self.append(self.path, 2)
        shutil.copy(self.path, self.dir / "in/app.ndjson.1")
        os.truncate(self.path, 0)
        self.append(self.path, 3)
        self.assertEqual(self.run_over(), ["m2", "m3"])
        self.assertEqual(self.run_over(), [])

    def test_two_rotations_between_two_runs(self):
        self.run_over()
        self.append(self.path, 2)
        self.path.rename(self.dir / "in/app.ndjson.2")
        self.make_old(self.dir / "in/app.ndjson.2", 20)
        self.write("in/app.ndjson.1", [line(3)])
        self.make_old(self.dir / "in/app.ndjson.1", 10)
        self.write("in/app.ndjson", [line(4)])
        self.write("in/app.ndjson.3", [line(9)])  # from before the first run
        self.make_old(self.dir / "in/app.ndjson.3", 30)
        self.write("in/other.ndjson.1", [line(9)])
        self.assertEqual(self.run_over(), ["m2", "m3", "m4"])
        self.assertEqual(self.run_over(), [])

    def test_two_rotations_of_which_the_first_took_nothing_new_along(self):
        self.run_over()
        self.path.rename(self.dir / "in/app.ndjson.2")
        self.make_old(self.dir / "in/app.ndjson.2", 20)
        self.write("in/app.ndjson.1", [line(2)])
        self.assertEqual(self.run_over(), ["m2"])
        self.write("in/app.ndjson", [line(3)])
        self.assertEqual(self.run_over(), ["m3"])

    def test_without_a_new_file_yet(self):
        self.run_over()
        self.append(self.path, 2)
        self.path.rename(self.dir / "in/app.ndjson.1")
        self.assertEqual(self.run_over(), ["m2"])
        self.write("in/app.ndjson", [line(3)])
        self.assertEqual(self.run_over(), ["m3"])

    def test_a_rotation_that_took_nothing_new_along_shows_nowhere(self):
        self.run_over()
        self.path.rename(self.dir / "in/app.ndjson.1")
        self.write("in/app.ndjson", [line(2)])
        self.assertEqual(self.run_over(), ["m2"])
        self.assertEqual([source["source"] for source in self.run_.receipt["sources"]],
                         ["in/app.ndjson"])
        self.assertEqual(self.run_.err, "")

    def test_a_file_that_was_read_to_its_end_and_deleted_is_no_news(self):
        self.run_over()
        self.path.unlink()
        self.write("in/b.ndjson", [line(2)])
        self.assertEqual(self.run_over(), ["m2"])
        self.assertEqual(self.run_.err, "")

    def test_one_that_is_gone_before_its_end_was_read_is_named_once(self):
        torn = line(2)[:40]
        with open(self.path, "ab") as file:
            file.write(torn)
        self.run_over()
        read = len(line(1))
        self.path.unlink()
        self.assertEqual(self.run_over(), [])
        self.assertIn(f"in/app.ndjson: was taken away before its end was read: it had {read + 40} bytes, "
                      f"{read} of them were read (up to line 1)", self.run_.err)
        self.assertEqual(self.run_over(), [])
        self.assertEqual(self.run_.err, "")

    def test_what_is_read_from_its_start_looks_for_nothing(self):
        self.run_over()
        self.rotate("app.ndjson.1")
        run = self.run_events("--state", self.state, "--from-start", "in", state=True)
        self.assertEqual([action["model"]["name"] for action in run.actions], ["m3"])

    def test_files_that_the_run_does_not_read_are_left_alone(self):
        other = self.write("in/other.ndjson", [line(5)])
        self.run_over("in/app.ndjson", "in/other.ndjson")
        self.append(other, 6)
        other.rename(self.dir / "in/other.ndjson.1")
        self.assertEqual(self.run_over("in/app.ndjson"), [])
        self.assertEqual(self.run_over("in"), ["m6"])


class Copies(RotatedTest):
    def test_one_under_way_is_not_read(self):
        self.append(self.path, 2, 3)
        self.run_over()
        text = self.path.read_bytes()
        for size in (1, len(line(1)) - 1, len(line(1)), len(text) - 1, len(text)):
            (self.dir / "in/a-copy.ndjson").write_bytes(text[:size])
            self.assertEqual(self.run_over(), [])
            self.assertEqual(self.lines_read(), 0, size)
        self.append(self.path, 4)
        self.assertEqual(self.run_over(), ["m4"])

    def test_one_under_way_beside_a_new_line(self):
        self.append(self.path, 2)
        self.run_over()
        self.write("in/a-copy.ndjson", [line(1)])
        self.append(self.path, 3)
        self.assertEqual(self.run_over(), ["m3"])
        self.assertEqual(self.lines_read(), 1)

    def test_one_that_proves_different_is_read_as_a_whole(self):
        self.append(self.path, 2)
        self.run_over()
        other = self.write("in/other.ndjson", [line(1)])
        self.run_over()
        self.append(other, 7)
        run = self.run_events("--state", self.state, "in", state=True)
        self.assertEqual([action["model"]["name"] for action in run.actions], ["m7"])
        self.assertEqual(sum(source["lines"] for source in run.receipt["sources"]), 2)

    def test_one_under_way_while_files_are_followed(self):
        self.append(self.path, *range(2, 200))
        out = self.dir / "out.ndjson"
        process = self.start("run", "--follow", "--state", self.state, "-o", out, "--summary", "none",
                             "--set", "observers.alert.enabled=false", "--receipt", "receipt.json", "in")
        self.addCleanup(process.kill)
        told = lambda: out.read_bytes().count(b"\n") if out.exists() else 0
        self.wait_until(lambda: told() == 199)
        text = self.path.read_bytes()
        with open(self.dir / "in/copy.ndjson", "wb") as copy:
            for at in range(0, len(text), 1000):
                copy.write(text[at:at + 1000])
                copy.flush()
        self.append(self.path, 200)
        self.wait_until(lambda: told() == 200)
        process.terminate()
        self.assertEqual(process.wait(mlmon_run.TIMEOUT), 0)
        receipt = json.loads((self.dir / "receipt.json").read_text())
        self.assertEqual(receipt["actions"]["already_known"], 0)

    def wait_until(self, what):
        import time
        until = time.monotonic() + mlmon_run.TIMEOUT
        while not what():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.005)


class Compressed(RotatedTest):
    def setUp(self):
        super().setUp()
        self.append(self.path, *range(2, 60))
        self.whole = gzip.compress(self.path.read_bytes())

    def test_while_gzip_is_at_work_its_file_is_left_alone(self):
        self.run_over()
        for size in (0, 1, 12, len(self.whole) // 2, len(self.whole) - 1):
            (self.dir / "in/app.ndjson.gz").write_bytes(self.whole[:size])
            self.assertEqual(self.run_over(), [])
            self.assertEqual(self.lines_read(), 0)
            self.assertIn("app.ndjson.gz: its compressed data ends early", self.run_.err)
        (self.dir / "in/app.ndjson.gz").write_bytes(self.whole)
        self.assertEqual(self.run_over(), [])
        self.path.unlink()
        self.assertEqual(self.run_over(), [])
        self.assertEqual(self.run_.err, "")

    def test_a_fresh_one_by_itself_is_left_for_the_next_run(self):
        self.path.unlink()
        half = self.dir / "in/app.ndjson.gz"
        half.write_bytes(self.whole[:len(self.whole) // 2])
        self.assertEqual(self.run_over(), [])
        half.write_bytes(self.whole)
        self.assertEqual(len(self.run_over()), 59)

    def test_one_that_has_not_grown_for_long_is_read_as_far_as_it_goes_and_fails_the_run(self):
        self.path.unlink()
        half = self.dir / "in/app.ndjson.gz"
        half.write_bytes(self.whole[:len(self.whole) // 2])
        self.make_old(half)
        self.assertGreater(len(self.run_over(code=1)), 0)
        self.assertIn("app.ndjson.gz: damaged gzip data", self.run_.err)

    def test_one_beside_its_original_is_left_however_old_it_is(self):
        self.run_over()
        half = self.dir / "in/app.ndjson.gz"
        half.write_bytes(self.whole[:len(self.whole) // 2])
        self.make_old(half)
        self.assertEqual(self.run_over(), [])

    def test_a_damaged_one_is_no_matter_of_time(self):
        self.path.unlink()
        damaged = bytearray(self.whole)
        damaged[len(damaged) // 2:len(damaged) // 2 + 20] = bytes(20)
        (self.dir / "in/app.ndjson.gz").write_bytes(damaged)
        self.run_over(code=1)


class Spool(RotatedTest):
    def test_an_empty_folder_is_no_news(self):
        self.path.unlink()
        self.assertEqual(self.run_over(), [])
        self.assertEqual(self.run_.err, "")
        for args in (("-v",), ("--summary", "text")):
            run = self.run_events("--state", self.state, *args, "in", state=True)
            self.expect_code(run, 0)
            self.assertIn("in: holds no *.ndjson", run.err)

    def test_double_stars_are_any_number_of_folders(self):
        self.write("in/x/b.ndjson", [line(2)])
        self.write("in/x/y/c.ndjson", [line(3)])
        self.write("in/x/y/c.txt", [line(9)])
        self.write("in/.hidden/d.ndjson", [line(9)])
        self.write("mlmon.toml", "[input]\nfiles = ['in/**/*.ndjson']\n[observers.retraining]\n")
        self.assertEqual(self.run_over("-c", "mlmon.toml"), ["m1", "m2", "m3"])


if __name__ == "__main__":
    mlmon_run.main()
