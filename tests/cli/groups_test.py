#!/usr/bin/env python3
"""Section 18 of the contract: runs that share the partitions of a topic and a state in PostgreSQL. Whoever is killed,
stopped or cut off when, the set of actions is that of one run that nobody disturbs."""

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import mlmon_run
import postgres_server
from kafka_runs import source
from lines import metrics
from mlmon_run import SANITIZED, MlmonTest
from mock_kafka import MockKafka

PARTITIONS = 4
SESSION = 6 if SANITIZED else 4  # seconds; the mock lets the first member of a group wait for three
GROUP_OPTIONS = ["--set", f'input.kafka.properties."session.timeout.ms"="{SESSION * 1000}"',
                 "--set", 'input.kafka.properties."heartbeat.interval.ms"="200"']


class Member:
    """A run of the group that follows the topic."""

    def __init__(self, test, number, *args):
        self.test = test
        self.out, self.err, self.receipt = (test.dir / f"{kind}{number}" for kind in ("out", "err", "receipt"))
        with open(self.err, "ab") as err:
            self.process = test.start("run", "--follow", test.kafka.url("events"), "--state", test.url, "-o", self.out,
                                      "--receipt", self.receipt, *GROUP_OPTIONS, *args, stderr=err)
        test.addCleanup(lambda: self.process.poll() is None and (self.process.kill(), self.process.wait()))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self, codes=(0,)):
        self.process.send_signal(signal.SIGTERM)
        self.test.assertIn(self.process.wait(mlmon_run.TIMEOUT), codes, self.err.read_text())
        return json.loads(self.receipt.read_text())

    def lines(self):
        return [json.loads(line) for line in self.out.read_bytes().splitlines()] if self.out.exists() else []


class GroupTest(MlmonTest):
    partitions = PARTITIONS
    patience = mlmon_run.TIMEOUT  # seconds

    def setUp(self):
        super().setUp()
        self.kafka = self.start_kafka()
        self.url = postgres_server.SERVER.new_database()
        self.database = self.url.rsplit("/", 1)[1]
        self.expect_code(self.mlmon("state", "init", "--state", self.url), 0)
        self.members = []
        self.produced = 0

    def start_kafka(self):
        kafka = MockKafka(self)
        kafka.topic("events", self.partitions)
        return kafka

    def join(self, *args):
        self.members.append(Member(self, len(self.members), *args))
        return self.members[-1]

    def produce(self, count, f1=None):
        """So many events of two models in each partition; every third breaches."""
        for _ in range(count):
            for partition in range(PARTITIONS):
                for name in ("a", "b"):
                    figure = f1 if f1 is not None else 0.5 if self.produced % 3 == 0 else 0.9
                    line = metrics(f1=figure, model__name=f"{name}{partition}")
                    self.kafka.produce("events", line.rstrip(b"\n"), partition=partition)
            self.produced += 1

    def sql(self, text, database=None):
        return [line.split("|") for line in postgres_server.SERVER.psql(text, database or self.database).splitlines()]

    def owners(self):
        """Who owns each partition, in order; "0": nobody does."""
        return [row[0] for row in self.sql("SELECT owner FROM sources ORDER BY path")]

    def wait_until(self, what, holds):
        end = time.monotonic() + self.patience
        while not holds():
            said = "".join(member.err.read_text()[-500:] for member in self.members)
            self.assertLess(time.monotonic(), end, f"waited in vain: {what}\n{said}")
            time.sleep(0.05)

    def wait_for_owners(self, count):
        def shared():
            owners = self.owners()
            return len(owners) == self.partitions and "0" not in owners and len(set(owners)) == count
        self.wait_until(f"{count} runs that share the partitions", shared)

    def wait_for_all(self):
        records = 2 * self.produced
        self.wait_until("all was read", lambda: self.sql("SELECT \"offset\" FROM sources") == [[str(records)]] * PARTITIONS)
        self.wait_until("all was delivered", lambda: self.sql("SELECT count(*) FROM outbox") == [["0"]])

    def undisturbed(self, *args):
        """The ids that one run comes to which has it all for itself."""
        url = postgres_server.SERVER.new_database()
        group = ["--set", 'input.kafka.group="alone"']
        run = self.run_events(self.kafka.url("events"), "--state", url, *GROUP_OPTIONS, *group, *args, state=True)
        self.expect_code(run, 0)
        return {action["id"] for action in run.actions}

    def expect_undisturbed(self, *args):
        """All that was decided, and all that was written, is what one run would have come to."""
        ids = self.undisturbed(*args)
        self.assertTrue(ids)
        self.assertEqual({row[0] for row in self.sql("SELECT id FROM actions")}, ids)
        written = [line["id"] for member in self.members for line in member.lines()]
        self.assertEqual(set(written), ids)
        return written


