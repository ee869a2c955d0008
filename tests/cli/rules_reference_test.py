"""Sections 2, 4, 5, 9, 10 and 13 of the contract: on random configurations and streams mlmon decides, holds back and
counts what the reference says, at once and in pieces.

MLMON_STREAMS is how many are tried, from the seed MLMON_SEED on; a failure names the seed that repeats it, and shows
configuration and events.
"""

import json
import os
import random
import sys
from itertools import zip_longest
from pathlib import Path

import mlmon_run
from mlmon_run import MlmonTest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))
import random_rules  # noqa: E402
from rules import DERIVED_RULES, decide  # noqa: E402

SEED = int(os.environ.get("MLMON_SEED", "1"))
STREAMS = int(os.environ.get("MLMON_STREAMS", "60"))
# Members that an action has where the reference says so, and else has not.
FIXED = {"action", "of", "why", "until", "observer", "rule", "state", "model", "metric", "value", "p_value", "magnitude",
         "threshold", "baseline", "severity", "labels", "event_time", "line"}


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


def first_difference(decisions, actions):
    for place, (decision, action) in enumerate(zip_longest(decisions, actions)):
        found = difference(decision, action)
        if found:
            owed = None if decision is None else {**decision.fields, "untold": decision.untold}
            return f"action {place} {found}\nreference: {text(owed)}\nmlmon:     {text(action)}"
    return ""


def text(value):
    return json.dumps(value, ensure_ascii=False)


def counts_of_reference(observers):
    return {observer.name: ({rule.name: (rule.figures, rule.breaches, rule.actions) for rule in observer.rules},
                            observer.suppressed_by) for observer in observers}


class Counts:
    """What the receipts of one or more runs say of each observer's rules and of what was held back."""

    def __init__(self):
        self.of = {}

    def add(self, receipt):
        for observer in receipt["observers"]:
            rules, suppressed_by = self.of.setdefault(observer["observer"], ({}, {}))
            for rule in observer["rules"]:
                if rule["rule"] in DERIVED_RULES:
                    continue
                before = rules.get(rule["rule"], (0, 0, 0))
                seen = (rule["figures"], rule["breaches"], rule["actions"])
                rules[rule["rule"]] = tuple(map(sum, zip(before, seen)))
            for why, count in observer.get("suppressed_by", {}).items():
                suppressed_by[why] = suppressed_by.get(why, 0) + count


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
        """Gives the decisions of the reference on the first `count` lines, which those of mlmon are to equal."""
        decisions, observers = stream.reference(count)
        found = first_difference(decisions, actions)
        if found:
            self.fail(f"{how}: {found}\n{stream}")
        self.assertEqual(counts.of, counts_of_reference(observers), f"{how}: counts of rules\n{stream}")
        return decisions

    def read(self, stream, name, lines, *args, **more):
        self.write(name, list(map(text, lines)))
        run = self.run_events("-c", self.write("mlmon.toml", stream.config), "--explain", "-q", *args, name,
                              sees_all=False, **more)
        self.assertIn(run.code, (0, 3) if more.get("state") else (0,), f"{run.err}\n{stream}")
        return run

    def decide_at_once(self, stream, count):
        counts, run = Counts(), self.read(stream, "events.ndjson", stream.lines[:count])
        counts.add(run.receipt)
        decisions = self.expect_agreement(stream, count, run.actions, counts, f"the first {count} lines at once")
        stream.learn(decisions, run.actions)
        return run.actions

    def decide_growing(self, stream):
        """At two places the ends of jobs come in that were asked for until then: so none comes before its request."""
        for part in (1 / 3, 2 / 3):
            place = round(part * len(stream.lines))
            requests = [one for one in self.decide_at_once(stream, place) if one["action"] == "retrain"]
            stream.lines[place:place] = random_rules.random_ends(stream.chance, requests)
        self.decide_at_once(stream, len(stream.lines))

    def decide_in_pieces(self, stream):
        count, counts, actions = len(stream.lines), Counts(), []
        cuts = sorted(stream.chance.sample(range(1, count), stream.chance.randint(1, 3)))
        for begin, end in zip([0, *cuts], [*cuts, count]):
            run = self.read(stream, f"from-{begin}.ndjson", stream.lines[begin:end],
                            "--state", f"state-{stream.seed}", state=True)
            counts.add(run.receipt)
            actions += [{**action, "line": action["line"] + begin} for action in run.actions]
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
