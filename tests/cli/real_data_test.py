"""The real events, read in every way, give what an independent program says they give."""

import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import mlmon_run
from mlmon_run import DATA, MlmonTest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))
from decide import decide  # noqa: E402

LINES = DATA.read_bytes().splitlines(keepends=True)
EXPECTED = list(decide(LINES))


def late_lines():
    """Events older than the newest of their model and type before them (all times end in Z)."""
    newest, late = {}, 0
    for event in map(json.loads, LINES):
        key = (*event["model"].values(), event["type"])
        time = event.get("captured_at") or event["detected_at"]
        late += time < newest.get(key, "")
        newest[key] = max(newest.get(key, ""), time)
    return late


def decided(action):
    """What of an action is the same however the input was read."""
    model = action["model"]
    value = action["value"] if "value" in action else action["p_value"]
    return (action["observer"], action["action"], action["rule"], action.get("state"),
            action.get("severity"), (model["name"], model["version"], model["deployed_at"]),
            action["event_time"], value, action.get("subject"), action.get("body"))


def owed(expected):
    return (expected.observer, expected.action, expected.rule, expected.state, expected.severity,
            expected.model, expected.time, expected.value, expected.subject, expected.body)


class RealData(MlmonTest):
    def check(self, run, places=True):
        """A run decided what it owes, in order; with `places` also at the right line and offset."""
        self.expect_code(run, 0)
        actions = run.actions
        for action, expected in zip(actions, EXPECTED):
            self.assertEqual(decided(action), owed(expected))
            if places:
                self.assertEqual((action["line"], action["offset"]), (expected.line, expected.offset))
        self.assertEqual(len(actions), len(EXPECTED))
        ids = [action["id"] for action in actions]
        self.assertEqual(len(set(ids)), len(ids), "ids are not unique")
        by_id = [action["event_time"] for action in sorted(actions, key=lambda a: a["id"])]
        self.assertEqual(by_id, sorted(by_id), "ids do not sort by event time")
        self.assertEqual(sum(s["events"] for s in run.receipt["sources"]), len(LINES))
        self.assertEqual(sum(s["lines"] for s in run.receipt["sources"]), len(LINES))
        return ids

    def pieces(self, count):
        """The events cut into `count` pieces at lines."""
        step = -(-len(LINES) // count)
        return [b"".join(LINES[i:i + step]) for i in range(0, len(LINES), step)]

    def test_every_way_of_reading_gives_the_same_actions_with_the_same_ids(self):
        raw = DATA.read_bytes()
        plain = self.enterContext(DATA.open("rb"))
        zipped = self.write("events.ndjson.gz", gzip.compress(raw))
        members = self.write("members.ndjson.gz", b"".join(map(gzip.compress, self.pieces(5))))
        subprocess.run(["zstd", "-q", str(DATA), "-o", str(self.dir / "events.ndjson.zst")], check=True)
        frames = [subprocess.run(["zstd", "-q", "-c"], input=piece, stdout=subprocess.PIPE,
                                 check=True).stdout for piece in self.pieces(3)]
        self.write("frames.jsonl.zst", b"".join(frames))
        for i, piece in enumerate(self.pieces(7)):
            self.write(f"folder/{i}.ndjson", piece)
        for i, piece in enumerate(self.pieces(4)):
            self.write(f"mixed/{i}.jsonl" + (".gz" if i % 2 else ""),
                       gzip.compress(piece) if i % 2 else piece)
        self.write("mixed/README.txt", "not an event\n")

        def slices(size):
            return (raw[i:i + size] for i in range(0, len(raw), size))

        ways = {
            "a file": lambda: self.run_events(DATA),
            "one parser thread": lambda: self.run_events(DATA, "--threads", 1),
            "two parser threads": lambda: self.run_events(DATA, "--threads", 2),
            "eight parser threads": lambda: self.run_events(DATA, "--threads", 8),
            "a pipe": lambda: self.run_events(stdin=raw),
            "a pipe named -": lambda: self.run_events("-", stdin=raw),
            "a pipe in pieces of 999 bytes": lambda: self.run_events(stdin=slices(999)),
            "a pipe in pieces of 65,537 bytes": lambda: self.run_events(stdin=slices(65537)),
            "< file": lambda: self.run_events(stdin=plain),
            "gzip": lambda: self.run_events(zipped),
            "gzip with five members": lambda: self.run_events(members),
            "zstd": lambda: self.run_events("events.ndjson.zst"),
            "zstd with three frames": lambda: self.run_events("frames.jsonl.zst"),
            "a small bus": lambda: self.run_events(DATA, "--set", "bus.capacity=16"),
        }
        in_pieces = {
            "a folder": lambda: self.run_events("folder"),
            "a folder of plain and zipped files": lambda: self.run_events("mixed"),
            "files": lambda: self.run_events(*sorted((self.dir / "folder").iterdir())),
        }
        ids = None
        for way, run in {**ways, **in_pieces}.items():
            with self.subTest(way):
                found = self.check(run(), places=way in ways)
                ids = ids or found
                self.assertEqual(found, ids)

    def test_cat_of_pieces_is_the_whole(self):
        for i, piece in enumerate(self.pieces(6)):
            self.write(f"piece{i}", piece)
        cat = subprocess.Popen(["cat", *(f"piece{i}" for i in range(6))], cwd=self.dir,
                               stdout=subprocess.PIPE)
        with cat.stdout:
            self.check(self.run_events(stdin=cat.stdout))
        cat.wait()

    def test_the_receipt_agrees_with_the_description_of_the_data(self):
        text = (DATA.parent / "README.md").read_text()
        number = lambda pattern: int(re.search(pattern, text)[1].replace(",", ""))
        run = self.run_events(DATA, "--explain")
        self.expect_code(run, 0)
        receipt = run.receipt
        self.assertEqual(receipt["sources"], [{
            "source": str(DATA), "from_offset": 0, "to_offset": DATA.stat().st_size,
            "lines": len(LINES), "events": number(r"([\d,]+) real monitoring events"), "bad": 0,
            "empty": 0, "foreign": 0, "late": late_lines(), "bad_reasons": {}}])
        models = receipt["models"]
        self.assertEqual(len(models), 8)
        self.assertEqual(sum(m["metrics_events"] for m in models), number(r"([\d,]+) metrics events"))
        self.assertEqual(sum(m["drift_events"] for m in models), number(r"([\d,]+) drift events"))
        breaches = number(r"([\d,]+) have f1 < 0\.75") + number(r"([\d,]+)\s+have p_value < 0\.05")

        observers = {o["observer"]: o for o in receipt["observers"]}
        self.assertEqual(list(observers), ["retraining", "alert"])
        self.assertEqual(observers["retraining"]["actions"], 8)
        self.assertEqual(observers["retraining"]["suppressed"], breaches - 8)
        self.assertEqual(observers["alert"]["actions"], len(EXPECTED) - 8)
        self.assertEqual(receipt["actions"]["new"], len(EXPECTED))

        kinds = Counter(action["action"] for action in run.actions)
        self.assertEqual(kinds, {"retrain": 8, "alert": len(EXPECTED) - 8,
                                 "suppressed": breaches - 8})
        retrained = [tuple(action["model"].values()) for action in run.actions
                     if action["action"] == "retrain"]
        self.assertEqual(len(set(retrained)), 8)
        places = [action["line"] for action in run.actions]
        self.assertEqual(places, sorted(places), "actions do not stand in the order of the events")

    def test_alerts_are_told_on_stderr(self):
        run = self.run_events(DATA)
        for expected in EXPECTED:
            if expected.action == "alert":
                self.assertIn(expected.subject, run.err)
                self.assertIn(expected.body.splitlines()[-1], run.err)


if __name__ == "__main__":
    mlmon_run.main()
