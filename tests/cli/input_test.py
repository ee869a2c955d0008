"""Section 13 of the contract: [input] late, max_ahead, unwrap and foreign, each with its counter in the receipt."""

import datetime
import json

import mlmon_run
from lines import drift, envelope, job, metrics
from mlmon_run import MlmonTest


def at(hour, f1=0.9, **more):
    return metrics(f1=f1, captured_at=f"2026-02-01T{hour:02}:00:00Z", **more)


class Late(MlmonTest):
    LINES = [at(8, 0.9), at(10, 0.9), at(9, 0.5), at(10, 0.9), drift(detected_at="2026-02-01T07:00:00Z")]

    def counts(self, run):
        source = run.receipt["sources"][0]
        return source["events"], source["late"]

    def test_late_events_are_counted_and_decided_on(self):
        run = self.run_events(stdin=b"".join(self.LINES))
        self.assertEqual(self.counts(run), (5, 1))
        self.assertEqual(run.receipt["observers"][0]["observed"], 5)
        self.assertTrue(run.actions)

    def test_late_events_are_skipped_on_demand(self):
        run = self.run_events("--set", 'input.late="skip"', stdin=b"".join(self.LINES), sees_all=False)
        self.expect_code(run, 0)
        self.assertEqual(self.counts(run), (5, 1))
        self.assertEqual(run.receipt["observers"][0]["observed"], 4)
        self.assertEqual(run.actions, [])

    def test_pieces_are_skipped_as_the_whole_is(self):
        lines = [at(hour, f1, model__name=f"m{hour % 3}") for hour, f1 in
                 [(8, 0.5), (7, 0.4), (9, 0.9), (6, 0.3), (12, 0.5), (10, 0.2), (11, 0.1), (13, 0.9), (9, 0.1), (14, 0.4)]]
        skip = ("--set", 'input.late="skip"')
        whole = self.run_events("--state", "whole", *skip, stdin=b"".join(lines), state=True, sees_all=False)
        pieces, late = [], 0
        for line in lines:
            run = self.run_events("--state", "pieces", *skip, stdin=line, state=True, sees_all=False)
            pieces += run.actions
            late += run.receipt["sources"][0]["late"]
        known = lambda action: {k: v for k, v in action.items() if k not in ("source", "line", "offset")}
        self.assertEqual([known(a) for a in pieces], [known(a) for a in whole.actions])
        self.assertEqual(late, whole.receipt["sources"][0]["late"])
        self.assertGreater(late, 0)

    def test_from_start_begins_anew(self):
        self.write("e.ndjson", self.LINES)
        skip = ("--set", 'input.late="skip"', "--state", "state", "e.ndjson")
        self.run_events(*skip, state=True, sees_all=False)
        run = self.run_events(*skip, "--from-start", state=True, sees_all=False)
        self.assertEqual(self.counts(run), (5, 1))


