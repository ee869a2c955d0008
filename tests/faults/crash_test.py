"""Killed at a call of the store, the output or a receiver's file, and run again: the history is that of an
undisturbed run. Each call counts, before it, after it and, of a write, in the middle."""

import random

from faulty import ALL_CALLS, COUNTS, SEED, Fault, sample
import mlmon_run
from history import HistoryTest


class Crash(HistoryTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)

    def points(self, log, size):
        """(number, what) of the kills."""
        for number in sample(log, size, self.random):
            deaths = ["kill", "tear"] if log[number - 1].startswith("write") else ["kill", "kill_after"]
            for do in deaths if ALL_CALLS else [self.random.choice(deaths)]:
                yield number, do

    def crash_everywhere(self, size, anew=False, again=False):
        """`again`: the run that follows is killed as well, at some call."""
        log = self.calls(self.history(anew))
        for number, do in self.points(log, size):
            with self.subTest(seed=SEED, call=f"{number} {log[number - 1]}", do=do):
                history = self.history(anew)
                self.crash(history, Fault(do, number))
                if again:
                    self.crash(history, Fault(do, self.random.randint(1, len(log))))
                self.complete(history)
                self.compare(history)
                self.drop(history)

    def crash(self, history, fault):
        code = history.run(fault=fault)
        # A run of few calls (threads take turns) may live.
        self.assertIn(code, (0, -9), history.err)
        COUNTS.kills += code == -9


class IntoFile(Crash):
    def test_at_any_call(self):
        self.crash_everywhere(36)

    def test_twice(self):
        self.crash_everywhere(10, again=True)


class IntoStdout(Crash):
    to_stdout = True

    def test_at_any_call(self):
        self.crash_everywhere(10)


class FromNothing(Crash):
    def live_through_the_past(self):
        return None

    def test_at_any_call(self):
        self.crash_everywhere(10, anew=True)


if __name__ == "__main__":
    mlmon_run.main()
