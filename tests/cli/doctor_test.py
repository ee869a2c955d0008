"""`mlmon doctor`: says what is broken and what only waits, and changes no file."""

import json
import os
import socket
import sqlite3

import mlmon_run
from lines import metrics
from mlmon_run import MlmonTest


class Doctor(MlmonTest):
    def setUp(self):
        super().setUp()
        self.state = self.dir / "s"

    def doctor(self, *args, code=0):
        """Findings by check: [(status, detail), ...]."""
        run = self.mlmon("doctor", "--json", "--state", self.state, *args)
        found = {}
        for line in map(json.loads, run.out.splitlines()):
            found.setdefault(line["check"], []).append((line["status"], line["detail"]))
        self.assertEqual(run.code, code, (found, run.err))
        return found

    def feed(self, *args, code=0):
        run = self.mlmon("run", "--state", self.state, *args, stdin=metrics(f1=0.5))
        self.expect_code(run, code)

    def snapshot(self):
        return {path.name: (path.stat().st_mtime_ns, path.stat().st_mode, path.read_bytes())
                for path in self.state.iterdir()}

    def statuses(self, found, check):
        return [status for status, _ in found[check]]

    def test_all_is_well_after_a_run(self):
        self.feed()
        before = self.snapshot()
        found = self.doctor()
        self.assertEqual({status for of in found.values() for status, _ in of} - {"ok"}, set(), found)
        self.assertLessEqual({"configuration", "plugin", "state", "permissions", "clock", "outbox"},
                             found.keys())
        self.assertEqual(self.snapshot(), before)
        text = self.mlmon("doctor", "--state", self.state)
        self.expect_code(text, 0)
        self.assertRegex(text.out.decode(), r"(?m)^ok +state +the database is whole$")

    def test_without_state_nothing_is_made(self):
        found = self.doctor()
        self.assertEqual(self.statuses(found, "state"), ["ok"])
        self.assertFalse(self.state.exists())

    def test_what_a_killed_run_left_in_the_log_is_checked_and_left_as_it_is(self):
        self.feed()
        with sqlite3.connect(self.state / "state.db") as database:
            database.execute("INSERT INTO meta VALUES ('x', 1)")
            database.commit()
            copies = {name: (self.state / name).read_bytes() for name in ("state.db", "state.db-wal")}
        database.close()
        for name, content in copies.items():
            (self.state / name).write_bytes(content)
        (self.state / "state.db-wal").chmod(0o600)
        before = self.snapshot()
        self.assertEqual(self.statuses(self.doctor(), "state"), ["ok"])
        self.assertEqual(self.snapshot(), before)

    def test_beside_an_active_run_it_looks_on(self):
        self.feed()
        self.write("e.ndjson", metrics(f1=0.9))
        process = self.start("run", "--state", self.state, "-f", "e.ndjson", stdout=-3, stderr=-3)
        try:
            while not (self.state / "state.db-shm").exists():
                self.assertIsNone(process.poll())
            self.assertEqual(self.statuses(self.doctor(), "state"), ["ok"])
        finally:
            process.terminate()
            process.wait()

    def test_a_damaged_database_is_broken(self):
        self.feed()
        path = self.state / "state.db"
        content = bytearray(path.read_bytes())
        content[4096 * 2:4096 * 3] = os.urandom(4096)
        path.write_bytes(content)
        self.assertEqual(self.statuses(self.doctor(code=1), "state"), ["broken"])
        path.write_bytes(b"this is not a database, it is a text of some length" * 100)
        self.assertEqual(self.statuses(self.doctor(code=1), "state"), ["broken"])

    def test_files_that_others_may_touch(self):
        self.feed()
        (self.state / "state.db").chmod(0o644)
        found = self.doctor()
        self.assertEqual(self.statuses(found, "permissions"), ["warning"])
        (self.state / "state.db").chmod(0o666)
        self.assertEqual(self.statuses(self.doctor(code=1), "permissions"), ["broken"])

    def test_a_clock_that_is_behind_the_state_is_broken(self):
        self.feed()
        with sqlite3.connect(self.state / "state.db") as database:
            database.execute("UPDATE receipts SET ended_ms = ended_ms + 86400000")
        database.close()
        self.assertEqual(self.statuses(self.doctor(code=1), "clock"), ["broken"])

    def test_what_waits_is_a_warning(self):
        self.write("m.toml", '[observers.alert]\nplugin = "alert"\n[[observers.alert.receivers]]\n'
                             'name = "ops"\ntype = "exec"\ncommand = ["sh", "-c", "exit 75"]\n')
        self.feed("-c", "m.toml", "--deliver-timeout", "0s", code=4)
        found = self.doctor("-c", "m.toml")
        self.assertEqual(found["outbox"], [("warning", "alert.ops: 1 waiting")])

    def test_a_broken_configuration_and_plugin(self):
        self.write("m.toml", '[bus]\ncapacity = "x"\n')
        self.assertIn("broken", self.statuses(self.doctor("-c", "m.toml", code=1), "configuration"))
        self.write("no.so", "not a library")
        self.write("m.toml", '[observers.x]\nplugin = "./no.so"\n')
        self.assertEqual(self.statuses(self.doctor("-c", "m.toml", code=1), "plugin"), ["broken"])

    def test_commands_and_files_of_receivers(self):
        self.write("m.toml", '[observers.alert]\nplugin = "alert"\n'
                             '[[observers.alert.receivers]]\nname = "gone"\ntype = "exec"\n'
                             'command = ["./none"]\n'
                             '[[observers.alert.receivers]]\nname = "file"\ntype = "file"\n'
                             'path = "no/such/file"\n'
                             '[[observers.alert.receivers]]\nname = "fine"\ntype = "exec"\n'
                             'command = ["true"]\n')
        self.assertEqual(self.statuses(self.doctor("-c", "m.toml", code=1), "receiver"),
                         ["broken", "broken", "ok"])

    def test_hosts_are_tried_only_when_asked_for(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            config = ('[observers.alert]\nplugin = "alert"\n[[observers.alert.receivers]]\n'
                      f'name = "ops"\ntype = "webhook"\nurl = "http://127.0.0.1:{port}/x"\n')
            self.write("m.toml", config)
            self.assertEqual(self.statuses(self.doctor("-c", "m.toml", "--online"), "receiver"), ["ok"])
        self.assertEqual(self.statuses(self.doctor("-c", "m.toml"), "receiver"), ["ok"])
        self.assertEqual(self.statuses(self.doctor("-c", "m.toml", "--online", code=1), "receiver"),
                         ["broken"])

    def test_brokers_of_kafka_are_tried_only_when_asked_for(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            there = f"127.0.0.1:{server.getsockname()[1]}"
            self.write("m.toml", f'[input.kafka]\nbrokers = ["{there}"]\ntopics = ["t"]\n')
            self.assertNotIn("input", self.doctor("-c", "m.toml"))
            [(status, detail)] = self.doctor("-c", "m.toml", "--online")["input"]
            self.assertEqual((status, detail), ("ok", f"kafka: {there.replace(':', ' port ')} takes connections"))
        [(status, detail)] = self.doctor("-c", "m.toml", "--online", code=1)["input"]
        self.assertEqual(status, "broken")
        self.assertIn("Connection refused", detail)


if __name__ == "__main__":
    mlmon_run.main()
