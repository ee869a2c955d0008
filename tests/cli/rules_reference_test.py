"""Sections 2, 4, 5, 9, 10 and 13 of the contract: on random configurations and streams mlmon decides, holds back and
counts what the reference says, at once and in pieces.

MLMON_STREAMS is how many are tried, from the seed MLMON_SEED on; a failure names the seed that repeats it, and shows
configuration and events.
"""

import json
import os
import random
import sys
from collections import Counter
from itertools import zip_longest
from pathlib import Path

import mlmon_run
from mlmon_run import SANITIZED, MlmonTest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))
import random_rules  # noqa: E402
from rules import DERIVED_RULES, decide  # noqa: E402

SEED = int(os.environ.get("MLMON_SEED", "1"))
STREAMS = int(os.environ.get("MLMON_STREAMS", "20" if SANITIZED else "60"))
# Members that an action has where the reference says so, and else has not.
FIXED = {"action", "of", "why", "until", "observer", "rule", "state", "model", "metric", "value", "p_value",
         "magnitude", "threshold", "baseline", "severity", "labels", "event_time", "line"}
COUNTS = ("figures", "breaches", "actions")


def same(one, other):
    """Equal; a mean may differ in its last bits."""
    if isinstance(one, float) and isinstance(other, (int, float)):
        return abs(one - other) <= 1e-13 * max(abs(one), abs(other))
    return one == other


def difference(decision, action):
    """What an action is that it should not be; "": nothing."""
    if decision is None or action is None:
        return "one too many" if decision is None else "one is missing"
    wrong = [name for name, value in decision.fields.items() if not same(value, action.get(name))]
    if decision.complete:
        wrong += sorted(FIXED & action.keys() - decision.fields.keys())
    if decision.untold != ("suppressed" in action):
        wrong.append("suppressed")
    return "differs in " + ", ".join(wrong) if wrong else ""


def action_difference(decisions, actions):
    for place, (decision, action) in enumerate(zip_longest(decisions, actions)):
        found = difference(decision, action)
        if found:
            owed = None if decision is None else {**decision.fields, "untold": decision.untold}
            return f"action {place} {found}\nreference: {text(owed)}\nmlmon:     {text(action)}"
    return ""


def text(value):
    return json.dumps(value, ensure_ascii=False)


def counts_of_reference(observers):
    counts = Counter()
    for observer in observers:
        for rule in observer.rules:
            for name in COUNTS:
                counts[f"{name} of {observer.name}.{rule.name}"] = getattr(rule, name)
        for why, count in observer.suppressed_by.items():
            counts[f"{observer.name} suppressed by {why}"] = count
    return counts


def counts_of_receipt(receipt):
    counts = Counter()
    for observer in receipt["observers"]:
        own = [rule for rule in observer.get("rules", []) if rule["rule"] not in DERIVED_RULES]
        for rule in own:
            for name in COUNTS:
                counts[f"{name} of {observer['observer']}.{rule['rule']}"] = rule[name]
        for why, count in observer.get("suppressed_by", {}).items():
            counts[f"{observer['observer']} suppressed by {why}"] = count
    return counts


def count_difference(reference, receipts):
    for name in reference | receipts:  # a count that is missing is 0
        if reference[name] != receipts[name]:
            return f"{name}: reference {reference[name]}, receipt {receipts[name]}"
    return ""


class Stream:
    """One random configuration with its events; it grows by the ends of jobs that it leads to."""

    def __init__(self, seed):
        self.seed, self.chance = seed, random.Random(seed)
        self.observers = random_rules.random_observers(self.chance)
        self.skip_late = self.chance.random() < 0.2
        self.config = random_rules.toml(self.observers, self.skip_late)
        self.lines = random_rules.random_stream(self.chance)
        self.ids = {}

    def reference(self, count):
        return decide(self.observers, self.lines[:count], self.skip_late, self.ids)

    def learn(self, decisions, actions):
        """The ids of requests, which `job` events name and no reference can compute."""
        for decision, action in zip(decisions, actions):
            if decision.key:
                self.ids[decision.key] = action["id"]

    def __str__(self):
        return "\n".join([f"MLMON_SEED={self.seed} MLMON_STREAMS=1", "# mlmon.toml", self.config, "# events.ndjson",
                          *map(text, self.lines)])


class RulesReference(MlmonTest):
    def expect_agreement(self, stream, count, actions, counts, how):
        """Fails unless the reference decides and counts the same on the first `count` lines; gives its decisions."""
        decisions, observers = stream.reference(count)
        found = action_difference(decisions, actions) or count_difference(counts_of_reference(observers), counts)
        if found:
            self.fail(f"{how}: {found}\n{stream}")
        return decisions

    def read(self, stream, count, *args, **more):
        self.write("events.ndjson", list(map(text, stream.lines[:count])))
        run = self.run_events("-c", self.write("mlmon.toml", stream.config), "--explain", "-q", *args, "events.ndjson",
                              sees_all=False, **more)
        self.assertIn(run.code, (0, 3) if more.get("state") else (0,), f"{run.err}\n{stream}")
        return run

    def decide_at_once(self, stream, count):
        run = self.read(stream, count)
        decisions = self.expect_agreement(stream, count, run.actions, counts_of_receipt(run.receipt),
                                          f"the first {count} lines at once")
        stream.learn(decisions, run.actions)
        return run.actions

    def decide_growing(self, stream):
        """At two places jobs end that were requested before that place, so that no end precedes its request."""
        for part in (1 / 3, 2 / 3):
            place = round(part * len(stream.lines))
            requests = [one for one in self.decide_at_once(stream, place) if one["action"] == "retrain"]
            stream.lines[place:place] = random_rules.random_ends(stream.chance, requests)
        self.decide_at_once(stream, len(stream.lines))

    def decide_in_pieces(self, stream):
        count, counts, actions = len(stream.lines), Counter(), []
        cuts = sorted(stream.chance.sample(range(1, count), stream.chance.randint(1, 3)))
        for end in (*cuts, count):
            run = self.read(stream, end, "--state", f"state-{stream.seed}", state=True)
            counts += counts_of_receipt(run.receipt)
            actions += run.actions
        self.expect_agreement(stream, count, actions, counts, f"with state, cut after lines {cuts}")

    def test_random_rules_over_random_streams(self):
        for seed in range(SEED, SEED + STREAMS):
            with self.subTest(MLMON_SEED=seed):
                stream = Stream(seed)
                self.decide_growing(stream)
                if seed % 3 == 0:
                    self.decide_in_pieces(stream)


if __name__ == "__main__":
    mlmon_run.main()
