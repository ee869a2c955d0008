#!/usr/bin/env python3
"""Runs that share the partitions of a topic of Kafka itself and a state in PostgreSQL: kill -9 of runs and of the broker,
a network that is cut, slow or silent, records that are deleted, and how fast one, two, four and eight of them are."""

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
from proxy import Proxy
from real_kafka import RealKafka, available, storm, wait_until, without_places

PARTITIONS = 8
PROPERTIES = {"session.timeout.ms": 2000, "heartbeat.interval.ms": 300}


class GroupsTest(MlmonTest):
    properties = PROPERTIES

    def setUp(self):
        super().setUp()
        self.kafka = self.start_kafka()
        self.kafka.create("events", PARTITIONS)
        self.url = postgres_server.SERVER.new_database()
        self.expect_code(self.mlmon("state", "init", "--state", self.url), 0)
        self.count = 0

    def start_kafka(self, **settings):
        return RealKafka(self, self.dir / "kafka", group_min_session_timeout_ms=1000, **settings)

    def command(self, *args):
        sets = [word for key, value in self.properties.items()
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

    def read(self):
        """Records that are read and committed."""
        return sum(map(int, self.sql('SELECT "offset" FROM sources')))

    def end(self, running):
        for run in running:
            run.send_signal(signal.SIGTERM)
        self.assertEqual([run.wait(mlmon_run.TIMEOUT) for run in running], [0] * len(running))

    def expect_all_of(self, events):
        """What was decided and written is what one run makes of a file with them."""
        file = self.run_events(self.write("events.ndjson", events))
        self.assertGreater(len(file.actions), 100)
        written = {line for path in self.dir.glob("out*") for line in path.read_bytes().splitlines()}
        self.assertEqual(without_places(written), without_places(file.out.splitlines()))
        self.assertEqual(len(self.sql("SELECT id FROM actions")), len(file.actions))


@available
class Groups(GroupsTest):
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
        wait_until(self, lambda: self.read() == len(events))
        wait_until(self, lambda: self.sql("SELECT count(*) FROM outbox") == ["0"])
        self.end(running)
        self.expect_all_of(events)

    def test_runs_end_in_time_while_no_broker_says_anything(self):
        self.properties = {**PROPERTIES, "socket.timeout.ms": 3000, "topic.metadata.refresh.interval.ms": 500}
        self.kafka.produce("events", storm(300, models=5))
        running = [self.join() for _ in range(4)]
        wait_until(self, lambda: self.read() == 300)
        self.kafka.process.send_signal(signal.SIGSTOP)
        self.addCleanup(lambda: self.kafka.process.send_signal(signal.SIGCONT))
        time.sleep(6)
        for run in running:
            time.sleep(1.3)
            self.end([run])  # within --shutdown-timeout

    def test_speed(self):
        events = storm(400_000, models=200)
        self.kafka.produce("events", events)
        for count in (1, 2, 4, 8):
            self.url = postgres_server.SERVER.new_database()
            self.expect_code(self.mlmon("state", "init", "--state", self.url), 0)
            begin = time.monotonic()
            runs = [self.start(*self.command("-q", "--set", f'input.kafka.group="speed{count}"', "-o",
                                             self.dir / f"speed{count}.{i}"), stderr=subprocess.DEVNULL)
                    for i in range(count)]
            self.assertEqual([run.wait(mlmon_run.TIMEOUT) for run in runs], [0] * count)
            seconds = time.monotonic() - begin
            self.assertEqual(self.read(), len(events))
            print(f"{count} runs: {len(events) / seconds:,.0f} events/s with the time to join", file=sys.stderr)


@available
class Network(GroupsTest):
    properties = {**PROPERTIES, "socket.timeout.ms": 10_000}

    def start_kafka(self):
        self.to_kafka = Proxy(self)
        kafka = super().start_kafka(advertised_listeners=f"PLAINTEXT://127.0.0.1:{self.to_kafka.port}")
        self.to_kafka.target = int(kafka.brokers.rsplit(":", 1)[1])
        return kafka

    def setUp(self):
        super().setUp()
        self.to_postgres = Proxy(self, postgres_server.SERVER.port)
        self.url = self.url.replace(f":{postgres_server.SERVER.port}/", f":{self.to_postgres.port}/")

    def test_connections_that_are_cut_slow_and_silent(self):
        events = storm(16_000, models=50)
        steps = [self.to_kafka.cut, self.to_postgres.cut, lambda: self.slow(self.to_kafka), lambda: self.slow(self.to_postgres),
                 self.to_kafka.silence, self.to_postgres.cut, self.to_postgres.silence, self.to_kafka.cut]
        running = [self.join() for _ in range(3)]
        for step, disturb in enumerate(steps):
            self.kafka.produce("events", events[step * 2000:(step + 1) * 2000])
            begin = time.monotonic()
            disturb()
            # PostgreSQL that says nothing is given up after two minutes.
            wait_until(self, lambda: self.read() == (step + 1) * 2000, seconds=200)
            print(f"step {step}: all is read after {time.monotonic() - begin:.1f} s", file=sys.stderr)
        self.end(running)
        self.assertIn("no answer for 2m", (self.dir / "stderr").read_text())
        self.expect_all_of(events)

    def slow(self, proxy):
        proxy.delay = 0.3
        time.sleep(5)
        proxy.delay = 0


@available
class Deleted(GroupsTest):
    properties = {"session.timeout.ms": 60_000, "heartbeat.interval.ms": 1000}

    def test_records_that_are_gone_before_they_are_read_are_told_of_and_gone_past(self):
        events = storm(300, models=1)
        self.kafka.produce("events", events[:100], partition=3)
        run = self.join()
        wait_until(self, lambda: self.read() == 100)
        run.send_signal(signal.SIGSTOP)
        time.sleep(2)  # the broker has answered the last question of the run: the next records are in no buffer of it
        self.kafka.produce("events", events[100:200], partition=3)
        self.kafka.client("delete_before", "events", 3, 160)
        run.send_signal(signal.SIGCONT)
        wait_until(self, lambda: self.read() == 200)
        self.kafka.produce("events", events[200:], partition=3)
        wait_until(self, lambda: self.read() == 300)
        self.end([run])
        self.assertRegex((self.dir / "stderr").read_text(), r"kafka://events/3: records \d+ to 159 were deleted before they were "
                                                            r"read; it goes on at 160")


if __name__ == "__main__":
    postgres_server.run_tests(mlmon_run.main)
