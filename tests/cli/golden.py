#!/usr/bin/env python3
"""Runs the command lines of golden/ and compares what they say, to the byte.

A case is a folder: `cmd` (run by sh in a copy of the folder, with mlmon in PATH), its input files,
and what is expected in `stdout`, `stderr` (no file: nothing) and `exit` (no file: 0).

    MLMON=PATH golden.py [CASE...]                  runs them, all without CASE
    MLMON=PATH MLMON_GOLDEN=update golden.py ...    writes what came out as what is expected

Figures that no two runs share stand in the expected files as the placeholders of VARYING. If a run
leaves a `receipt.json`, its equations are checked too.
"""

import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mlmon_run import BINARY, TIMEOUT, environment
from receipt import problems

CASES = Path(__file__).resolve().parent / "golden"
PREFIX = Path(BINARY).resolve().parent.parent
EXPECTED = ("stdout", "stderr", "exit")

# What varies, and what is written in its place.
VARYING = [
    (r'"run_id":"[^"]*"', '"run_id":"<RUN_ID>"'),
    (r'"(started_at|ended_at)":"[^"]*"', r'"\1":"<TIME>"'),
    (r'"(seconds|events_per_second|peak_rss_bytes)":[0-9.e+-]+', r'"\1":<NUMBER>'),
    (r"(?m)^[0-9.]+ s, [0-9,]+ events/s, peak memory [0-9.]+ MiB$",
     "<SECONDS> s, <RATE> events/s, peak memory <SIZE>"),
]


def steady(text, folder):
    text = text.replace(str(folder), "<DIR>").replace(str(PREFIX), "<PREFIX>")
    for pattern, placeholder in VARYING:
        text = re.sub(pattern, placeholder, text)
    return text


def play(case, folder):
    """Runs a case in `folder`; returns its texts by name of the expected file, and what is wrong."""
    work = folder / "work"
    shutil.copytree(case, work, ignore=shutil.ignore_patterns(*EXPECTED))
    home = folder / "home"
    home.mkdir()
    command = (work / "cmd").read_text()
    (work / "cmd").unlink()
    path = f"{Path(BINARY).resolve().parent}:{os.environ['PATH']}"
    done = subprocess.run(["sh", "-c", command], cwd=work, env=environment(home, PATH=path),
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode
    wrong = []
    receipt = work / "receipt.json"
    if receipt.exists():
        wrong = [f"receipt: {sentence}" for sentence in
                 problems(json.loads(receipt.read_text()), code, sees_all=False)]
    return {"stdout": steady(done.stdout.decode("utf-8", "backslashreplace"), folder),
            "stderr": steady(done.stderr.decode("utf-8", "backslashreplace"), folder),
            "exit": f"{code}\n"}, wrong


def expected(case, name):
    path = case / name
    return path.read_text() if path.exists() else "0\n" if name == "exit" else ""


def update(case, texts):
    for name, text in texts.items():
        if text == ("0\n" if name == "exit" else ""):
            (case / name).unlink(missing_ok=True)
        else:
            (case / name).write_text(text)


def compare(case, texts):
    """The differences as lines to print."""
    told = []
    for name, text in texts.items():
        told += difflib.unified_diff(expected(case, name).splitlines(), text.splitlines(),
                                     f"{case.name}/{name}", "what came out", lineterm="")
        if not told and expected(case, name) != text:
            told.append(f"{case.name}/{name}: the newline at the end differs")
    return told


def main():
    if not BINARY:
        sys.exit("MLMON must name the binary under test")
    cases = [CASES / name for name in sys.argv[1:]] or sorted(p for p in CASES.iterdir() if p.is_dir())
    if not cases:
        sys.exit(f"no cases in {CASES}")
    failed = []
    for case in cases:
        with tempfile.TemporaryDirectory(prefix="mlmon-golden-") as folder:
            texts, wrong = play(case, Path(folder).resolve())
        if os.environ.get("MLMON_GOLDEN") == "update":
            update(case, texts)
        else:
            wrong = compare(case, texts) + wrong
        print(f"{'FAILED' if wrong else 'ok':6} {case.name}")
        if wrong:
            failed.append(case.name)
            print(f"  $ {(case / 'cmd').read_text().strip()}", *wrong, sep="\n  ")
    if failed:
        sys.exit(f"{len(failed)} of {len(cases)} cases failed: {' '.join(failed)}\n"
                 "MLMON_GOLDEN=update writes what came out as expected; read the difference first.")


if __name__ == "__main__":
    main()
