"""`mlmon state info|compact|export|import`: what the state holds, giving back what nobody needs any more, backups."""

import json
import os
import sqlite3
import stat
import subprocess
import unittest

import mlmon_run
from follow_test import FollowTest, line, names
from lines import metrics, time as time_of
from mlmon_run import DATA, MlmonTest


class UpkeepTest(MlmonTest):
    def setUp(self):
        super().setUp()
        self.state = self.dir / "state"

    def decide(self, *args):
        return self.run_events("--state", self.state, *args, state=True)

    def info(self):
        run = self.mlmon("state", "info", "--state", self.state, "--json")
        self.expect_code(run, 0)
        info = json.loads(run.out)
        info["rows"] = {kind["kind"]: kind["rows"] for kind in info["kinds"]}
        return info

    def compact(self, *args, code=0):
        run = self.mlmon("state", "compact", "--state", self.state, "--json", *args)
        self.expect_code(run, code)
        return json.loads(run.out) if code == 0 else run.err

    def rows(self, sql):
        database = sqlite3.connect(self.state / "state.db")
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()


class Info(UpkeepTest):
    def test_it_counts_what_is_there(self):
        self.decide(self.write("a.ndjson", [metrics(f1=0.4, captured_at=time_of(5)), metrics(f1=0.3, model__name="b"),
                                            metrics(f1=0.9, captured_at=time_of(9))]),
                    "--set", "observers.alert.receivers=[{name='f', type='file', path='told'}]")
        info = self.info()
        self.assertEqual(info["rows"]["sources"], 1)
        self.assertEqual(info["rows"]["models"], 2)
        self.assertEqual(info["rows"]["actions"], 5)  # two requests, two alerts, one is over
        self.assertEqual(info["rows"]["jobs queued"], 2)
        self.assertEqual(info["rows"]["alerts firing"], 1)
        self.assertEqual(info["rows"]["deliveries waiting"], 0)
        self.assertEqual(info["bytes"], sum(file.stat().st_size for file in self.state.glob("state.db*")
                                            if not file.name.endswith("-shm")))
        kinds = {kind["kind"]: kind for kind in info["kinds"]}
        self.assertEqual(kinds["actions with text"]["oldest"], time_of(5))
        text = self.mlmon("state", "info", "--state", self.state)
        self.expect_code(text, 0)
        self.assertRegex(text.out.decode(), r"jobs queued +2 ")

    def test_what_is_there_is_the_users_own(self):
        self.decide(self.write("a.ndjson", [line(1)]))
        self.assertEqual(stat.S_IMODE(self.state.stat().st_mode), 0o700)
        for file in self.state.iterdir():
            self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600, file)

    def test_where_there_is_no_state_it_is_said_so(self):
        run = self.mlmon("state", "info", "--state", self.state)
        self.expect_code(run, 1)
        self.assertIn("holds no state", run.err)


