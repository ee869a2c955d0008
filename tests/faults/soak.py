#!/usr/bin/env python3
"""All tests of this folder at length, over and over with other seeds, until the time is over.

    soak.py BUILD SECONDS

Each test has an equal share of a pass; in it, it disturbs all calls, in any order, or kills at random. Prints what
each did; a failure with its seed, and the exit code is 1.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
LONGEST_PASS = 3600


def tests():
    """(file, name) of each."""
    found = []
    for path in sorted(FOLDER.glob("*_test.py")):
        suites = unittest.defaultTestLoader.loadTestsFromName(path.stem)
        found += [(path, test.id().split(".", 1)[1]) for suite in suites for test in suite]
    return found


def run(path, name, seed, until, environment, total):
    """One test; true if it passed."""
    with tempfile.TemporaryDirectory(prefix="mlmon-soak-") as folder:
        counts = Path(folder) / "counts"
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-B", path, name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, **environment, "MLMON_SEED": str(seed), "MLMON_ALL_CALLS": "1",
                 "MLMON_KILLS": "1000000", "MLMON_UNTIL": str(until), "MLMON_COUNTS": str(counts),
                 "TMPDIR": folder})
        counted = json.loads(counts.read_text()) if counts.exists() else {}
    total.add(counted)
    said = ", ".join(f"{count} {what}" for what, count in counted.items() if count) or "nothing counted"
    print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {path.stem[:-5]}.{name} (seed {seed}, "
          f"{time.monotonic() - began:.0f} s): {said}", flush=True)
    if done.returncode != 0:
        print(f"{done.stdout}\nended with {done.returncode}", flush=True)
    return done.returncode == 0


def main(build, seconds):
    sys.path.insert(0, str(FOLDER))
    environment = {"MLMON": str(build / "bin/mlmon"), "MLMON_SHIM": str(build / "tests/shim.so"),
                   "MLMON_BAD_PLUGINS": str(build / "tests/bad_plugins")}
    import faulty
    total, failed = faulty.Counts(), 0
    end = time.monotonic() + seconds
    all_tests = tests()
    seed = int(time.time())
    print(f"{len(all_tests)} tests for {seconds:.0f} s", flush=True)
    while time.monotonic() < end:
        this_pass = min(end - time.monotonic(), LONGEST_PASS)
        for path, name in all_tests:
            now = time.monotonic()
            if now >= end:
                break
            until = min(end, now + this_pass / len(all_tests))
            failed += not run(path, name, seed, until, environment, total)
        seed += 1
    print(f"{total}; {failed} tests failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve(), float(sys.argv[2])))
