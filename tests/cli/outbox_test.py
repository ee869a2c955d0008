"""`mlmon outbox`: deliveries that wait or are dead, listed, tried again, dropped."""

import json
import sqlite3
import time
from contextlib import closing

import mlmon_run
from lines import metrics
from registry import RegistryTest


class Outbox(RegistryTest):
    def add(self, action, endpoint, status, **columns):
        """A delivery as a run would have left it. `status`: waiting or dead."""
        self.sql("INSERT OR IGNORE INTO endpoints (name) VALUES (?)", endpoint)
        columns = {"status": {"waiting": 1, "dead": 2}[status], **columns}
        names = ", ".join(columns)
        self.sql(f"INSERT INTO outbox (action, endpoint, {names}) SELECT a.n, e.n, "
                 f"{', '.join('?' * len(columns))} FROM actions a, endpoints e "
                 "WHERE a.id = ? AND e.name = ?", *columns.values(), action, endpoint)

    def entries(self):
        run = self.outbox("list", "--json")
        self.expect_code(run, 0)
        return [json.loads(line) for line in run.out.splitlines()]

    def setUp(self):
        super().setUp()
        if "without_state" in self.id():
            return
        self.a, self.b = self.add_jobs("fraud", "churn")
        self.add(self.a, "ops", "waiting", attempts=2, first_try_ms=1, next_try_ms=4102444800000,
                 error="503 Service Unavailable")
        self.add(self.a, "mail", "dead", attempts=9, first_try_ms=1, error="550 no\nsuch \x1b user")
        self.add(self.b, "ops", "waiting")

    def test_without_state_there_is_nothing_and_nothing_is_made(self):
        for args, code in {("list",): 0, ("retry", "X"): 1, ("drop", "X"): 1}.items():
            run = self.outbox(*args)
            self.expect_code(run, code)
            self.assertEqual(run.out, b"")
        self.assertEqual(self.outbox("retry", "--all").out, b"0 deliveries due now\n")
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_a_list_tells_all_of_each_delivery(self):
        model = {"name": "fraud", "version": "2.1.0", "deployed_at": "2026-01-01T00:00:00Z"}
        first, second, third = self.entries()
        self.assertEqual(first, {"id": self.a, "endpoint": "ops", "status": "waiting", "attempts": 2,
                                 "next_try": "2100-01-01T00:00:00Z",
                                 "error": "503 Service Unavailable", "action": "retrain",
                                 "rule": "f1", "model": model})
        self.assertEqual((second["endpoint"], second["status"], second["next_try"]),
                         ("mail", "dead", None))
        self.assertEqual((third["id"], third["attempts"], third["error"]), (self.b, 0, None))

    def test_people_get_a_table(self):
        run = self.outbox("list")
        self.expect_code(run, 0)
        self.assertEqual(run.out.count(b"\n"), 4)
        self.assertIn(rb"550 no\nsuch \x1b user", run.out)

    def test_an_error_is_shown_to_its_first_kibibyte(self):
        self.sql("UPDATE outbox SET error = ?", "x" * 1023 + "é" + "y" * 5000)
        self.assertEqual(self.entries()[0]["error"], "x" * 1023)

    def test_bytes_that_are_no_utf_8_do_not_spoil_the_list(self):
        self.sql("UPDATE outbox SET error = CAST(x'41FF42' AS TEXT)")
        self.assertEqual(self.entries()[0]["error"], "A\ufffdB")
        self.assertIn(rb"A\xffB", self.outbox("list").out)

    def test_retry_makes_due_and_begins_dead_ones_anew(self):
        run = self.outbox("retry", self.a)
        self.expect_code(run, 0)
        self.assertEqual(run.out, b"2 deliveries due now\n")
        self.assertEqual(self.sql("SELECT status, attempts, first_try_ms, next_try_ms FROM outbox"),
                         [(1, 2, 1, 0), (1, 0, 0, 0), (1, 0, 0, 0)])
        self.assertEqual(self.outbox("retry", "--all").out, b"3 deliveries due now\n")

    def test_drop_takes_away(self):
        self.assertEqual(self.outbox("drop", self.b).out, b"1 delivery dropped\n")
        self.assertEqual([entry["id"] for entry in self.entries()], [self.a, self.a])
        self.assertEqual(self.outbox("drop", "--all").out, b"2 deliveries dropped\n")
        self.assertEqual(self.entries(), [])
        self.assertEqual(self.outbox("list").out, b"")

    def test_an_id_that_is_not_known_is_named_and_nothing_is_done(self):
        before = self.entries()
        for verb in ("retry", "drop"):
            self.refused(self.outbox(verb, self.a, "NOPE"), "NOPE")
            self.assertEqual(self.entries(), before)

    def test_an_id_given_twice_counts_once(self):
        self.assertEqual(self.outbox("retry", self.b, self.b).out, b"1 delivery due now\n")
        self.assertEqual(self.outbox("drop", self.b, self.b).out, b"1 delivery dropped\n")

    def test_usage_errors_are_2(self):
        for args in (("retry",), ("drop",), ("drop", "--all", "X"), ("list", "X"), ("lst",)):
            self.expect_code(self.mlmon("outbox", *args), 2)


class WrongClock(RegistryTest):
    """A delivery failed while the clock was ahead: once it is right again the delivery is due."""

    def setUp(self):
        super().setUp()
        self.write("m.toml", '[observers.alert]\nreceivers = [{ name = "x", type = "exec", command = ["./take"] }]\n')
        self.write("take", "#!/bin/sh\nexit 75\n").chmod(0o755)
        self.run_once(metrics(f1=0.5), 4)

    def run_once(self, events, code):
        self.expect_code(self.mlmon("run", "-c", "m.toml", "--state", self.state, "--deliver-timeout", "200ms",
                                    stdin=events), code)

    def test_a_time_that_a_clock_ahead_made_counts_for_nothing(self):
        with closing(sqlite3.connect(self.state / "state.db")) as database, database:
            (tried, next_try), = database.execute("SELECT tried_ms, next_try_ms FROM outbox")
            self.assertLess(abs(tried - time.time() * 1000), 60_000)
            ten_years = 315_360_000_000
            database.execute("UPDATE outbox SET tried_ms = ?, next_try_ms = ?", (tried + ten_years, next_try + ten_years))
            database.execute("UPDATE endpoints SET rests_since_ms = ?, rests_until_ms = ?",
                             (tried + ten_years, next_try + ten_years))
        self.write("take", "#!/bin/sh\nexit 0\n")
        self.run_once(b"", 0)
        self.assertEqual(self.outbox("list").out, b"")


if __name__ == "__main__":
    mlmon_run.main()