class Export(UpkeepTest):
    def setUp(self):
        super().setUp()
        self.told = ["--set", "observers.alert.receivers=[{name='f', type='file', path='told'}]"]
        self.lines = DATA.read_bytes().splitlines(True)
        self.events = self.dir / "events.ndjson"
        self.events.write_bytes(b"".join(self.lines[:6000]))
        self.decide(self.events, *self.told)
        odd = self.dir / os.fsdecode(b"odd\xff.ndjson")  # a name that no JSON can hold
        odd.write_bytes(metrics(f1=0.4, model__name='a "b"\u00e9\U0001f600'))
        self.decide(odd, *self.told)

    def export(self, state=None):
        run = self.mlmon("state", "export", "--state", state or self.state)
        self.expect_code(run, 0)
        return run

    def read(self, text, code, *args, state="other"):
        run = self.mlmon("state", "import", "--state", self.dir / state, "-", *args, stdin=text)
        self.expect_code(run, code)
        return run

    def test_what_was_exported_is_imported_and_the_next_run_cannot_tell(self):
        exported = self.export()
        rows = exported.out.count(b"\n") - 2
        self.assertGreater(rows, 1000)
        self.assertIn(f"{rows:,} rows in ", exported.err)
        self.assertIn(b'{"hex":"', exported.out)
        for text in exported.out.splitlines():
            json.loads(text)
        read = json.loads(self.read(exported.out, 0, "--json").out)
        self.assertEqual((read["from"], read["rows"]), ("stdin", rows))
        self.assertEqual(self.export(self.dir / "other").out, exported.out)
        self.assertEqual(stat.S_IMODE((self.dir / "other/state.db").stat().st_mode), 0o600)
        self.events.write_bytes(b"".join(self.lines))
        here = self.decide(self.events, *self.told)
        self.state = self.dir / "other"
        there = self.decide(self.events, *self.told)
        self.assertGreater(len(here.actions), 0)
        self.assertEqual(there.actions, here.actions)

    def test_a_state_that_holds_something_is_left_as_it_is(self):
        exported = self.export().out
        self.assertIn("holds a state already", self.read(exported, 1, state="state").err)
        self.assertEqual(self.export().out, exported)

    def test_what_is_not_whole_or_wrong_leaves_nothing_and_is_named(self):
        exported = self.export().out
        lines = exported.splitlines(True)
        for text, said in ((b"".join(lines[:-1]), "it is not whole"),
                           (b"", "is empty"),
                           (exported[:-len(lines[-1])] + lines[-1] * 2, "expected nothing after"),
                           (b"".join(lines[:1] + lines[2:]), f"line {len(lines) - 1}: says {len(lines) - 2} rows"),
                           (exported.replace(b'{"mlmon_state":', b'{"mlmon_state":9', 1), "newer mlmon"),
                           (exported.replace(b'{"n":1,', b'{"n":"1",', 1), 'line 2: table actions: expected a whole number in "n"'),
                           (exported.replace(b'"table":"actions"', b'"table":"others"', 1), 'line 2: unknown table "others"'),
                           (exported.replace(b'{"hex":"', b'{"hex":"x', 1), "expected a string or {\"hex\":DIGITS}"),
                           (b"".join(lines[:2] + lines[1:]), "line 3: "),
                           (metrics(f1=0.4), "line 1: expected {\"mlmon_state\":VERSION}")):
            self.assertIn(said, self.read(text, 1).err)
        self.assertEqual(json.loads(self.mlmon("state", "info", "--state", self.dir / "other", "--json").out)["kinds"][0]["rows"], 0)
        self.read(exported, 0)

    def test_it_is_of_one_moment_beside_a_run(self):
        process = self.start("run", "--state", self.state, "-f", self.events, *self.told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not (self.state / "state.db-shm").exists():
                self.assertIsNone(process.poll())
            self.read(self.export().out, 0)
            self.assertIn("in use", self.read(self.export().out, 1, state="state").err)
        finally:
            process.terminate()
            process.wait()


class Compact(UpkeepTest):
    COUNT = 3000

    def setUp(self):
        super().setUp()
        self.told = ["--set", "observers.alert.receivers=[{name='f', type='file', path='told'}]"]
        lines = []
        for number in range(self.COUNT):
            lines.append(metrics(f1=0.4 if number % 2 else 0.9, captured_at=time_of(number)))
        self.events = self.write("a.ndjson", lines)
        self.first = self.decide(self.events, *self.told)
        self.expect_code(self.first, 0)

    def test_what_was_done_is_given_back_and_is_not_done_again(self):
        before = self.info()
        self.assertEqual(before["rows"]["actions with text"], self.COUNT)  # one request, alerts, ends of these
        removed = self.compact("--keep", "0s")
        after = self.info()
        # What is open stays: the job's request, and the alert that fires.
        self.assertEqual(removed["texts"], self.COUNT - 2)
        self.assertEqual(after["rows"]["actions with text"], 2)
        self.assertEqual(after["rows"]["actions"], before["rows"]["actions"])
        self.assertEqual(removed["bytes_before"], before["bytes"])
        self.assertEqual(removed["bytes_after"], after["bytes"])
        self.assertLess(after["bytes"], before["bytes"] / 2)
        self.assertEqual(after["unused_bytes"], 0)
        again = self.decide("--from-start", self.events, *self.told)
        self.expect_code(again, 0)
        self.assertEqual((again.receipt["actions"]["new"], again.receipt["actions"]["already_known"]),
                         (0, self.COUNT))
        self.assertEqual(len((self.dir / "told").read_text().splitlines()), self.COUNT - 1)

    def test_what_is_young_stays(self):
        removed = self.compact()
        self.assertEqual((removed["texts"], removed["alerts"], removed["tellings"]), (0, 0, 0))
        self.assertEqual(self.info()["rows"]["actions with text"], self.COUNT)

    def test_what_is_kept_is_counted_in_days_on_which_runs_began(self):
        database = sqlite3.connect(self.state / "state.db")
        database.execute("UPDATE days SET day = day - 10")
        database.execute("INSERT INTO days SELECT day + 2, (SELECT max(n) + 1 FROM actions) FROM days")
        database.commit()
        database.close()
        self.assertEqual(self.compact("--keep", "9d", "--dry-run")["texts"], 0)
        self.assertEqual(self.compact()["texts"], self.COUNT - 2)

    def test_a_dry_run_says_the_same_and_changes_nothing(self):
        content = (self.state / "state.db").read_bytes()
        would = self.compact("--keep", "0s", "--dry-run")
        self.assertEqual((self.state / "state.db").read_bytes(), content)
        done = self.compact("--keep", "0s")
        self.assertEqual({**would, "dry_run": False}, done)
        self.assertTrue(would["dry_run"])

    def test_what_waits_for_a_receiver_is_delivered_afterwards(self):
        broken = ["--set", "observers.alert.receivers=[{name='x', type='exec', command=['/bin/sh', '-c', 'exit 75']}]",
                  "--deliver-timeout", "0s"]
        self.expect_code(self.decide(self.write("b.ndjson", [line(1)]), *broken), 4)
        self.compact("--keep", "0s")
        working = ["--set", "observers.alert.receivers=[{name='x', type='exec', command=['/bin/sh', '-c', 'cat > got']}]"]
        self.mlmon("outbox", "retry", "--all", "--state", self.state)
        self.expect_code(self.decide(self.write("none.ndjson", b""), *working), 0)
        self.assertEqual(json.loads((self.dir / "got").read_text())["model"]["name"], names(1)[0])

    def test_text_for_people(self):
        run = self.mlmon("state", "compact", "--state", self.state, "--keep", "0s")
        self.expect_code(run, 0)
        self.assertRegex(run.out.decode(), r"^removed: 2,998 texts of actions that are done, ")


class BesideARun(FollowTest):
    def test_compact_is_refused_and_info_is_not(self):
        self.follow(self.write("a.ndjson", [line(1)]))
        self.wait_for(names(1))
        refused = self.mlmon("state", "compact", "--state", self.state)
        self.expect_code(refused, 1)
        self.assertIn(str(self.process.pid), refused.err)
        for free in (["info"], ["compact", "--dry-run"]):
            self.expect_code(self.mlmon("state", *free, "--state", self.state), 0)
        self.end()


class Usage(UpkeepTest):
    def test_wrong_command_lines(self):
        for args, what in ((["inof"], 'did you mean "info"'), (["compact", "--keep", "soon"], "--keep"),
                           (["info", "x"], "unexpected argument"), ([], "Usage: mlmon state")):
            run = self.mlmon("state", *args)
            self.expect_code(run, 2)
            self.assertIn(what, run.err)


if __name__ == "__main__":
    mlmon_run.main()