class Sharing(GroupTest):
    def test_each_partition_is_read_by_one_run_and_each_event_decided_once(self):
        self.produce(3)
        first = self.join()
        self.wait_for_owners(1)
        second = self.join()
        self.wait_for_owners(2)
        self.produce(30)
        self.wait_for_all()
        receipts = [first.end(), second.end()]
        self.assertEqual(sum(s["events"] for receipt in receipts for s in receipt["sources"]),
                         2 * PARTITIONS * self.produced)
        for receipt in receipts:
            self.assertGreater(sum(s["events"] for s in receipt["sources"]), 0)
            self.assertEqual([o["observer"] for o in receipt["observers"]], ["retraining", "alert"])
        written = self.expect_undisturbed()
        self.assertEqual(len(written), len(set(written)))
        self.assertEqual(sum(receipt["actions"]["new"] for receipt in receipts), len(written))
        self.assertEqual(set(self.owners()), {"0"})

    def test_what_a_killed_run_has_left_is_another_ones(self):
        first, second = self.join(), self.join()
        self.wait_for_owners(2)
        self.produce(20)
        first.kill()
        self.produce(20)
        self.wait_for_owners(1)
        self.wait_for_all()
        second.end()
        self.expect_undisturbed()

    def test_a_run_that_sleeps_for_longer_than_its_session_commits_nothing_of_what_it_has_lost(self):
        sleeper, other = self.join(), self.join()
        self.wait_for_owners(2)
        self.produce(10)
        sleeper.process.send_signal(signal.SIGSTOP)
        self.produce(10)
        self.wait_for_owners(1)
        self.produce(10)
        sleeper.process.send_signal(signal.SIGCONT)
        self.wait_for_owners(2)
        self.produce(10)
        self.wait_for_all()
        other.end()
        sleeper.end()
        self.expect_undisturbed()

    def test_a_database_that_goes_away_for_a_moment_costs_nothing(self):
        first, second = self.join(), self.join()
        self.wait_for_owners(2)
        for _ in range(4):
            self.produce(10)
            postgres_server.SERVER.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                        "WHERE application_name LIKE 'mlmon run%'")
        self.wait_for_all()
        first.end()
        second.end()
        self.expect_undisturbed()
        self.assertIn("connected again", first.err.read_text())

    def test_runs_that_read_to_the_ends_share_them_too(self):
        self.produce(20)
        args = [self.kafka.url("events"), "--state", self.url, *GROUP_OPTIONS]
        receipts = [self.dir / "one", self.dir / "other"]
        runs = [self.start("run", *args, "--receipt", receipt, "-o", f"{receipt}.out", stderr=subprocess.DEVNULL)
                for receipt in receipts]
        for run in runs:
            self.addCleanup(lambda run=run: run.poll() is None and (run.kill(), run.wait()))
        self.assertEqual([run.wait(mlmon_run.TIMEOUT) for run in runs], [0, 0])
        told = [json.loads(receipt.read_text()) for receipt in receipts]
        self.assertEqual(sum(s["events"] for receipt in told for s in receipt["sources"]),
                         2 * PARTITIONS * self.produced)
        ids = {row[0] for row in self.sql("SELECT id FROM actions")}
        self.assertEqual(ids, self.undisturbed())
        # Nothing is left, so that the next one has nothing to say.
        again = self.run_events(*args, state=True)
        self.expect_code(again, 0)
        self.assertEqual(again.out, b"")
        self.assertTrue(all(s["lines"] == 0 for s in again.receipt["sources"]), again.receipt["sources"])


    def test_a_partition_without_a_leader_does_not_hold_up_the_others(self):
        self.produce(5)
        self.kafka.lead("events", 2, -1)
        member = self.join()
        records = {f"\\x{f'kafka://events/{p}'.encode().hex()}": str(2 * self.produced) for p in (0, 1, 3)}
        self.wait_until("the others are read", lambda: dict(self.sql('SELECT path, "offset" FROM sources')) == records)
        self.wait_until("it is told", lambda: "kafka://events/2: has no leader" in member.err.read_text())
        self.kafka.lead("events", 2)
        self.wait_for_all()
        # What has been read goes on being read when it is gone later.
        self.kafka.lead("events", 2, -1)
        other = self.join()
        self.wait_for_owners(2)
        self.kafka.lead("events", 2)
        self.produce(5)
        self.wait_for_all()
        member.end()
        other.end()
        self.expect_undisturbed()


