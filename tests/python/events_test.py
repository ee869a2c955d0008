"""mlmon.events, the Python package's writer of events."""

import datetime
import decimal
import json
import os
import signal
import subprocess
import sys
import threading
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "sdk/python"
sys.path[:0] = [str(PACKAGE), str(ROOT / "tests/cli")]

import mlmon_run  # noqa: E402
from mlmon import _rules, events  # noqa: E402
from mlmon_run import MlmonTest  # noqa: E402

MODEL = ("fraud", "2.1.0", "2026-01-01T00:00:00Z")
AT = "2026-02-01T08:00:00Z"

# Calls that no run would take the line of.
REFUSED = [
    ("metrics", {}), ("metrics", {"metrics": {}}), ("metrics", {"metrics": {"a": None}}), ("drift", {}),
    ("drift", {"features": {}}), ("drift", {"features": {"a": {}}}), ("drift", {"features": {"a": 1}}),
    ("drift", {"features": []}), ("drift", {"p_value": 2}), ("drift", {"magnitude": -1}),
    ("drift", {"p_value": 0.1, "feature": 7}), ("drift", {"features": {"a.\n": {"p_value": -1}}}),
    ("metrics", {"f1": 1.5}), ("metrics", {"f1": -1e-8}), ("metrics", {"f1": "0.5"}), ("metrics", {"f1": True}),
    ("metrics", {"f1": [1]}), ("metrics", {"f1": {"a": 1}}), ("metrics", {"f1": 1, "accuracy": 2, "recall": 3}),
    ("metrics", {"f1": "x" * 100}), ("metrics", {"f1": "\x9f\n\t\"ü" * 20}), ("metrics", {"metrics": 3}),
    ("metrics", {"metrics": {"auc": "high"}}), ("metrics", {"metrics": {"auc": 10**400}}),
    ("metrics", {"f1": 1, "samples": 1.0}), ("metrics", {"f1": 1, "samples": -1}),
    ("metrics", {"f1": 1, "samples": 2**63}), ("metrics", {"f1": 1, "samples": True}),
    ("metrics", {"f1": 1, "labels": {"a": 1}}), ("metrics", {"f1": 1, "labels": "a"}),
    ("metrics", {"f1": 1, "labels": {"x" * 100: []}}), ("metrics", {"f1": 1, "id": 7}),
    *(("metrics", {"f1": 1, "captured_at": at}) for at in
      ("yesterday", "2026-02-30T00:00:00Z", "2026-02-01", "2026-02-01 08:00:00Z", "2026-02-01T08:00:00",
       "2026-02-01T08:00:60Z", "2026-02-01T08:00:00.0123456789Z", "2026-02-01T08:00:00+24:00",
       "1677-09-21T00:12:43.145224191Z", "2262-04-11T23:47:16.854775808Z", "0000-12-31T23:59:59Z",
       "0001-01-01T00:00:00Z", 17, datetime.datetime(2026, 2, 1), datetime.date(2026, 2, 1))),
    *(("metrics", {"f1": 1, "model": model}) for model in
      ((None, None, None), ("", "1.0.0", AT), ("a\n", "1.0.0", AT), ("é" * 129, "1.0.0", AT), (1, "1.0.0", AT),
       ("a", "1", AT), ("a", "v1.0.0", AT), ("a", "1.0.0\n", AT), ("a", "01.0.0", AT), ("a", 3, AT),
       ("a", "1.0.0", "soon"), ("a", "1.0.0", "0000-12-31T23:59:59Z"), ("a", "1.0.0", None))),
]

TAKEN = [
    ("metrics", {"f1": 0}), ("metrics", {"f1": 1, "accuracy": 0.1 + 0.2, "precision": 1e-300, "recall": 1 + 1e-12}),
    ("metrics", {"metrics": {"auc": 0.97, "r2": -1e300, "none": None}}), ("metrics", {"f1": 1, "samples": 2**63 - 1}),
    ("metrics", {"f1": 1, "labels": {"": "ü\n\"\U0001F600", "x": None}, "id": ""}),
    ("metrics", {"f1": 1, "captured_at": "1677-09-21T00:12:43.145224192Z"}),
    ("metrics", {"f1": 1, "captured_at": "2026-02-01t08:00:00.5-00:00"}),
    ("metrics", {"f1": 1, "model": ("a", "1.0.0-rc.1+b.07", "0000-12-31T23:59:59-23:59")}),
    ("drift", {"p_value": 0}), ("drift", {"magnitude": 1e300}),
    ("drift", {"features": {"a": {"p_value": 0.1, "magnitude": None}, "b": {"magnitude": 7}}, "feature": "a"}),
]


