#!/usr/bin/env python3
"""The bench itself, on a tiny file and without what comes from PyPI: that it runs, not what it measures.

    MLMON=PATH bench_test.py
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import events
import goals

HERE = Path(__file__).resolve().parent
BINARY = os.environ.get("MLMON") or sys.exit("MLMON must name the binary under test")


def rows(markdown):
    """The first cell of each row of its tables."""
    return [line.split(" | ")[0].removeprefix("| ") for line in markdown.splitlines() if line.startswith("| ")]


class BenchTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="mlmon-bench-")
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def bench(self, *options):
        return subprocess.run([sys.executable, "-B", HERE / "bench.py", BINARY, self.folder, "--events", "2000",
                               "--rounds", "1", *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def test_it_prints_and_writes_a_row_for_each_program_and_goal(self):
        done = self.bench("--only", "wc", *goals.GOALS)
        self.assertEqual(done.returncode, 0, done.stdout)
        written = (self.folder / "bench.md").read_text(encoding="utf-8")
        first = ["program", "---", "`wc -l`", "mlmon", "goal", "---", "against `wc -l`", "peak memory",
                 "ten times the events", "100,000 models instead of 200", "with state instead of without",
                 "an action without state", "an action with state", "storm with state, told to nobody",
                 "line in a pipe to action, with state: p99",
                 "start: a run over one event", r"`cat FILE \| mlmon run`", "`.gz` against zlib",
                 "`.zst` against `zstd -dc`"]
        found = rows(written)
        for row in first:
            self.assertTrue(any(one.startswith(row) for one in found), f"{row}: not in {found}")
        self.assertIn("```console\nmlmon run --no-state", written)
        self.assertIn("\nwc -l events-2000.ndjson\n", written)
        for row in found:
            self.assertIn(row.replace(r"\|", "|").replace("---", ""), done.stdout)
        self.assertFalse((self.folder / "ten-times.ndjson").exists())
        self.assertFalse((self.folder / "state").exists())

    def test_a_name_that_there_is_not_is_refused_with_those_that_there_are(self):
        done = self.bench("--only", "speed")
        self.assertEqual(done.returncode, 2)
        self.assertIn("duckdb-filter", done.stdout)


class Events(unittest.TestCase):
    def test_they_are_the_same_bytes_everywhere(self):
        text = "".join(events.lines(2000)).encode()
        self.assertEqual(hashlib.sha256(text).hexdigest(),
                         "c0b8544aec0504867e947f24238a334a7fed92b78190a01b4de2d554cae36c58")

    def test_a_third_of_a_storm_are_decisions(self):
        beyond = list(events.breaching(6000, 200, 0, True, None))
        changes = sum(now != (beyond[i - 400] if i >= 400 else False) for i, now in enumerate(beyond))
        self.assertEqual(changes, 2000)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
