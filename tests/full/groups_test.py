#!/usr/bin/env python3
"""Runs that share the partitions of a topic of Kafka itself and a state in PostgreSQL: kill -9 of runs and of the broker,
and how fast one, two and four of them are."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

import mlmon_run
import postgres_server
from mlmon_run import MlmonTest
from real_kafka import RealKafka, available, storm, wait_until, without_places

PARTITIONS = 8
PROPERTIES = {"session.timeout.ms": 2000, "heartbeat.interval.ms": 300}


@available
class Groups(MlmonTest):
    def setUp(self):
        super().setUp()
        self.kafka = RealKafka(self, self.dir / "kafka", group_min_session_timeout_ms=1000)
        self.kafka.create("events", PARTITIONS)
        self.url = postgres_server.SERVER.new_database()
        self.expect_code(self.mlmon("state", "init", "--state", self.url), 0)
        self.count = 0

    def command(self, *args):
        sets = [word for key, value in PROPERTIES.items()
                for word in ("--set", f'input.kafka.properties."{key}"="{value}"')]
        return ["run", self.kafka.url("events"), "--state", self.url, *sets, *args]

    def join(self):
        self.count += 1
        with open(self.dir / "stderr", "ab") as err:
            run = self.start(*self.command("--follow", "-o", self.dir / f"out{self.count}"), stderr=err)
        self.addCleanup(lambda: run.poll() is None and (run.kill(), run.wait()))
        return run

    def sql(self, text):
        return postgres_server.SERVER.psql(text, self.url.rsplit("/", 1)[1]).split()

    def test_kills_of_runs_and_of_the_broker(self):
        chance = random.Random(4)
        events = storm(24_000, models=50)
        running = [self.join() for _ in range(3)]
        for step in range(12):
            self.kafka.produce("events", events[step * 2000:(step + 1) * 2000])
            time.sleep(chance.uniform(0, 2))
            if step == 6:
                self.kafka.kill()
                self.kafka.start()
            else:
                killed = running.pop(chance.randrange(3))
                killed.kill()
                killed.wait()
                running.append(self.join())
        wait_until(self, lambda: sum(map(int, self.sql('SELECT "offset" FROM sources'))) == len(events))
        wait_until(self, lambda: self.sql("SELECT count(*) FROM outbox") == ["0"])
        for run in running:
            run.send_signal(signal.SIGTERM)
        self.assertEqual([run.wait(mlmon_run.TIMEOUT) for run in running], [0, 0, 0])
        file = self.run_events(self.write("events.ndjson", events))
        self.assertGreater(len(file.actions), 100)
        written = {line for path in self.dir.glob("out*") for line in path.read_bytes().splitlines()}
        self.assertEqual(without_places(written), without_places(file.out.splitlines()))
        self.assertEqual(len(self.sql("SELECT id FROM actions")), len(file.actions))

    def test_speed(self):
        events = storm(400_000, models=200)
        self.kafka.produce("events", events)
        for count in (1, 2, 4):
            self.url = postgres_server.SERVER.new_database()
            self.expect_code(self.mlmon("state", "init", "--state", self.url), 0)
            begin = time.monotonic()
            runs = [self.start(*self.command("-q", "--set", f'input.kafka.group="speed{count}"', "-o",
                                             self.dir / f"speed{count}.{i}"), stderr=subprocess.DEVNULL)
                    for i in range(count)]
            self.assertEqual([run.wait(mlmon_run.TIMEOUT) for run in runs], [0] * count)
            seconds = time.monotonic() - begin
            self.assertEqual(sum(map(int, self.sql('SELECT "offset" FROM sources'))), len(events))
            print(f"{count} runs: {len(events) / seconds:,.0f} events/s with the time to join", file=sys.stderr)


if __name__ == "__main__":
    postgres_server.run_tests(mlmon_run.main)
