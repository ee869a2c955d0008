#!/usr/bin/env python3
"""What policies cost: requests of retraining by policy over the same events, and why the others were held back,
as Markdown.

    policy.py MLMON [FILE]       FILE: events, in place of tests/data/real-events.ndjson

No request changes what is read next: the models of these events are never retrained.
"""

import collections
import json
import subprocess
import sys
import tempfile
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
POLICIES = {
    "defaults": {},
    "cooldown": {"cooldown": "30d", "job_timeout": "7d"},
    "n of m": {"for": "3/5", "cooldown": "30d", "job_timeout": "7d"},
    "confirmed": {"for": "3/5", "require": "confirmed", "min_magnitude": 0.2, "cooldown": "30d",
                  "job_timeout": "7d"},
    "careful": {"min_f1": 0.7, "for": "3/5", "require": "all", "min_magnitude": 0.2, "grace": "90d",
                "cooldown": "90d", "job_timeout": "14d", "budget": "4/30d"},
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


def table(title, columns, rows):
    print(f"\n{title}\n\n| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")


def compare(mlmon, events):
    rows = []
    for name, keys in POLICIES.items():
        decisions = run(mlmon, keys, events, "--no-state", "--explain")
        why = collections.Counter(one["why"] for one in decisions if one["action"] == "suppressed")
        held = ", ".join(f"{reason} {count:,}" for reason, count in why.most_common())
        said = " ".join(f"{key} = {json.dumps(value)}" for key, value in keys.items()) or "-"
        rows.append((name, f"`{said}`", f"{len(decisions) - sum(why.values()):,}", held))
    table(f"Requests over the events of {Path(events).name}", ("policy", "keys", "requests", "held back"), rows)


def main():
    mlmon = sys.argv[1]
    events = sys.argv[2] if len(sys.argv) > 2 else str(DATA / "real-events.ndjson")
    compare(mlmon, events)


if __name__ == "__main__":
    main()