class Recipes(GroupTest):
    def test_the_commands_of_the_readmes_three_machines(self):
        text = (Path(__file__).resolve().parents[2] / "README.md").read_text()
        blocks = re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S)
        commands = [json.loads(found) for block in blocks
                    for found in re.findall(r"(?:command|args): (\[\"run\".*\])", block)]
        self.assertEqual(len(commands), 2)
        here = {"postgresql://mlmon@db.internal/mlmon": self.url, "broker1:9092": self.kafka.brokers,
                "model-events": "events"}
        runs = []
        for command in [commands[0], commands[1], commands[1]]:
            for there, ours in here.items():
                command = [word.replace(there, ours) for word in command]
            runs.append(self.start(*command, *GROUP_OPTIONS, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            self.addCleanup(lambda run=runs[-1]: run.poll() is None and (run.kill(), run.wait()))
        self.wait_for_owners(3)
        self.produce(10)
        self.wait_for_all()
        for run in runs:
            run.terminate()
        self.assertEqual([run.wait(mlmon_run.TIMEOUT) for run in runs], [0, 0, 0])
        self.assertEqual({row[0] for row in self.sql("SELECT id FROM actions")}, self.undisturbed())


class Batches(GroupTest):
    def test_what_a_killed_run_has_left_is_read_to_the_ends_by_the_others(self):
        self.produce(5)
        other = self.join()
        self.wait_for_owners(1)
        self.wait_for_all()
        other.process.send_signal(signal.SIGSTOP)
        self.produce(20)
        run = self.start("run", self.kafka.url("events"), "--state", self.url, *GROUP_OPTIONS, "-o", self.dir / "batch",
                         stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: run.poll() is None and (run.kill(), run.wait()))
        other.kill()
        self.assertEqual(run.wait(mlmon_run.TIMEOUT), 0)
        self.assertEqual(self.sql("SELECT \"offset\" FROM sources"), [[str(2 * self.produced)]] * PARTITIONS)
        self.assertEqual({row[0] for row in self.sql("SELECT id FROM actions")}, self.undisturbed())


class Together(GroupTest):
    def test_who_reads_files_has_a_database_for_itself(self):
        self.join()
        self.wait_for_owners(1)
        alone = self.run_events("--state", self.url, "--lock-timeout", "0s", state=True, stdin=metrics(f1=0.5))
        self.expect_code(alone, 1)
        self.assertRegex(alone.err, r"is in use by mlmon run, process \d+ on ")
        self.members[0].end()
        self.expect_code(self.run_events("--state", self.url, state=True, stdin=metrics(f1=0.5)), 0)

    def test_lines_of_a_run_that_had_the_database_for_itself_and_was_killed_are_written_by_the_next(self):
        for n in range(76 * PARTITIONS):  # more lines than a pipe holds
            self.kafka.produce("events", metrics(f1=0.5, model__name=f"m{n}").rstrip(b"\n"), partition=n % PARTITIONS)
        self.produced = 38
        alone = self.start("run", "--from-start", self.kafka.url("events"), "--state", self.url, *GROUP_OPTIONS,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: alone.poll() is None and (alone.kill(), alone.wait()))
        self.addCleanup(alone.stdout.close)
        # Nobody reads its output: it commits, and waits where it writes.
        self.wait_until("it has committed", lambda: int(self.sql("SELECT count(*) FROM actions")[0][0]) > 250)
        alone.kill()
        alone.wait()
        lines = alone.stdout.read().splitlines(True)
        whole = {json.loads(line)["id"] for line in lines if line.endswith(b"\n")}
        decided = {row[0] for row in self.sql("SELECT id FROM actions")}
        self.assertLess(len(whole), len(decided))
        members = [self.join(), self.join()]
        self.wait_for_owners(2)
        self.wait_for_all()
        written = [line["id"] for member in members for line in member.lines()]
        self.assertLessEqual(decided, whole | set(written))
        self.assertEqual(len(set(written)), len(written))
        for member in members:
            member.end()
        self.assertEqual({row[0] for row in self.sql("SELECT id FROM actions")}, self.undisturbed())

    def test_a_model_is_at_home_whatever_its_events_are(self):
        line = (b'{"type":"job","model":{"name":"x","version":"1.0.0","deployed_at":"2026-01-01T00:00:00Z"},"job":"j",'
                b'"status":"done","at":"2026-02-01T00:00:00Z"}')
        self.kafka.produce("events", line, partition=2)
        self.kafka.produce("events", metrics(f1=0.5, model__name="y").rstrip(b"\n"), partition=1)
        member = self.join()
        self.wait_until("it is read", lambda: ["1"] in self.sql('SELECT "offset" FROM sources WHERE path = '
                                                                "'kafka://events/2'"))
        member.end()
        homes = self.sql("SELECT m.name, convert_from(s.path, 'UTF8') FROM models m JOIN sources s ON s.n = m.home ORDER BY 1")
        self.assertEqual(homes, [["x", "kafka://events/2"], ["y", "kafka://events/1"]])

    def test_the_end_of_a_job_is_told_where_its_model_is_at_home(self):
        members = [self.join(), self.join()]
        self.wait_for_owners(2)
        self.produce(1, f1=0.5)
        self.wait_for_all()
        def jobs():
            listed = self.mlmon("jobs", "list", "--state", self.url, "--status", "queued", "--json")
            return [json.loads(line)["job"] for line in listed.out.splitlines()]
        queued = jobs()
        self.assertEqual(len(queued), 2 * PARTITIONS)
        self.produce(1, f1=0.5)  # held back: a job is open
        self.wait_for_all()
        self.assertEqual(len(jobs()), 2 * PARTITIONS)
        for job in queued:
            self.expect_code(self.mlmon("jobs", "done", job, "--state", self.url), 0)
        self.wait_until("all ends are told", lambda: self.sql("SELECT count(*) FROM jobs WHERE told = 0 AND "
                                                              "status = 'done'") == [["0"]])
        self.produce(1, f1=0.5)
        self.wait_for_all()
        self.assertEqual(len(jobs()), 2 * PARTITIONS)
        for member in members:
            member.end()

    def test_a_budget_over_all_models_is_a_partitions_also_when_that_moves(self):
        options = ["--set", 'observers.retraining.budget="1/30d"']
        first = self.join(*options)
        self.wait_for_owners(1)
        self.produce(1, f1=0.5)  # two models in each partition ask for one
        self.wait_for_all()
        self.assertEqual(self.sql("SELECT count(*) FROM jobs"), [[str(PARTITIONS)]])
        second = self.join(*options)
        self.wait_for_owners(2)
        first.kill()
        self.wait_for_owners(1)
        self.produce(5, f1=0.5)
        self.wait_for_all()
        self.assertEqual(self.sql("SELECT count(*) FROM jobs"), [[str(PARTITIONS)]])
        second.end()
        self.expect_undisturbed(*options)

    def test_a_rate_limit_is_the_receivers_whoever_delivers(self):
        told = self.dir / "told"
        self.write("mlmon.toml", f"""
[observers.retraining]
enabled = false
[observers.alert]
receivers = [{{ name = "box", type = "file", path = "{told}", rate_limit = "3/1h" }}]
""")
        members = [self.join("-c", "mlmon.toml"), self.join("-c", "mlmon.toml")]
        self.wait_for_owners(2)
        self.produce(3)
        records = [[str(2 * self.produced)]] * PARTITIONS
        self.wait_until("all was read", lambda: self.sql("SELECT \"offset\" FROM sources") == records)
        self.wait_until("the limit is used up", lambda: told.exists() and len(told.read_bytes().splitlines()) >= 3)
        time.sleep(1)
        self.assertEqual(len(told.read_bytes().splitlines()), 3)
        for member in members:
            member.process.send_signal(signal.SIGTERM)
        for member in members:
            self.assertIn(member.process.wait(mlmon_run.TIMEOUT), (0, 4), member.err.read_text())

    def test_a_reload_changes_the_observers_of_all_partitions(self):
        config = self.write("mlmon.toml", "[observers.alert]\nenabled = false\n[observers.retraining]\nmin_f1 = 0.2\n")
        member = self.join("-c", config)
        self.wait_for_owners(1)
        self.produce(1, f1=0.5)
        self.wait_for_all()
        self.assertEqual(self.sql("SELECT count(*) FROM actions"), [["0"]])
        config.write_text("[observers.alert]\nenabled = false\n[observers.retraining]\nmin_f1 = 0.7\n")
        member.process.send_signal(signal.SIGHUP)
        self.wait_until("the reload is told", lambda: "reload:" in member.err.read_text())
        self.produce(1, f1=0.5)
        self.wait_for_all()
        self.assertEqual(self.sql("SELECT count(*) FROM actions"), [[str(2 * PARTITIONS)]])
        config.write_text("[observers.retraining]\nmin_f1 = \"high\"\n")
        member.process.send_signal(signal.SIGHUP)
        self.wait_until("the reload is refused", lambda: "stays in force" in member.err.read_text())
        self.assertEqual(len(member.end()["observers"]), 1)

    def test_from_start_reads_a_topic_again_for_itself(self):
        self.produce(3)
        args = [self.kafka.url("events"), "--state", self.url, *GROUP_OPTIONS]
        first = self.run_events(*args, state=True)
        self.expect_code(first, 0)
        again = self.run_events(*args, "--from-start", state=True)
        self.expect_code(again, 0)
        self.assertEqual(again.receipt["actions"]["new"], 0)
        self.assertEqual(source(again, "kafka://events/0")["events"], 2 * self.produced)
        self.produce(3)
        self.assertEqual(self.run_events(*args, state=True).code, 0)
        self.assertEqual({row[0] for row in self.sql("SELECT id FROM actions")}, self.undisturbed())

    def test_models_stay_at_home_when_a_folder_moves_to_a_database(self):
        folder = self.dir / "folder"
        self.produce(2, f1=0.5)
        run = self.run_events(self.kafka.url("events"), "--state", folder, state=True)
        self.expect_code(run, 0)
        self.expect_code(self.mlmon("state", "copy", folder, self.url), 0)
        member = self.join()
        self.wait_for_owners(1)
        self.produce(2, f1=0.5)  # their jobs are open, and their alerts fire
        self.wait_for_all()
        member.end()
        self.assertEqual(len(self.sql("SELECT id FROM actions")), len(run.actions))


if __name__ == "__main__":
    postgres_server.run_tests(mlmon_run.main)
