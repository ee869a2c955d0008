"""Runs commands in turn and tells how long they took, and how much memory."""

import json
import os
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

STATE, RECEIPT, PEAK = Path("state"), Path("receipt.json"), Path("peak.txt")


@dataclass
class Run:
    seconds: float  # of the whole process
    processor_seconds: float  # likewise, of all its threads
    peak_mib: float  # 0 if not measured
    said: str  # the first line on stdout, of a program that tells its own time
    receipt: dict  # of mlmon


def run(command, own_time=False, peak=True):
    """Once, with the state folder new; stdout goes to /dev/null if nobody reads it, stderr always.

    A process's peak memory is at least that of the one which starts it, so time(1) does, not this Python.
    """
    shutil.rmtree(STATE, ignore_errors=True)
    RECEIPT.unlink(missing_ok=True)
    words = [*(("time", "-f", "%M", "-o", PEAK) if peak else ()), *shlex.split(command)]
    used, begun = processor_seconds_of_children(), time.perf_counter()
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE if own_time else subprocess.DEVNULL)
    seconds, processor = time.perf_counter() - begun, processor_seconds_of_children() - used
    shutil.rmtree(STATE, ignore_errors=True)
    if done.returncode != 0:
        sys.exit(f"bench.py: exit code {done.returncode} in {os.getcwd()}: {command}")
    return Run(seconds, processor, int(PEAK.read_text()) / 1024 if peak else 0, done.stdout or "", receipt(command))


def processor_seconds_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def receipt(command):
    """What mlmon says about the run, if it was one; it must have taken every line for an event."""
    if not RECEIPT.exists():
        return {}
    said = json.loads(RECEIPT.read_text())
    if not all(0 < source["events"] == source["lines"] for source in said["sources"]):
        sys.exit(f"bench.py: not every line was an event: {command}")
    return said


def in_turn(commands, rounds, **options):
    """Each command once a round, so that what else the machine does hits all of them: {name: [Run]}."""
    runs = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(run(command, **options))
    return runs


def seconds(runs):
    return statistics.median(run.seconds for run in runs)


def processor_seconds(runs):
    return statistics.median(run.processor_seconds for run in runs)


def own_seconds(runs):
    return statistics.median(float(run.said) for run in runs)


def peak_mib(runs):
    return max(run.peak_mib for run in runs)