def written(kind, arguments):
    """The line as mlmon.events would write it if it refused nothing."""
    checks = _rules.Complaint.raise_first
    _rules.Complaint.raise_first = lambda self: None
    try:
        return call(kind, arguments)
    finally:
        _rules.Complaint.raise_first = checks


def call(kind, arguments):
    time = {"captured_at" if kind == "metrics" else "detected_at": AT}
    return getattr(events, kind)(**{"model": MODEL, **time, **arguments})


class Events(MlmonTest):
    def verdicts(self, lines):
        """Of each line what a run finds wrong with it, `REASON: detail`, or None."""
        self.write("lines.ndjson", [line.encode() + b"\n" for line in lines])
        self.run_events("lines.ndjson", "--quarantine", "bad.ndjson")
        found = [None] * len(lines)
        bad = self.dir / "bad.ndjson"
        for line in bad.read_text().splitlines() if bad.exists() else []:
            record = json.loads(line)
            found[record["line"] - 1] = f"{record['reason']}: {record['detail']}"
        bad.unlink(missing_ok=True)
        return found

    def test_what_a_run_refuses_raises_value_error_with_its_words(self):
        verdicts = self.verdicts([written(*case) for case in REFUSED])
        for case, verdict in zip(REFUSED, verdicts):
            with self.subTest(case), self.assertRaises(ValueError) as refused:
                print(call(*case))
            self.assertEqual(str(refused.exception), verdict, case)

    def test_what_it_writes_is_an_event(self):
        self.assertEqual(self.verdicts([call(*case) for case in TAKEN]), [None] * len(TAKEN))

    def test_numbers_that_are_not_json_are_refused(self):
        for value in (float("nan"), float("inf"), float("-inf")):
            for arguments in ({"f1": value}, {"metrics": {"auc": value}}):
                with self.assertRaisesRegex(ValueError, "f1|auc"):
                    call("metrics", arguments)
            with self.assertRaisesRegex(ValueError, "magnitude"):
                call("drift", {"magnitude": value})

    def test_a_line_is_one_object_with_what_was_given(self):
        line = events.metrics(model=MODEL, f1=0.71, metrics={"auc": 0.9}, samples=5, labels={"t": "x"}, id="1",
                              captured_at=AT)
        self.assertEqual(json.loads(line), {
            "type": "metrics", "model": dict(zip(("name", "version", "deployed_at"), MODEL)), "f1": 0.71,
            "metrics": {"auc": 0.9}, "samples": 5, "labels": {"t": "x"}, "id": "1", "captured_at": AT})
        self.assertNotIn("\n", line)

    def test_without_a_time_it_is_now(self):
        for captured_at in ({}, {"captured_at": None}):
            at = json.loads(events.metrics(model=MODEL, f1=1, **captured_at))["captured_at"]
            moment = datetime.datetime.fromisoformat(at[:19] + "+00:00")
            away = datetime.datetime.now(datetime.timezone.utc) - moment
            self.assertLess(abs(away.total_seconds()), 60)

    def test_a_model_is_a_tuple_a_mapping_or_an_object(self):
        class Deployment:
            name, version, deployed_at = MODEL
        lines = {events.metrics(model=model, f1=1, captured_at=AT) for model in
                 (MODEL, list(MODEL), events.Model(*MODEL), events.Model(*MODEL)._asdict(), Deployment())}
        self.assertEqual(len(lines), 1)

    def test_datetimes_are_taken_with_their_zone(self):
        east = datetime.timezone(datetime.timedelta(hours=2))
        at = datetime.datetime(2026, 2, 1, 10, 0, 0, 500000, east)
        event = json.loads(events.metrics(model=("a", "1.0.0", at), f1=1, captured_at=at))
        self.assertEqual(event["captured_at"], "2026-02-01T08:00:00.500000Z")
        self.assertEqual(event["model"]["deployed_at"], event["captured_at"])

    def test_numbers_of_other_libraries_are_numbers(self):
        class Float32(float):
            pass
        event = json.loads(call("metrics", {"f1": decimal.Decimal("0.5"), "accuracy": Float32(0.25)}))
        self.assertEqual((event["f1"], event["accuracy"]), (0.5, 0.25))

    def test_any_version_on_demand(self):
        with self.assertRaisesRegex(ValueError, 'version_scheme = "any"'):
            events.metrics(model=("a", "3", AT), f1=1)
        events.metrics(model=("a", "3", AT), f1=1, version_scheme="any")


