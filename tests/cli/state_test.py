"""Section 7 of the contract: what is kept between runs. Nothing is lost, nothing is done twice."""

import gzip
import hashlib
import json
import os
import random
import select
import shutil
import sqlite3
import subprocess
import time
import unittest
from contextlib import closing
from pathlib import Path

import mlmon_run
from lines import metrics
from mlmon_run import DATA, MlmonTest, copy_for_others

BAD_PLUGINS = Path(os.environ.get("MLMON_BAD_PLUGINS", ""))
PLACE = ("source", "line", "offset")


def without(action, *names):
    """The action as text, its members in order, but for these."""
    return json.dumps({name: value for name, value in action.items() if name not in names})


def low(**changes):
    return metrics(f1=0.5, **changes)


def breaches(count, prefix="m"):
    """One low line for each of so many models: each asks for a retraining and fires an alert."""
    return [low(model__name=f"{prefix}{n}") for n in range(count)]


class StateTest(MlmonTest):
    def setUp(self):
        super().setUp()
        self.state = self.dir / "state"

    def run_state(self, *args, code=0, **more):
        """A run with the state folder, its receipt checked."""
        run = self.run_events("--state", self.state, *args, state=True, **more)
        self.expect_code(run, code)
        return run

    def append(self, path, data):
        with open(path, "ab") as file:
            file.write(data if isinstance(data, bytes) else b"".join(data))

    def placed(self, runs):
        """All actions of some runs but for the source, in order."""
        return [without(action, "source") for run in runs for action in run.actions]

    def reference(self, *lines):
        """What one run over these bytes without state says, but for the source."""
        whole = self.run_events(self.write("reference.ndjson", b"".join(lines)))
        self.expect_code(whole, 0)
        return self.placed([whole])

    def jobs(self):
        run = self.mlmon("jobs", "list", "--json", "--state", self.state)
        self.expect_code(run, 0)
        return [json.loads(line) for line in run.out.splitlines()]

    def lines_read(self, run):
        return sum(source["lines"] for source in run.receipt["sources"])


