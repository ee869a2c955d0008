"""Calls that fail: a full disk, a broken one, writes and reads that move less than was asked for. A run goes on
as if nothing were, or ends with 1 and an error that names the file; the next one completes the same history."""

import random
from pathlib import Path

from faulty import ALL_CALLS, COUNTS, SEED, Fault, sample, time_is_up
import mlmon_run
from history import HistoryTest, events

ERRORS = ["ENOSPC", "EDQUOT", "EIO"]


class FaultTest(HistoryTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)

    def faults(self, log, size, dos, calls="", only=("",)):
        """Faults at calls of a log, of those kinds that stand in `only`."""
        for number in sample(log, size, self.random):
            if log[number - 1].startswith(tuple(only)):
                for do in dos if ALL_CALLS else [self.random.choice(dos)]:
                    yield Fault(do, number, do != "EINTR" and self.random.random() < 0.5, calls)

    def survive(self, history, fault, paths=None):
        """A run with the fault. It is invisible, or told of and the next run completes the history."""
        code = history.run(fault=fault, paths=paths)
        COUNTS.faults += 1
        self.assertIn(code, (0, 1, 4), history.err)
        return code

    def each(self, log, size, dos, check, calls="", only=("",), paths=None, anew=False):
        """check(history, exit code, path of the file that was struck) gives what the history need not have in
        common with an undisturbed one."""
        for fault in self.faults(log, size, dos, calls, only):
            with self.subTest(seed=SEED, call=f"{fault.at} {log[fault.at - 1]}", do=fault.do,
                              lasting=fault.lasting):
                history = self.history(anew)
                code = self.survive(history, fault, paths)
                but_for = check(history, code, Path(log[fault.at - 1].split(" ", 1)[1])) or ()
                self.complete(history)
                self.compare(history, but_for=but_for)
                self.drop(history)


class Writing(FaultTest):
    def test_what_cannot_be_written_is_named_and_comes_with_the_next_run(self):
        def check(history, code, path):
            if code == 1:
                self.assertRegex(history.err, r"state|out\.ndjson|quarantine|receipt")
            elif code == 4:
                self.assertIn("told.ndjson: ", history.err)
            # Nobody waits for room in the quarantine: what it did not take is told, and lost to it.
            return ("quarantined",) if "quarantine" in path.name and code == 1 else ()

        self.each(self.calls(self.history()), 26, ERRORS, check)

    def test_a_receipt_agrees_with_the_exit_code_or_is_not_there_whatever_fails_at_the_end(self):
        log = self.calls(self.history())
        first = next(number for number, call in enumerate(log, 1) if "receipt.json" in call)
        for number in range(first, len(log) + 1):
            with self.subTest(call=f"{number} {log[number - 1]}"):
                history = self.history()
                self.survive(history, Fault("EIO", number, True))
                self.complete(history)
                self.compare(history)
                self.drop(history)

    def test_a_write_of_half_and_one_that_was_interrupted_are_invisible(self):
        def check(history, code, _):
            self.assertEqual(code, 0, history.err)
            self.compare(history)

        paths = ["*/state*", "*/out.ndjson*", "*/quarantine.ndjson", "*/receipt.json*"]
        log = self.calls(self.history(), calls="write", paths=paths)
        self.each(log, 8, ["short", "EINTR"], check, calls="write", paths=paths)


class BrokenFiles(FaultTest):
    models_of_its_own = True  # the files that can be read are read, so the order is another

    def test_a_file_that_cannot_be_read_is_named_and_read_the_next_time(self):
        paths = ["*/in/*.ndjson"]

        def check(history, code, path):
            self.assertEqual(code, 1)
            self.assertIn(f"in/{path.name}: Input/output error", history.err)

        log = self.calls(self.history(), calls="read", paths=paths)
        self.each(log, 8, ["EIO"], check, calls="read", paths=paths)

    def test_what_stands_before_a_place_that_cannot_be_read_is_done(self):
        text = b"".join(events(4000, self.random, 0))
        self.write("long.ndjson", text)
        reference = self.history(anew=True)
        self.assertEqual(reference.run("../long.ndjson"), 0)
        expected = reference.outcome()
        log = self.calls(self.history(anew=True), *reference.run_args("../long.ndjson"), calls="read",
                         paths=["*/long.ndjson"])
        self.assertGreater(len(log), 5)
        reached = set()
        for number in sample(log, 3, self.random):
            history = self.history(anew=True)
            fault = Fault("EIO", number, True, "read")
            self.assertEqual(history.run("../long.ndjson", fault=fault, paths=["*/long.ndjson"]), 1)
            self.assertIn("long.ndjson: Input/output error", history.err)
            sources = history.receipt()["sources"]
            place = sources[0]["to_offset"] if sources else 0
            reached.add(place)
            self.assertIn(text[place - 1:place], (b"", b"\n"))
            self.assertEqual(history.run("../long.ndjson"), 0, history.err)
            self.assertEqual(history.receipt()["sources"][0]["from_offset"], place)
            self.compare(history, expected)
        self.assertGreater(len(reached), 0 if time_is_up() else 1)


class Reading(FaultTest):
    def test_a_read_of_half_and_one_that_was_interrupted_are_invisible(self):
        paths = ["*/in/*.ndjson", "*/state*"]

        def check(history, code, _):
            self.assertEqual(code, 0, history.err)
            self.compare(history)

        log = self.calls(self.history(), calls="read", paths=paths)
        self.each(log, 8, ["short", "EINTR"], check, calls="read", paths=paths)

    def test_a_state_that_cannot_be_read_is_named_and_left_alone(self):
        paths = ["*/state.db*"]

        def check(history, code, _):
            if code == 1:
                self.assertIn("state.db", history.err)

        log = self.calls(self.history(), calls="read", paths=paths)
        self.each(log, 8, ["EIO"], check, calls="read", paths=paths)


if __name__ == "__main__":
    mlmon_run.main()