class MaxAhead(MlmonTest):
    def test_an_event_too_far_ahead_of_the_clock_is_a_bad_line(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        soon = (now + datetime.timedelta(hours=23)).strftime("%Y-%m-%dT%H:%M:%SZ")
        later = (now + datetime.timedelta(hours=25)).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines = [metrics(captured_at=time) for time in (soon, later) * 20] + [metrics(f1=0.5, captured_at="2036-01-01T00:00:00Z")]
        run = self.run_events("--set", 'input.max_ahead="24h"', "--quarantine", "q", stdin=b"".join(lines))
        self.expect_code(run, 0)
        self.assertEqual((run.receipt["sources"][0]["events"], run.reasons()), (20, {"future_time": 21}))
        self.assertEqual(run.actions, [])
        self.assertRegex(run.err, r"-:2: future_time: expected an event time at most 1d ahead of the clock.*max_ahead")
        self.assertEqual(json.loads((self.dir / "q").read_text().splitlines()[0])["reason"], "future_time")
        run = self.run_events(stdin=b"".join(lines))
        self.assertEqual(run.reasons(), {})

    def test_the_last_line_needs_no_newline_for_it(self):
        run = self.run_events("--set", 'input.max_ahead="24h"',
                              stdin=metrics() + metrics(captured_at="2100-01-01T00:00:00Z").rstrip())
        self.assertEqual(run.reasons(), {"future_time": 1})

    def test_what_is_no_duration_is_refused(self):
        for value in ("soon", "24", "-1h"):
            run = self.mlmon("check", "--set", f'input.max_ahead="{value}"')
            self.expect_code(run, 2)
            self.assertIn(f'input.max_ahead="{value}": expected a duration', run.err)
        for value in ("", "0s"):
            self.expect_code(self.mlmon("check", "--set", f'input.max_ahead="{value}"'), 0)


def docker(line):
    return json.dumps({"log": line.decode(), "stream": "stdout", "time": "2026-02-01T00:00:00Z"}).encode() + b"\n"


class Unwrap(MlmonTest):
    KEY = ("--set", 'input.unwrap=["/log", "/message", "/kubernetes/body"]')

    def test_a_line_is_the_text_or_object_that_stands_there(self):
        low = metrics(f1=0.5, labels={"team": "risk"}, metrics={"auc": 0.5})
        plain = self.run_events(stdin=low).actions
        for wrapped in (docker(low), json.dumps({"message": json.loads(low)}).encode() + b"\n",
                        json.dumps({"kubernetes": {"body": low.decode()}}).encode() + b"\n", low,
                        docker(envelope(low))):
            run = self.run_events(*self.KEY, stdin=wrapped)
            self.expect_code(run, 0)
            self.assertEqual(run.reasons(), {})
            self.assertEqual([a["labels"] for a in run.actions], [{"team": "risk"}] * 2)
            if b"specversion" not in wrapped:
                self.assertEqual([a["id"] for a in run.actions], [a["id"] for a in plain])

    def test_lines_are_counted_as_what_they_hold(self):
        lines = docker(metrics()) + docker(b"\n") + docker(b" ") + docker(b"INFO started\n") + docker(metrics(f1=2))
        run = self.run_events(*self.KEY, "--quarantine", "q", stdin=lines)
        source = run.receipt["sources"][0]
        self.assertEqual((source["lines"], source["events"], source["empty"]), (5, 1, 2))
        self.assertEqual(run.reasons(), {"invalid_json": 1, "out_of_range": 1})
        self.assertIn('"raw":"{\\"log\\"', (self.dir / "q").read_text())

    def test_without_the_key_nothing_is_unwrapped(self):
        self.assertEqual(self.run_events(stdin=docker(metrics()) + metrics()).reasons(), {"missing_field": 1})

    def test_it_may_be_any_pointer_and_nothing_else(self):
        for value in ("log", "", "/a~2"):
            run = self.mlmon("check", "--set", f'input.unwrap=["{value}"]')
            self.expect_code(run, 2)
            self.assertIn("JSON pointer", run.err)
        self.expect_code(self.mlmon("check", "--set", 'input.unwrap=["/a~1b/0"]'), 0)

    def test_the_end_of_a_job_may_be_wrapped_beside_derived_events(self):
        self.write("e.ndjson", [docker(metrics(f1=0.7))])
        self.run_events(*self.KEY, "--state", "s", "e.ndjson", state=True)
        id, = [json.loads(line)["job"] for line in self.mlmon("jobs", "list", "--state", "s", "--json").out.splitlines()]
        self.write("e.ndjson", [docker(metrics(f1=0.7)), docker(job(job=id)), docker(job(job="unknown"))])
        run = self.run_events(*self.KEY, "--state", "s", "e.ndjson", state=True)
        self.assertEqual(run.reasons(), {})
        self.assertEqual(json.loads(self.mlmon("jobs", "show", id, "--state", "s", "--json").out)["status"], "done")


class Foreign(MlmonTest):
    KEY = ("--set", 'input.foreign="skip"')
    NOISE = [b"INFO started\n", b"[1, 2]\n", b"42\n", b'"text"\n', b"\xff\xfe\n", b"{'a': 1}\n", b"null\n"]

    def test_lines_that_are_no_json_objects_are_counted_and_no_bad_lines(self):
        lines = b"".join(self.NOISE) + metrics(f1=0.5) + b"\n" + b"{}\n" + metrics(f1=2)
        run = self.run_events(*self.KEY, "--max-bad", "2", stdin=lines)
        self.expect_code(run, 0)
        source = run.receipt["sources"][0]
        self.assertEqual((source["lines"], source["events"], source["bad"], source["empty"], source["foreign"]),
                         (11, 1, 2, 1, 7))
        self.assertEqual(run.reasons(), {"missing_field": 1, "out_of_range": 1})
        self.assertNotIn("INFO", run.err)
        run = self.run_events(stdin=lines)
        self.assertEqual((run.receipt["sources"][0]["bad"], run.receipt["sources"][0]["foreign"]), (9, 0))

    def test_only_foreign_lines_are_no_failure(self):
        self.expect_code(self.run_events(*self.KEY, stdin=b"".join(self.NOISE)), 0)

    def test_the_summary_tells_of_them(self):
        self.write("a.ndjson", self.NOISE + [at(9), at(8)])
        self.write("b.ndjson", [metrics(model__name="b")])
        run = self.run_events(*self.KEY, "--summary", "text", "a.ndjson", "b.ndjson")
        self.assertIn("3 events in 10 lines, 7 foreign, 0 bad, 1 event late", run.err)
        self.assertRegex(run.err, r"source +lines +events +bad +empty +foreign +late\na.ndjson +9 +2 +0 +0 +7 +1\n")

    def test_a_line_that_breaks_off_is_truncated_if_it_begins_as_an_object(self):
        run = self.run_events(*self.KEY, stdin=metrics() + metrics()[:30])
        self.assertEqual((run.reasons(), run.receipt["sources"][0]["foreign"]), ({"truncated": 1}, 0))
        run = self.run_events(*self.KEY, stdin=metrics() + b"INFO bye")
        self.assertEqual((run.reasons(), run.receipt["sources"][0]["foreign"]), ({}, 1))

    def test_with_state_the_last_line_waits_for_its_rest(self):
        path = self.write("e.ndjson", metrics() + b"INFO b")
        run = self.run_events(*self.KEY, "--state", "s", "e.ndjson", state=True)
        self.assertEqual((run.receipt["sources"][0]["lines"], run.receipt["sources"][0]["foreign"]), (1, 0))
        with open(path, "ab") as file:
            file.write(b"ye\n" + metrics())
        run = self.run_events(*self.KEY, "--state", "s", "e.ndjson", state=True)
        self.assertEqual((run.receipt["sources"][0]["lines"], run.receipt["sources"][0]["foreign"]), (2, 1))

    def test_stop_stops_at_bad_lines_only(self):
        run = self.run_events(*self.KEY, "--bad-lines", "stop", stdin=b"x\n" + metrics() + b"y\n" + metrics(f1=2) + b"z\n")
        self.expect_code(run, 3)
        source = run.receipt["sources"][0]
        self.assertEqual((source["lines"], source["events"], source["bad"], source["foreign"]), (4, 1, 1, 2))


if __name__ == "__main__":
    mlmon_run.main()
