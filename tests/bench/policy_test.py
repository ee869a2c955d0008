#!/usr/bin/env python3
"""./dev bench policy on a few days: that its loop is closed, and that its tables hold what they say.

    MLMON=PATH policy_test.py
"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import closed_loop
import policy
from ages import Ages

BINARY = os.environ.get("MLMON") or sys.exit("MLMON must name the binary under test")
AGES = Ages(policy.DATA / "elec-ages.gz")
DAYS = 100


def by_hand(breaches, grace):
    """Retrainings with a rule that needs one breach, and the accuracy of each day."""
    trained, retrainings, accuracies = 0, 0, []
    for day in range(DAYS):
        figures = AGES.read(trained, day)
        accuracies.append(figures.accuracy)
        if breaches(figures) and day + 1 - trained >= grace:
            trained, retrainings = day + 1, retrainings + 1
    return closed_loop.Worth(sum(accuracies) / DAYS, retrainings)


class ClosedLoop(unittest.TestCase):
    def worth(self, name):
        return closed_loop.worth(BINARY, AGES, policy.WORTH[name], DAYS)

    def test_the_calendar_retrains_as_often_as_it_says(self):
        self.assertEqual(self.worth("each day"), by_hand(lambda figures: True, 0))
        self.assertEqual(self.worth("each week"), by_hand(lambda figures: True, 7))
        self.assertEqual(self.worth("each week").retrainings, DAYS // 7)

    def test_rules_ask_by_what_the_retrained_model_says(self):
        self.assertEqual(self.worth("metric"), by_hand(lambda figures: figures.f1 < 0.75, 0))
        self.assertEqual(self.worth("drift, a week"), by_hand(
            lambda figures: figures.p_value < 0.05 and figures.magnitude >= 0.5, 7))

    def test_retraining_each_day_beats_never_and_grace_saves_retrainings(self):
        always, metric, careful = map(self.worth, ("each day", "metric", "metric, a week"))
        self.assertEqual(always.retrainings, DAYS)
        self.assertGreater(always.accuracy, by_hand(lambda figures: False, 0).accuracy)
        self.assertTrue(0 < careful.retrainings < metric.retrainings < DAYS)

    def test_an_mlmon_that_ends_is_said_to_have(self):
        with self.assertRaisesRegex(RuntimeError, "exit code 2"):
            closed_loop.worth(BINARY, AGES, {"min_f1": 2}, 1)


class Table(unittest.TestCase):
    def test_a_model_is_best_on_the_days_after_its_training(self):
        def mean(age):
            return sum(AGES.read(day - age, day).accuracy for day in range(200, AGES.days)) / (AGES.days - 200)

        self.assertGreater(mean(0), mean(30))
        self.assertGreater(mean(30), mean(200))

    def test_figures_are_in_their_ranges(self):
        for day in range(0, AGES.days, 50):
            for figure in AGES.read(day // 2, day):
                self.assertTrue(0 <= figure <= 1, (day, figure))


class Printed(unittest.TestCase):
    def test_both_tables_have_a_row_for_each_policy(self):
        with tempfile.NamedTemporaryFile("wb", suffix=".ndjson") as events:
            lines = (policy.DATA / "real-events.ndjson").read_bytes().splitlines(keepends=True)
            events.writelines(lines[:200])
            events.flush()
            done = subprocess.run([sys.executable, "-B", policy.__file__, BINARY, events.name, "--days", "10"],
                                  stdout=subprocess.PIPE, text=True, check=True)
        names = [line.split(" | ")[0].removeprefix("| ") for line in done.stdout.splitlines()]
        for name in ["never", *policy.COSTS, *policy.WORTH]:
            self.assertIn(name, names)
        self.assertIn("| each day | - | ", done.stdout)
        self.assertRegex(done.stdout, r"\| each day .* \| 10 \|")


if __name__ == "__main__":
    unittest.main(verbosity=2)
