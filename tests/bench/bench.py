#!/usr/bin/env python3
"""Times mlmon beside other programs that read the same file, and beside its goals, all in one run: only ratios travel.

    bench.py MLMON FOLDER [--events N] [--rounds N] [--only NAME...]

The programs take turns, round after round, on the same two cores, and medians count. Each command is shown and runs
in FOLDER, which keeps the files of events, a virtual environment with DuckDB and polars (from PyPI), and bench.md:
both tables as Markdown. What is not installed is said and left out. It takes some minutes, 2 GB of disk and for a
while 4 GB more.
"""

import argparse
import datetime
import fnmatch
import math
import os
from pathlib import Path

import events
import goals
import peers
from programs import Programs
from table import Table


class Bench:
    """What the goals are measured with, and the table that they stand in."""

    def __init__(self, count, rounds):
        self.events, self.rounds = count, rounds
        self.table = Table(goal=48, measured=28, limit=10, met=5)

    def say(self, text):
        print(f"- {text}", flush=True)

    def events_file(self, count=None, name="events", **options):
        """Written by events.py with these options, unless it is there; its name says which it is."""
        count = count or self.events
        path = Path(f"{name}-{count}.ndjson")
        if not path.exists():
            self.say(f"writing {path}")
            events.write(path, count=count, **options)
            os.sync()
        return path

    def at_most(self, goal, value, limit, unit):
        self.judge(goal, rounded(value, math.ceil), "<=", limit, unit)

    def at_least(self, goal, value, limit, unit):
        self.judge(goal, rounded(value, math.floor), ">=", limit, unit)

    def judge(self, goal, measured, sign, limit, unit):
        met = measured <= limit if sign == "<=" else measured >= limit
        self.table.add(goal, f"{measured:,} {unit}", f"{sign} {limit:,}", "yes" if met else "no")


def rounded(value, whole):
    """To three digits or more, never towards the goal, so that the figure shown is the one judged."""
    if value >= 100:
        return whole(value)
    scale = 10 if value >= 10 else 100
    return whole(value * scale) / scale


def machine():
    model = next((line.partition(":")[2].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), os.uname().machine)
    return f"{model}, two of {os.cpu_count()} cores, {datetime.date.today()}."


def prepare(options):
    """Two cores for all, mlmon from here, no configuration but the defaults, FOLDER as the working directory."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    os.environ["PATH"] = f"{options.mlmon.resolve().parent}:{os.environ['PATH']}"
    for name in [name for name in os.environ if name.startswith("MLMON")]:
        del os.environ[name]
    options.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(options.folder)
    Path("mlmon.toml").write_text("", encoding="utf-8")  # stands before those of the user and the system


def write_markdown(programs, bench):
    with open("bench.md", "w", encoding="utf-8") as file:
        file.write(f"{programs.table.markdown()}\n{machine()} {programs.notes()}\n"
                   f"```console\n{programs.commands()}```\n\n{bench.table.markdown()}")


def main():
    names = [peer.name for peer in peers.PEERS] + list(goals.GOALS)
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("mlmon", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", default=["*"], metavar="NAME", help=f"or glob, of {' '.join(names)}")
    options = parser.parse_args()
    wanted = [name for name in names if any(fnmatch.fnmatch(name, glob) for glob in options.only)]
    if not wanted:
        parser.error(f"--only: there is none of that name; the names: {' '.join(names)}")

    prepare(options)
    bench = Bench(options.events, options.rounds)
    programs = Programs(bench, [peer for peer in peers.PEERS if peer.name in wanted])
    programs.measure()
    print(f"\n{programs.notes()}\n{programs.commands()}", flush=True)
    goals.programs(bench, programs.runs)
    for name, goal in goals.GOALS.items():
        if name in wanted:
            goal(bench)
    write_markdown(programs, bench)
    print(f"\n{options.folder}/bench.md has both tables as Markdown")


if __name__ == "__main__":
    main()
