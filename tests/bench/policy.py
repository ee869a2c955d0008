#!/usr/bin/env python3
"""What policies cost and what they are worth, as two tables of Markdown.

    policy.py MLMON [FILE] [--days N]    FILE: events, in place of tests/data/real-events.ndjson

The first: requests of retraining by policy over the same events, and why the others were held back. No request
changes what is read next: the models of these events are never retrained. The second: accuracy and retrainings over
the days of tests/data/elec-ages.gz (or the first N) when each request is a retraining; see closed_loop.py.
"""

import argparse
import collections
import json
import subprocess
import tempfile
from pathlib import Path

import closed_loop
from ages import Ages

DATA = Path(__file__).resolve().parent.parent / "data"
COSTS = {
    "defaults": {},
    "cooldown": {"cooldown": "30d", "job_timeout": "7d"},
    "n of m": {"for": "3/5", "cooldown": "30d", "job_timeout": "7d"},
    "confirmed": {"for": "3/5", "require": "confirmed", "min_magnitude": 0.2, "cooldown": "30d",
                  "job_timeout": "7d"},
    "careful": {"min_f1": 0.7, "for": "3/5", "require": "all", "min_magnitude": 0.2, "grace": "90d",
                "cooldown": "90d", "job_timeout": "14d", "budget": "4/30d"},
}
CALENDAR = {"min_f1": False, "max_p_value": False, "rules": [{"name": "day", "metric": "day", "above": -1}]}
METRIC = {"max_p_value": False}
DRIFT = {"min_f1": False, "min_magnitude": 0.5}
WORTH = {
    "each day": CALENDAR,
    "each week": {**CALENDAR, "grace": "7d"},
    "each two weeks": {**CALENDAR, "grace": "14d"},
    "defaults": {},
    "defaults, a week": {"grace": "7d"},
    "metric": METRIC,
    "metric, a week": {**METRIC, "grace": "7d"},
    "metric, n of m": {**METRIC, "for": "3/5", "grace": "7d"},
    "drift": DRIFT,
    "drift, a week": {**DRIFT, "grace": "7d"},
    "drift, n of m": {**DRIFT, "for": "3/5", "grace": "7d"},
    "both, a week": {"require": "all", "min_magnitude": 0.5, "grace": "7d"},
    "both, two weeks": {"require": "all", "min_magnitude": 0.5, "grace": "14d"},
}


def run(mlmon, keys, events, *args):
    """The decisions of one retraining observer with these keys."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
        config.write('[observers.ask]\nplugin = "retraining"\n')
        config.writelines(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
        config.flush()
        done = subprocess.run([mlmon, "run", "-c", config.name, "--summary", "none", *args, events],
                              stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def said(keys):
    """Keys as in the configuration; those of the calendar are no policy that somebody would write."""
    own = {key: value for key, value in keys.items() if keys.get("rules") is None or key not in CALENDAR}
    return " ".join(f"`{key} = {json.dumps(value)}`" for key, value in own.items()) or "-"


def table(title, columns, rows):
    print(f"\n{title}\n\n| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |", flush=True)


def costs(mlmon, events):
    for name, keys in COSTS.items():
        decisions = run(mlmon, keys, events, "--no-state", "--explain")
        why = collections.Counter(one["why"] for one in decisions if one["action"] == "suppressed")
        held = ", ".join(f"{reason} {count:,}" for reason, count in why.most_common())
        yield name, said(keys), f"{len(decisions) - sum(why.values()):,}", held


def worths(mlmon, ages, days):
    yield "never", "-", f"{sum(ages.read(0, day).accuracy for day in range(days)) / days:.3f}", 0
    for name, keys in WORTH.items():
        worth = closed_loop.worth(mlmon, ages, keys, days)
        yield name, said(keys), f"{worth.accuracy:.3f}", worth.retrainings


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mlmon")
    parser.add_argument("events", nargs="?", default=DATA / "real-events.ndjson")
    parser.add_argument("--days", type=int)
    args = parser.parse_args()
    ages = Ages(DATA / "elec-ages.gz")
    days = min(args.days or ages.days, ages.days)
    table(f"Requests over the events of {Path(args.events).name}", ("policy", "keys", "requests", "held back"),
          costs(args.mlmon, args.events))
    table(f"Worth over {days} days of {ages.about['stream']}, {ages.about['model']}",
          ("policy", "keys", "accuracy", "retrainings"), worths(args.mlmon, ages, days))


if __name__ == "__main__":
    main()
