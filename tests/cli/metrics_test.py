"""`mlmon run --metrics-file`: totals over the state's life, as Prometheus reads them."""

import json
import os
import re
import shutil
import subprocess
import time
import unittest

import mlmon_run
from lines import drift, metrics
from mlmon_run import MlmonTest

SAMPLE = re.compile(r'^(?P<name>[a-z_][a-z0-9_]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"(?:,|$)')


def samples(text):
    """{(name, ((label, value), ...)): value} of an exposition."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = SAMPLE.match(line)
        labels = tuple((name, re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], value))
                       for name, value in LABEL.findall(match["labels"] or ""))
        assert (match["name"], labels) not in found, line
        found[match["name"], labels] = float(match["value"])
    return found


class Metrics(MlmonTest):
    def feed(self, *lines, args=(), code=0, state=True):
        with open(self.dir / "events.ndjson", "ab") as file:
            file.write(b"".join(lines))
        place = ("--state", "s") if state else ()
        run = self.run_events(*place, "--metrics-file", "m.prom", *args, "events.ndjson", state=state,
                              sees_all=False)
        self.expect_code(run, code)
        return run

    def read(self):
        return samples((self.dir / "m.prom").read_text())

    def value(self, name, **labels):
        return self.read()[name, tuple(labels.items())]

    def test_totals_are_those_of_all_runs(self):
        self.feed(metrics(f1=0.7), metrics(f1=0.5), b"no event\n")
        self.feed(drift(p_value=0.01), b'{"type":"x"}\n', b"[]\n")
        self.feed()
        self.assertEqual(self.value("mlmon_events_total"), 3)
        self.assertEqual(self.value("mlmon_bad_lines_total", reason="invalid_json"), 1)
        self.assertEqual(self.value("mlmon_bad_lines_total", reason="unknown_type"), 1)
        self.assertEqual(self.value("mlmon_bad_lines_total", reason="not_an_object"), 1)
        self.assertEqual(self.value("mlmon_bad_lines_total", reason="truncated"), 0)
        self.assertEqual(self.value("mlmon_actions_total", observer="retraining", action="retrain"), 1)
        self.assertEqual(self.value("mlmon_actions_total", observer="alert", action="alert"), 2)
        self.assertEqual(self.value("mlmon_alerts_firing", severity="critical"), 1)
        self.assertEqual(self.value("mlmon_alerts_firing", severity="warning"), 1)
        self.assertEqual(self.value("mlmon_alerts_firing", severity="info"), 0)
        self.assertEqual(self.value("mlmon_jobs", status="queued"), 1)
        self.assertEqual(self.value("mlmon_outbox", endpoint="alert.stderr", status="waiting"), 0)
        self.assertLess(abs(self.value("mlmon_last_success_timestamp_seconds") - time.time()), 600)

    def test_the_last_event_is_event_time_of_the_newest_deployment(self):
        self.feed(metrics(captured_at="2026-02-01T08:00:00.5Z"),
                  metrics(captured_at="2026-01-15T00:00:00Z", model__deployed_at="2026-01-10T00:00:00Z"))
        self.assertEqual(self.value("mlmon_model_last_event_timestamp_seconds", model="fraud",
                                    version="2.1.0"), 1769932800.5)

    def test_names_of_others_are_escaped_and_promtool_is_content(self):
        name = 'a "b" \\ {x="y"} ünï'
        self.feed(metrics(f1=0.5, model__name=name))
        self.assertIn(("mlmon_model_last_event_timestamp_seconds",
                       (("model", name), ("version", "2.1.0"))), self.read())
        promtool = shutil.which("promtool")
        if promtool:
            done = subprocess.run([promtool, "check", "metrics"], input=(self.dir / "m.prom").read_bytes(),
                                  capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    def test_without_state_the_totals_are_the_runs(self):
        for _ in range(2):
            self.feed(metrics(f1=0.5, captured_at="2026-02-01T08:00:00Z"), state=False)
        self.assertEqual(self.value("mlmon_events_total"), 2)
        self.assertEqual(self.value("mlmon_actions_total", observer="alert", action="alert"), 1)
        self.assertGreater(self.value("mlmon_last_success_timestamp_seconds"), 0)

    def test_a_receipt_that_cannot_be_written_does_not_move_the_last_success(self):
        self.write("e.ndjson", metrics(f1=0.5))
        run = self.mlmon("run", "--state", "other", "--metrics-file", "other.prom", "--receipt", "none/receipt", "e.ndjson")
        self.expect_code(run, 1)
        self.assertIn("mlmon_events_total 1", (self.dir / "other.prom").read_text())
        self.assertNotRegex((self.dir / "other.prom").read_text(), r"(?m)^mlmon_last_success_timestamp_seconds [1-9]")
        self.assertNotIn("exit code 0", self.mlmon("status", "--state", "other").out.decode())

    def test_a_run_that_failed_does_not_move_the_last_success(self):
        self.feed(metrics(f1=0.9))
        good = self.value("mlmon_last_success_timestamp_seconds")
        self.feed(b"bad\n", args=("--max-bad", "0"), code=3)
        self.assertEqual(self.value("mlmon_last_success_timestamp_seconds"), good)
        self.assertEqual(self.value("mlmon_bad_lines_total", reason="invalid_json"), 1)

    def test_followed_files_move_the_metrics_while_the_run_goes_on(self):
        (self.dir / "events.ndjson").write_bytes(metrics(f1=0.9))
        process = self.start("run", "--state", "s", "-f", "--metrics-file", "m.prom", "events.ndjson",
                             stdout=-3, stderr=-3)
        try:
            self.wait_for(lambda: self.value("mlmon_events_total") == 1)
            with open(self.dir / "events.ndjson", "ab") as file:
                file.write(metrics(f1=0.5))
            self.wait_for(lambda: self.value("mlmon_alerts_firing", severity="critical") == 1)
        finally:
            process.kill()
            process.wait()
        # What was committed is counted, once, after a kill as well.
        self.feed()
        self.assertEqual(self.value("mlmon_events_total"), 2)
        self.assertEqual(self.value("mlmon_actions_total", observer="alert", action="alert"), 1)

    def wait_for(self, holds):
        until = time.monotonic() + 15
        while True:
            try:
                if holds():
                    return
            except (FileNotFoundError, KeyError):
                pass
            self.assertLess(time.monotonic(), until, "not within 15 s")
            time.sleep(0.02)

    def test_a_dry_run_writes_none(self):
        self.feed(metrics(f1=0.5), args=("--dry-run",))
        self.assertFalse((self.dir / "m.prom").exists())

    def test_it_is_a_file_of_its_own(self):
        self.write("events.ndjson", metrics())
        self.write("m.toml", "")
        (self.dir / "link").symlink_to("events.ndjson")
        for args in (("events.ndjson",), ("link",), ("m.toml", "-c", "m.toml"),
                     ("x", "-o", "x"), ("x", "--receipt", "x"), ("x", "--quarantine", "./x")):
            run = self.mlmon("run", "--state", "s", "events.ndjson", "--metrics-file", *args)
            self.expect_code(run, 2)
        self.assertEqual((self.dir / "events.ndjson").read_bytes().count(b"\n"), 1)

    @unittest.skipIf(os.geteuid() == 0 and not os.path.isdir("/proc/self"), "root may write anywhere")
    def test_one_that_cannot_be_written_is_an_error_after_all_else(self):
        (self.dir / "events.ndjson").write_bytes(metrics(f1=0.5))
        run = self.run_events("--state", "s", "--metrics-file", "no/such/m.prom", "events.ndjson",
                              state=True)
        self.expect_code(run, 1)
        self.assertIn("no/such/m.prom", run.err)
        self.assertEqual(len(run.actions), 2)
        self.assertEqual(run.receipt["exit_code"], 1)


if __name__ == "__main__":
    mlmon_run.main()
