"""Whatever a state holds, no command crashes or hangs: values of any table exchanged for odd ones, and bytes of the file;
nor does `state import` of what `state export` wrote, changed likewise.

MLMON_FUZZ_SECONDS goes on so long, from the seed MLMON_FUZZ_SEED; a failure names the seed that repeats it.
"""

import os
import random
import shutil
import sqlite3
import time

import mlmon_run
from mlmon_run import DATA, MlmonTest

CONFIG = """
[observers.retraining]
for = "2/3"
budget = "5/30d"
cooldown = "1d"
[[observers.retraining.rules]]
name = "moved"
metric = "accuracy"
drop = 0.05
[observers.alert]
flap = "6/1h"
repeat = "7d"
[[observers.alert.receivers]]
name = "there"
type = "file"
path = "told.ndjson"
[[observers.alert.receivers]]
name = "away"
type = "exec"
command = ["false"]
retry = { give_up = "0s" }
[[observers.alert.receivers]]
name = "later"
type = "exec"
command = ["sh", "-c", "exit 75"]
"""
COMMANDS = (["status"], ["models", "list"], ["models", "show", "elec-bayes"], ["why", "elec-bayes"], ["jobs", "list"],
            ["jobs", "claim"], ["alerts", "list"], ["alerts", "list", "--silences"], ["outbox", "list"],
            ["outbox", "retry", "--all"], ["report", "-o", "r.html"], ["state", "info"], ["state", "export"],
            ["state", "compact", "--keep", "0s"], ["doctor"], ["run", "-q", "--deliver-timeout", "100ms", "more.ndjson"],
            ["run", "-q", "--deliver-timeout", "100ms", "--from-start", "first.ndjson"])
ODD = (None, 0, -1, 1, 2**63 - 1, -2**63, 1e300, float("inf"), "", "x", "{", "{}", "[]", "null", "[1]", '{"model":1}',
       '{"action":"alert","id":7,"model":{"name":[]}}', "9" * 400, "[" * 5000, "\x00a", "\U0001f600" * 50, b"", b"\xff\xfe\x00",
       b"\x00" * 64, bytes(range(256)) * 12, 10**18, 253402300800, "firing", "queued", "claimed", "dead")
CODES = {0, 1, 2, 3, 4, 10, 11, 12, 13}


class StateFuzz(MlmonTest):
    LEAST = 12  # states

    def setUp(self):
        super().setUp()
        lines = DATA.read_bytes().splitlines(True)
        self.write("m.toml", CONFIG)
        self.write("first.ndjson", b"".join(lines[:600]))
        self.write("more.ndjson", b"".join(lines[600:700]))
        self.expect_code(self.mlmon("run", "-q", "-c", "m.toml", "--state", "s", "--deliver-timeout", "1s", "first.ndjson"), 4)
        self.expect_code(self.mlmon("alerts", "silence", "--model", "elec*", "--for", "1h", "--by", "a", "--reason", "b", "--state", "s"), 0)

    def seeds(self):
        first, seconds = int(os.environ.get("MLMON_FUZZ_SEED", 1)), float(os.environ.get("MLMON_FUZZ_SECONDS", 0))
        begun, seed = time.monotonic(), first
        while seed - first < self.LEAST or time.monotonic() - begun < seconds:
            yield seed
            seed += 1

    def change_values(self, chance):
        database = sqlite3.connect(self.dir / "t/state.db")
        database.execute("PRAGMA ignore_check_constraints = ON")
        tables = [name for name, in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for _ in range(chance.randint(1, 12)):
            table = chance.choice(tables)
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            where = chance.choice(("", " WHERE 1 = abs(random()) % 2", " LIMIT 1"))
            try:
                if chance.random() < 0.1:
                    database.execute(f"DELETE FROM {table}" + (where if "LIMIT" not in where else ""))
                else:
                    column = chance.choice(columns)
                    rows = f"(SELECT {columns[0]} FROM {table}{where})"
                    database.execute(f"UPDATE {table} SET {column} = ? WHERE {columns[0]} IN {rows}", (chance.choice(ODD),))
            except (sqlite3.IntegrityError, OverflowError):
                pass  # what its key refuses cannot be there
        database.commit()
        database.close()

    def change_bytes(self, chance):
        path = self.dir / "t/state.db"
        content = bytearray(path.read_bytes())
        for _ in range(chance.randint(1, 30)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if chance.random() < 0.2:
            del content[chance.randrange(len(content)):]
        path.write_bytes(content)

    def test_no_command_crashes(self):
        for seed in self.seeds():
            chance = random.Random(seed)
            shutil.rmtree(self.dir / "t", ignore_errors=True)
            shutil.copytree(self.dir / "s", self.dir / "t")
            self.change_bytes(chance) if seed % 3 == 0 else self.change_values(chance)
            for command in chance.sample(COMMANDS, len(COMMANDS)):
                # `why` reads the observers' own values, and so does `run`.
                config = ["-c", "m.toml"] if command[0] in ("run", "why", "report", "doctor") else []
                run = self.mlmon(*command, *config, "--state", "t")
                with self.subTest(f"MLMON_FUZZ_SEED={seed}: {' '.join(command)}"):
                    self.assertIn(run.code, CODES, run.err)
                    self.assertNotRegex(run.err, "fatal:|Sanitizer|runtime error:")

    def test_no_import_crashes_or_leaves_a_part(self):
        exported = self.mlmon("state", "export", "--state", "s").out
        for seed in self.seeds():
            chance = random.Random(seed)
            text = bytearray(exported)
            for _ in range(chance.randint(1, 4)):
                at = chance.randrange(len(text))
                text[at:at + chance.choice((0, 1, 1, 9, 500))] = chance.choice(
                    (b"", b"0", b"-", b"}", b'"', b"null", b"\n", b"\xff", b"\\u0000", b"1e999", b"9" * 30, b'{"hex":"0"}'))
            shutil.rmtree(self.dir / "i", ignore_errors=True)
            run = self.mlmon("state", "import", "-", "--state", "i", stdin=bytes(text))
            with self.subTest(f"MLMON_FUZZ_SEED={seed}"):
                self.assertIn(run.code, (0, 1), run.err)
                self.assertNotRegex(run.err, "Sanitizer|runtime error:")
                again = self.mlmon("state", "import", "-", "--state", "i", stdin=exported)
                # Either all of it was taken, or there is room for the right one.
                self.assertEqual(again.code, 1 - run.code, (run.err, again.err))


if __name__ == "__main__":
    mlmon_run.main()