class Splits(StateTest):
    def expect_same(self, pieces, whole):
        runs = [self.run_state(self.write(f"piece{n}.ndjson", piece))
                for n, piece in enumerate(pieces)]
        expected = [without(action, *PLACE) for action in self.run_events(whole).actions]
        self.assertEqual([without(action, *PLACE) for run in runs for action in run.actions], expected)

    def test_a_day_and_its_24_hours_give_the_same_lines(self):
        lines = DATA.read_bytes().splitlines(keepends=True)
        cuts = [len(lines) * n // 24 for n in range(25)]
        self.expect_same([lines[a:b] for a, b in zip(cuts, cuts[1:])], DATA)

    def test_any_split_gives_the_same_lines(self):
        random.seed(4)
        lines = [metrics(f1=random.choice([0.5, 0.7, 0.9]), model__name=f"m{random.randrange(9)}")
                 for _ in range(400)]
        whole = self.write("whole.ndjson", lines)
        for n in range(3):
            self.state = self.dir / f"state{n}"
            cuts = [0, *sorted(random.sample(range(400), 8)), 400]
            self.expect_same([lines[a:b] for a, b in zip(cuts, cuts[1:])], whole)

    def test_a_file_that_grows_by_any_bytes_gives_the_lines_of_the_whole(self):
        random.seed(5)
        text = b"".join(metrics(f1=random.choice([0.5, 0.7, 0.9]), model__name=f"m{n % 3}")
                        for n in range(60))
        expected = self.reference(text)
        self.assertGreater(len(expected), 10)
        whole_lines = [n for n, byte in enumerate(text) if byte == 10]
        for n in range(4):
            self.state = self.dir / f"state{n}"
            path = self.write(f"grows{n}.ndjson", b"")
            cuts = sorted({*random.sample(range(len(text)), 10), *random.sample(whole_lines, 2)})
            runs = []
            for a, b in zip([0, *cuts], [*cuts, len(text)]):
                self.append(path, text[a:b])
                runs.append(self.run_state(path))
            self.assertEqual(self.placed(runs), expected, cuts)
            self.assertEqual(sum(map(self.lines_read, runs)), 60)
            self.assertEqual([run.reasons() for run in runs], [{}] * len(runs))

    def test_several_files_in_one_run_go_on_each_at_its_place(self):
        parts = [breaches(40, prefix) for prefix in "abc"]
        paths = [self.write(f"{prefix}.ndjson", part[:20]) for prefix, part in zip("abc", parts)]
        first = self.run_state(*paths)
        for path, part in zip(paths, parts):
            self.append(path, part[20:])
        second = self.run_state(*reversed(paths))
        self.assertEqual((len(first.actions), len(second.actions)), (120, 120))
        self.assertEqual([a["line"] for a in second.actions if a["source"].endswith("b.ndjson")],
                         [n for n in range(21, 41) for _ in range(2)])
        self.assertEqual(len(self.jobs()), 120)


class Files(StateTest):
    """Files are known by what they hold, not by their names."""

    def setUp(self):
        super().setUp()
        self.parts = [breaches(10, prefix) for prefix in "abc"]
        self.path = self.write("events.ndjson", self.parts[0])
        self.run_state(self.path)

    def expect_new(self, run, lines, first_line):
        """The run read exactly these lines, of which the first has that number."""
        self.assertEqual(self.lines_read(run), len(lines), run.receipt["sources"])
        self.assertEqual([action["model"]["name"] for action in run.actions[::2]],
                         [json.loads(line)["model"]["name"] for line in lines])
        self.assertEqual([action["line"] for action in run.actions[::2]],
                         list(range(first_line, first_line + len(lines))))
        self.assertEqual(run.receipt["actions"]["already_known"], 0)

    def test_a_blank_end_may_be_the_beginning_of_a_line(self):
        for blank in (b" ", b"\t \r"):
            path = self.write(f"blank{len(blank)}.ndjson", blank)
            self.run_state(path)
            self.append(path, breaches(2, f"b{len(blank)}"))
            actions = self.run_state(path).actions
            self.assertEqual([(a["line"], a["offset"]) for a in actions[:2]], [(1, 0), (1, 0)])
            self.assertEqual(actions[2]["line"], 2)

    def test_what_was_read_is_not_read_again(self):
        self.expect_new(self.run_state(self.path), [], 1)

    def test_a_file_that_grew(self):
        self.append(self.path, self.parts[1])
        self.expect_new(self.run_state(self.path), self.parts[1], 11)

    def test_a_file_that_was_renamed_and_grew(self):
        other = self.path.rename(self.dir / "other.ndjson")
        self.append(other, self.parts[1])
        self.expect_new(self.run_state(other), self.parts[1], 11)

    def test_a_file_that_was_moved_to_another_disk(self):
        other = self.dir / "copy.ndjson"
        shutil.copy(self.path, other)
        self.path.unlink()
        self.append(other, self.parts[1])
        self.expect_new(self.run_state(other), self.parts[1], 11)

    def test_a_file_that_was_rotated_and_compressed(self):
        self.append(self.path, self.parts[1])
        packed = self.write("events.1.ndjson.gz", gzip.compress(self.path.read_bytes()))
        self.path.write_bytes(b"".join(self.parts[2]))
        run = self.run_state(packed, self.path)
        self.assertEqual(self.lines_read(run), 20)
        self.assertEqual([action["line"] for action in run.actions[::2]],
                         [*range(11, 21), *range(1, 11)])
        self.assertEqual(run.receipt["actions"]["already_known"], 0)

    @unittest.skipUnless(shutil.which("zstd"), "needs the command zstd")
    def test_a_file_that_was_compressed_with_zstd(self):
        self.append(self.path, self.parts[1])
        subprocess.run(["zstd", "-q", "--rm", self.path], check=True)
        self.expect_new(self.run_state(f"{self.path}.zst"), self.parts[1], 11)

    def test_a_compressed_file_that_grew_by_a_member(self):
        packed = self.write("x.ndjson.gz", gzip.compress(b"".join(self.parts[1])))
        self.expect_new(self.run_state(packed), self.parts[1], 1)
        self.append(packed, gzip.compress(b"".join(self.parts[2])))
        self.expect_new(self.run_state(packed), self.parts[2], 11)

    def test_a_file_that_was_emptied_and_written_anew(self):
        os.truncate(self.path, 0)
        self.expect_new(self.run_state(self.path), [], 1)
        self.append(self.path, self.parts[1])
        self.expect_new(self.run_state(self.path), self.parts[1], 1)

    def test_a_file_whose_new_text_is_longer_than_the_old(self):
        self.path.write_bytes(b"".join(self.parts[1] + self.parts[2]))
        self.expect_new(self.run_state(self.path), self.parts[1] + self.parts[2], 1)

    def test_copytruncate(self):
        self.append(self.path, self.parts[1][:5])
        old = self.dir / "events.ndjson.1"
        shutil.copy(self.path, old)
        os.truncate(self.path, 0)
        self.append(self.path, self.parts[1][5:])
        run = self.run_state(old, self.path)
        self.assertEqual([action["line"] for action in run.actions[::2]],
                         [*range(11, 16), *range(1, 6)])
        self.assertEqual(self.lines_read(run), 10)
        self.append(self.path, self.parts[2])
        run = self.run_state(old, self.path)
        self.expect_new(run, self.parts[2], 6)

    def test_a_file_that_was_deleted_and_made_again(self):
        self.path.unlink()
        self.write("events.ndjson", self.parts[1])
        self.expect_new(self.run_state(self.path), self.parts[1], 1)

    def test_a_file_that_lost_its_end_is_read_again_and_nothing_is_done_twice(self):
        os.truncate(self.path, sum(map(len, self.parts[0][:4])))
        run = self.run_state(self.path)  # it may be a copy that is under way
        self.assertEqual((run.out, self.lines_read(run)), (b"", 0))
        self.append(self.path, self.parts[1])
        run = self.run_state(self.path)
        self.assertEqual([action["line"] for action in run.actions[::2]], [*range(5, 15)])
        self.assertEqual(self.lines_read(run), 14)

    def test_a_file_under_two_names_is_read_once(self):
        self.append(self.path, self.parts[1])
        os.link(self.path, self.dir / "link.ndjson")
        os.symlink("events.ndjson", self.dir / "symlink.ndjson")
        run = self.run_state("link.ndjson", self.path, "symlink.ndjson", "./events.ndjson")
        self.expect_new(run, self.parts[1], 11)

    def test_a_copy_is_done_once(self):
        for n, cut in enumerate((0, 10)):
            self.state = self.dir / f"state{n}"
            text = b"".join(self.parts[1] + self.parts[2])
            one, two = self.write("one.ndjson", text), self.write("two.ndjson", text)
            run = self.run_state(one, two)
            self.assertEqual(len(run.actions), 40)
            self.assertEqual(len(self.jobs()), 20)
            run = self.run_state(one, two)
            self.assertEqual((run.out, self.lines_read(run)), (b"", 0), run.receipt["sources"])
            self.append(two, self.parts[0])
            run = self.run_state(one, two)
            self.expect_new(run, self.parts[0], 21)
            run = self.run_state(one, two)
            self.assertEqual((run.out, self.lines_read(run)), (b"", 0), run.receipt["sources"])

    def test_what_has_the_beginning_of_another_file_is_read_from_where_they_part(self):
        """One file was copied, then both grew."""
        other = self.dir / "other.ndjson"
        shutil.copy(self.path, other)
        self.append(self.path, self.parts[1])
        self.append(other, self.parts[2])
        first = self.run_state(self.path, other)
        second = self.run_state(self.path, other)
        self.assertEqual(len(first.actions), 40)
        self.assertEqual((second.out, self.lines_read(second)), (b"", 0))

    def test_a_pipe_is_not_known_again(self):
        for printed in (20, 0):
            run = self.run_state("-", stdin=b"".join(self.parts[1]))
            self.assertEqual((len(run.actions), self.lines_read(run)), (printed, 10))


class LastLines(StateTest):
    def test_a_last_line_that_is_not_whole_waits_for_its_rest(self):
        lines = breaches(3)
        path = self.write("events.ndjson", b"".join(lines[:2]) + lines[2][:50])
        first = self.run_state(path)
        self.assertEqual((len(first.actions), first.reasons(), self.lines_read(first)), (4, {}, 2))
        again = self.run_state(path)
        self.assertEqual((again.out, again.reasons(), self.lines_read(again)), (b"", {}, 0))
        self.append(path, lines[2][50:])
        second = self.run_state(path)
        self.assertEqual([(a["line"], a["offset"]) for a in second.actions],
                         [(3, len(lines[0] + lines[1]))] * 2)

    def test_without_state_and_from_a_pipe_it_is_truncated(self):
        lines = breaches(3)
        text = b"".join(lines[:2]) + lines[2][:50]
        self.assertEqual(self.run_events(self.write("x", text)).reasons(), {"truncated": 1})
        self.assertEqual(self.run_state("-", stdin=text).reasons(), {"truncated": 1})
        packed = self.write("x.gz", gzip.compress(text))
        self.assertEqual(self.run_state(packed).reasons(), {"truncated": 1})

    def test_a_whole_last_line_counts_at_once_whatever_newline_comes_later(self):
        for newline in (b"\n", b"\r\n"):
            self.state = self.dir / f"state{len(newline)}"
            one, two, three = (line.rstrip() for line in breaches(3, f"{len(newline)}"))
            path = self.write("events.ndjson", one + newline + two)
            first = self.run_state(path)
            self.assertEqual([a["line"] for a in first.actions], [1, 1, 2, 2])
            self.assertEqual(self.lines_read(first), 2)
            for byte in newline:
                self.append(path, bytes([byte]))
                run = self.run_state(path)
                self.assertEqual((run.out, self.lines_read(run), run.reasons()), (b"", 0, {}))
            self.append(path, three + newline)
            run = self.run_state(path)
            self.assertEqual([(a["line"], a["offset"]) for a in run.actions],
                             [(3, len(one + two + newline * 2))] * 2)
            self.assertEqual(self.lines_read(run), 1)

    def test_the_newline_and_more_come_at_once(self):
        for newline in (b"\n", b"\r\n"):
            self.state = self.dir / f"state{len(newline)}"
            one, two = (line.rstrip() for line in breaches(2, f"{len(newline)}"))
            path = self.write("events.ndjson", one)
            self.run_state(path)
            self.append(path, newline + b"\n" + two)
            run = self.run_state(path)
            self.assertEqual([a["line"] for a in run.actions], [3, 3])
            source = run.receipt["sources"][0]
            self.assertEqual((source["lines"], source["empty"], source["events"]), (2, 1, 1))

    def test_bad_lines_count_once(self):
        path = self.write("events.ndjson", [b"no\n", *breaches(1), b"nor this\n"])
        first = self.run_state(path)
        self.assertEqual(first.reasons(), {"invalid_json": 2})
        self.append(path, [b"bad\n", *breaches(1, "x")])
        second = self.run_state(path)
        self.assertEqual(second.reasons(), {"invalid_json": 1})
        self.assertIn(":4: invalid_json", second.err)

    def test_stopping_at_a_bad_line_goes_on_there(self):
        good = breaches(4)
        path = self.write("events.ndjson", [*good[:2], b"bad\n", *good[2:]])
        first = self.run_state("--bad-lines", "stop", path, code=3)
        self.assertEqual(len(first.actions), 4)
        again = self.run_state("--bad-lines", "stop", path, code=3)
        self.assertEqual(again.out, b"")
        rest = self.run_state(path)
        self.assertEqual([a["line"] for a in rest.actions], [4, 4, 5, 5])


class Words(StateTest):
    def test_a_file_with_nothing_new_is_said_to_be_so(self):
        self.write("events.ndjson", breaches(2))
        first = self.run_state("--summary", "text", "events.ndjson")
        self.assertNotIn("--from-start", first.err)
        err = self.run_state("--summary", "text", "events.ndjson").err
        said, = [line for line in err.splitlines() if "nothing new" in line]
        for word in ("events.ndjson", "--from-start", "--no-state"):
            self.assertIn(word, said)


class FromStart(StateTest):
    def test_nothing_is_done_twice(self):
        first = self.run_state(DATA)
        jobs = self.jobs()
        for _ in range(2):
            again = self.run_state("--from-start", DATA)
            actions = again.receipt["actions"]
            self.assertEqual(again.out, b"")
            self.assertEqual((actions["decided"], actions["already_known"], actions["new"]),
                             (len(first.actions), len(first.actions), 0))
            self.assertEqual(again.receipt["sources"], first.receipt["sources"])
            self.assertEqual(self.jobs(), jobs)
        self.assertEqual(self.lines_read(self.run_state(DATA)), 0)

    def test_from_start_leaves_what_observers_keep_that_are_not_in_the_run(self):
        other = ("-c", self.write("other.toml", '[observers.other]\nplugin = "alert"\n'))
        path = self.write("events.ndjson", [low()])
        self.assertEqual([action["state"] for action in self.run_state(*other, path).actions], ["firing"])
        self.run_state("--from-start", path)
        self.append(path, [metrics(f1=0.95)])
        self.assertEqual([action["state"] for action in self.run_state(*other, path).actions], ["resolved"])

    def test_what_was_not_read_before_is_new(self):
        lines = breaches(6)
        path = self.write("events.ndjson", lines[:3])
        self.run_state(path)
        self.append(path, lines[3:])
        run = self.run_state("--from-start", path)
        self.assertEqual([a["line"] for a in run.actions[::2]], [4, 5, 6])
        self.assertEqual(run.receipt["actions"]["already_known"], 6)

    def test_models_in_other_files_keep_what_is_known_of_them(self):
        one, two = self.write("one.ndjson", breaches(1, "a")), self.write("two.ndjson", breaches(1, "b"))
        self.run_state(one, two)
        self.run_state("--from-start", one)
        self.append(one, breaches(1, "a"))
        self.append(two, breaches(1, "b"))
        self.assertEqual(self.run_state(one, two).out, b"")

    def test_a_change_of_limits_is_seen_over_the_whole_history(self):
        path = self.write("events.ndjson", [metrics(f1=0.8, model__name=f"m{n}") for n in range(5)])
        self.assertEqual(self.run_state(path).out, b"")
        run = self.run_state("--from-start", "--set", "observers.retraining.min_f1=0.85", path)
        self.assertEqual([a["action"] for a in run.actions], ["retrain"] * 5)


class Observers(StateTest):
    OTHERS = '[observers.retraining]\nplugin = "retraining"\n[observers.alert]\nplugin = "alert"\n'

    def config(self, plugin=None, keys=""):
        bad = f'[observers.bad]\nplugin = "{BAD_PLUGINS / plugin}.so"\n{keys}\n' if plugin else ""
        return self.write("mlmon.toml", bad + self.OTHERS)

    def said_by(self, runs, bad):
        return [without(action, "source") for run in runs for action in run.actions
                if (action["observer"] == "bad") == bad]

    def test_one_that_was_stopped_goes_on_at_its_own_place(self):
        lines = [metrics(f1=0.3 + n % 10 / 20, model__name=f"m{n % 7}") for n in range(400)]
        path = self.write("events.ndjson", lines[:300])
        sound = self.config("well_behaved", "capacity = 64")
        expected = self.run_events("-c", sound, self.write("whole.ndjson", lines))
        for at in (1, 150, 300):
            with self.subTest(fails_at=at):
                self.state = self.dir / f"state{at}"
                path.write_bytes(b"".join(lines[:300]))
                runs = [self.run_state("-c", self.config("fails_at", f"number = {at}\ncapacity = 64"),
                                       path, code=1)]
                dropped = runs[0].receipt["observers"][0]["dropped"]
                self.assertGreater(dropped, 0)
                self.append(path, lines[300:])
                config = self.config("well_behaved", "capacity = 64")
                runs += [self.run_state("-c", config, path) for _ in range(2)]
                for bad in (False, True):
                    self.assertEqual(self.said_by(runs, bad), self.said_by([expected], bad))
                seen = {o["observer"]: o["observed"] for o in runs[1].receipt["observers"]}
                self.assertEqual(seen["alert"], 100)
                self.assertEqual(runs[2].out, b"")

    def test_one_that_fails_again_loses_nothing(self):
        lines = [metrics(f1=0.3 + n % 10 / 20, model__name=f"m{n % 7}") for n in range(300)]
        path = self.write("events.ndjson", lines)
        expected = self.run_events("-c", self.config("well_behaved"), path)
        runs = []
        for at in (150, 60, 1):
            config = self.config("fails_at", f"number = {at}\ncapacity = 64")
            runs.append(self.run_state("-c", config, path, code=1))
        runs.append(self.run_state("-c", self.config("well_behaved"), path))
        self.assertEqual(self.said_by(runs, True), self.said_by([expected], True))
        self.assertEqual(self.said_by(runs, False), self.said_by([expected], False))

    def test_one_that_could_not_be_made_begins_where_it_would_have(self):
        path = self.write("events.ndjson", [metrics(model__name=f"m{n}", f1=0.4) for n in range(20)])
        self.run_state("-c", self.config("create_fails", 'how = "text"'), path, code=1)
        run = self.run_state("-c", self.config("well_behaved"), path)
        self.assertEqual(len(self.said_by([run], True)), 20)
        self.assertEqual(self.said_by([run], False), [])

    def test_one_stopped_in_the_second_file_has_seen_the_first(self):
        texts = [[metrics(f1=0.4, model__name=f"{f}{n}") for n in range(100)] for f in "ab"]
        paths = [self.write(f"{f}.ndjson", text) for f, text in zip("ab", texts)]
        for at in (50, 150):
            with self.subTest(fails_at=at):
                self.state = self.dir / f"state{at}"
                config = self.config("fails_at", f"number = {at}\ncapacity = 64")
                runs = [self.run_state("-c", config, *paths, code=1)]
                runs.append(self.run_state("-c", self.config("well_behaved"), *paths))
                names = [a["model"]["name"] for run in runs for a in run.actions
                         if a["observer"] == "bad"]
                self.assertEqual(names, [f"{f}{n}" for f in "ab" for n in range(100)])

    def test_a_new_one_begins_at_the_newest_place(self):
        path = self.write("events.ndjson", breaches(10))
        self.write("m.toml", '[observers.retraining]\nplugin = "retraining"\n')
        self.assertEqual(len(self.run_state("-c", "m.toml", path).actions), 10)
        self.append(path, breaches(5, "x"))
        run = self.run_state("-c", self.config(), path)
        self.assertEqual([a["line"] for a in run.actions if a["observer"] == "alert"],
                         list(range(11, 16)))
        self.assertEqual(len(run.actions), 10)


class Folder(StateTest):
    """Who may use the folder, and what is wrong with it."""

    def holder(self):
        """A run that holds the folder until its pipe is closed."""
        fifo = self.dir / "fifo"
        os.mkfifo(fifo)
        process = self.start("run", "--state", self.state, fifo, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
        pipe = open(fifo, "wb", buffering=0)
        pipe.write(low(model__name="held"))
        process.stdout.readline()
        return process, pipe

    def test_one_run_at_a_time(self):
        process, pipe = self.holder()
        with process, pipe:
            path = self.write("events.ndjson", breaches(2))
            for timeout in ("0s", "200ms"):
                began = time.monotonic()
                run = self.run_state("--lock-timeout", timeout, path, code=1)
                self.assertIn(str(process.pid), run.err)
                self.assertIn("state", run.err)
                self.assertEqual(run.out, b"")
                self.assertLess(time.monotonic() - began, 10)
            waiting = self.start("run", "--state", self.state, path, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
            self.assertEqual(select.select([waiting.stdout], [], [], 0.3)[0], [])
            pipe.close()
            out, _ = waiting.communicate(timeout=mlmon_run.TIMEOUT)
            self.assertEqual((waiting.returncode, out.count(b"\n")), (0, 4))
            self.assertEqual(process.wait(timeout=mlmon_run.TIMEOUT), 0)

    def test_the_lock_of_a_run_that_was_killed_is_free(self):
        process, pipe = self.holder()
        process.kill()
        process.wait()
        process.stdout.close()
        pipe.close()
        self.run_state("--lock-timeout", "0s", self.write("events.ndjson", breaches(1)))

    def test_a_folder_that_cannot_be_written_to_is_named(self):
        path = self.write("events.ndjson", breaches(1))
        self.state.mkdir()
        self.state.chmod(0o555)
        self.addCleanup(self.state.chmod, 0o755)
        other = {"user": 65534} if os.geteuid() == 0 else {}
        for folder in (self.dir.parent, self.dir, self.home):
            folder.chmod(0o755)
        program = copy_for_others(self.home.parent / "prefix")
        process = self.start("run", "--state", self.state, path, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, program=program, **other)
        out, err = process.communicate(timeout=mlmon_run.TIMEOUT)
        self.assertEqual((process.returncode, out), (1, ""))
        self.assertIn(str(self.state), err)
        self.assertIn("ermission denied", err)

    def test_a_path_that_is_no_folder_is_named(self):
        self.write("file", b"x")
        run = self.mlmon("run", "--state", "file", self.write("e", breaches(1)))
        self.expect_code(run, 1)
        self.assertIn("file", run.err)
        self.assertEqual(run.out, b"")

    def files(self):
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(self.state.iterdir()) if path.name != "lock"}

    def expect_refused_and_left_alone(self, *words):
        before = self.files()
        path = self.write("events.ndjson", breaches(2))
        for args in ((), ("--from-start",), ("--dry-run",)):
            run = self.mlmon("run", "--state", self.state, *args, path)
            self.expect_code(run, 1)
            self.assertEqual(run.out, b"")
            for word in ("state.db", *words):
                self.assertIn(word, run.err)
            self.assertEqual(self.files(), before)

    def test_a_database_that_is_none_is_named_and_left_alone(self):
        self.state.mkdir()
        (self.state / "state.db").write_bytes(b"not a database" * 1000)
        self.expect_refused_and_left_alone()

    def test_somebody_elses_database_is_named_and_left_alone(self):
        self.state.mkdir()
        with closing(sqlite3.connect(self.state / "state.db")) as database, database:
            database.execute("CREATE TABLE theirs (a)")
        self.expect_refused_and_left_alone()

    def test_a_newer_database_is_named_and_left_alone(self):
        self.run_state(self.write("events.ndjson", breaches(1)))
        with closing(sqlite3.connect(self.state / "state.db")) as database:
            database.execute("PRAGMA user_version = 99")
        self.expect_refused_and_left_alone("newer", "99")

    def test_a_database_that_was_cut_off_is_named(self):
        self.run_state(DATA)
        path = self.state / "state.db"
        os.truncate(path, path.stat().st_size // 2)
        run = self.mlmon("run", "--state", self.state, "--from-start", DATA)
        self.expect_code(run, 1)
        self.assertIn("state.db", run.err)


class DryRun(StateTest):
    def files(self):
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(self.dir.rglob("*")) if path.is_file()}

    def test_it_prints_what_a_run_would_and_changes_nothing(self):
        path = self.write("events.ndjson", breaches(5))
        self.run_state(path)
        self.append(path, breaches(5, "x") + breaches(2))
        before = self.files()
        dry = [self.run_state("--dry-run", path) for _ in range(2)]
        self.assertEqual(self.files(), before)
        real = self.run_state(path)
        self.assertEqual(len(real.actions), 10)
        self.assertEqual([run.out for run in dry], [real.out] * 2)
        self.assertNotIn("Low F1", dry[0].err)

    def test_without_state_yet_it_makes_none(self):
        path = self.write("events.ndjson", breaches(2))
        run = self.run_state("--dry-run", path)
        self.assertEqual(len(run.actions), 4)
        self.assertFalse(self.state.exists())

    def test_from_start_it_knows_what_was_done(self):
        path = self.write("events.ndjson", breaches(2))
        self.run_state(path)
        before = self.files()
        run = self.run_state("--dry-run", "--from-start", path)
        self.assertEqual((run.out, run.receipt["actions"]["already_known"]), (b"", 4))
        self.assertEqual(self.files(), before)

    def test_it_needs_no_lock(self):
        fifo = self.dir / "fifo"
        os.mkfifo(fifo)
        process = self.start("run", "--state", self.state, fifo, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
        with process, open(fifo, "wb", buffering=0) as pipe:
            pipe.write(low(model__name="held"))
            process.stdout.readline()
            path = self.write("events.ndjson", breaches(2) + [low(model__name="held")])
            run = self.run_state("--dry-run", path)
            self.assertEqual(len(run.actions), 4)


if __name__ == "__main__":
    mlmon_run.main()
