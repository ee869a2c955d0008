#!/usr/bin/env python3
"""Writes events for the bench: healthy models in time order, the same bytes for the same options.

    events.py FILE [--events N] [--models N] [--breaches SHARE] [--storm]

Each model has metrics and drift events in turn. With --storm every third event is one on which the alert
plugin decides, as its figure crosses the default limit, down or up again.
"""

import argparse
import json
import random
from pathlib import Path


def moment(second):
    """Event time; a year of months that have 28 days."""
    day = second // 86400
    return (f"2026-{1 + day // 28 % 12:02}-{1 + day % 28:02}"
            f"T{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}Z")


def breaching(count, models, breaches, storm, rng):
    """For each event, whether its figure is beyond the limit."""
    if not storm:
        yield from (rng.random() < breaches for _ in range(count))
        return
    beyond = [False] * (2 * models)
    for i in range(count):
        figure = i % len(beyond)
        if i % 3 == 0:
            beyond[figure] = not beyond[figure]
        yield beyond[figure]


def lines(count, models=200, breaches=0.001, storm=False):
    rng = random.Random(1)
    low_f1 = 0.59 if storm else 0.75  # below the limit of both plugins, or of retraining at least
    shown = [json.dumps({"name": f"model-{i:03}", "version": f"1.{i % 7}.0",
                         "deployed_at": "2026-01-01T00:00:00Z"}) for i in range(models)]
    for i, low in enumerate(breaching(count, models, breaches, storm, rng)):
        at, model = moment(i // 2), shown[i // 2 % models]
        if i % 2 == 0:
            f1 = rng.uniform(0.4, low_f1) if low else rng.uniform(0.8, 0.95)
            yield (f'{{"type":"metrics","model":{model},"accuracy":{f1 + 0.02:.6f},'
                   f'"precision":{f1 - 0.01:.6f},"recall":{f1 + 0.01:.6f},"f1":{f1:.6f},'
                   f'"captured_at":"{at}"}}\n')
        else:
            p_value = rng.uniform(0, 0.05) if low else rng.uniform(0.06, 1)
            yield (f'{{"type":"drift","model":{model},"p_value":{p_value},'
                   f'"magnitude":{rng.random():.6f},"detected_at":"{at}"}}\n')


def write(path, **options):
    """The whole file or none, so that one that is there can be used again."""
    partial = path.with_name(path.name + ".partial")
    with open(partial, "w", encoding="ascii") as file:
        file.writelines(lines(**options))
    partial.rename(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--models", type=int, default=200)
    parser.add_argument("--breaches", type=float, default=0.001, help="share of the events")
    parser.add_argument("--storm", action="store_true")
    options = vars(parser.parse_args())
    write(options.pop("file"), count=options.pop("events"), **options)


if __name__ == "__main__":
    main()