WRITER = """
import sys, threading
from mlmon import events
log = events.Log(sys.argv[1])
def write(thread):
    for i in range(int(sys.argv[3])):
        log.metrics(("m", "1.0.0", "2026-01-01T00:00:00Z"), f1=1, id=f"{sys.argv[2]}-{thread}-{i}", labels={"x": "y" * 3000})
threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
"""


class Log(MlmonTest):
    def writer(self, name, count):
        return subprocess.Popen([sys.executable, "-c", WRITER, str(self.dir / "log.ndjson"), name, str(count)],
                                env={**os.environ, "PYTHONPATH": str(PACKAGE)})

    def test_lines_of_threads_and_processes_are_whole_and_all_there_over_rotation(self):
        writers = [self.writer(str(n), 100) for n in range(3)]
        log, rotated = self.dir / "log.ndjson", 0
        while any(writer.poll() is None for writer in writers):
            if log.exists() and log.stat().st_size > 20_000:
                log.rename(self.dir / f"log.ndjson.{rotated}")
                rotated += 1
        self.assertEqual([writer.wait() for writer in writers], [0, 0, 0])
        self.assertGreater(rotated, 0)
        ids = [json.loads(line)["id"] for path in self.dir.glob("log.ndjson*") for line in path.read_text().splitlines()]
        self.assertEqual(len(ids), 1200)
        self.assertEqual(len(set(ids)), 1200)

    def test_what_a_killed_writer_left_costs_no_line(self):
        path = self.write("log.ndjson", b'{"type":"metr')
        events.Log(path).metrics(MODEL, f1=1)
        lines = path.read_bytes().splitlines()
        self.assertEqual(len(lines), 2)
        json.loads(lines[1])

    def test_a_killed_process_leaves_whole_lines(self):
        writer = self.writer("k", 10**6)
        log = self.dir / "log.ndjson"
        while not log.exists() or log.stat().st_size < 500_000:
            self.assertIsNone(writer.poll())
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        events.Log(log).metrics(MODEL, f1=1)
        for line in log.read_bytes().splitlines()[-2:-1]:
            self.assertIn(line[:1], b"{")
        json.loads(log.read_bytes().splitlines()[-1])

    def test_each_line_is_one_write(self):
        writes = []
        real = os.write
        os.write = lambda descriptor, data: writes.append(bytes(data)) or real(descriptor, data)
        self.addCleanup(setattr, os, "write", real)
        log = events.Log(self.dir / "log.ndjson")
        log.append(events.metrics(model=MODEL, f1=1))
        log.drift(MODEL, p_value=1)
        self.assertEqual([data.count(b"\n") for data in writes], [1, 1])
        self.assertTrue(all(data.endswith(b"}\n") for data in writes))

    def test_a_line_that_does_not_fit_is_taken_back(self):
        path = self.write("log.ndjson", b"{}\n")
        real = os.write
        os.write = lambda descriptor, data: real(descriptor, data[:5])
        self.addCleanup(setattr, os, "write", real)
        with self.assertRaises(OSError):
            events.Log(path).metrics(MODEL, f1=1)
        self.assertEqual(path.read_bytes(), b"{}\n")

    def test_several_lines_are_not_one(self):
        log = events.Log(self.dir / "log.ndjson")
        with self.assertRaises(ValueError):
            log.append("{}\n{}")
        log.append("{}\n")
        self.assertEqual((self.dir / "log.ndjson").read_bytes(), b"{}\n")

    def test_a_wrong_event_leaves_the_file_as_it_is(self):
        log = events.Log(self.dir / "log.ndjson")
        with self.assertRaises(ValueError):
            log.metrics(MODEL, f1=2)
        self.assertFalse((self.dir / "log.ndjson").exists())

    def test_it_writes_to_what_is_no_file_too(self):
        script = "from mlmon import events; events.Log('/dev/stdout').metrics(('m', '1.0.0', '%s'), f1=1)" % AT
        out = subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(PACKAGE)},
                             capture_output=True, check=True).stdout
        self.assertEqual(json.loads(out)["f1"], 1)

    def test_threads_of_one_process_share_a_log(self):
        log = events.Log(self.dir / "log.ndjson")
        threads = [threading.Thread(target=lambda: [log.metrics(MODEL, f1=1) for _ in range(50)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len([json.loads(line) for line in (self.dir / "log.ndjson").read_text().splitlines()]), 400)


if __name__ == "__main__":
    mlmon_run.main()
