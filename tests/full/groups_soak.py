#!/usr/bin/env python3
"""./dev soak --cluster: eight runs over 32 partitions of Kafka itself and a state in PostgreSQL. Runs, database and broker are
killed, stopped and cut off at random; what is decided and written is what one undisturbed run comes to."""

import os
import random
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

import groups_test
import mlmon_run
import postgres_server
from lines import metrics
from real_kafka import RealKafka, available

SECONDS = int(os.environ.get("MLMON_SOAK_SECONDS", 600))


@available
class Soak(groups_test.GroupTest):
    partitions = 32
    patience = 300 + SECONDS / 2

    def start_kafka(self):
        kafka = RealKafka(self, self.dir / "kafka", group_min_session_timeout_ms=1000)
        kafka.create("events", self.partitions)
        return kafka

    def setUp(self):
        super().setUp()
        self.written = 0  # records

    def produce(self, count):
        """So many events of each of 64 models, of which some breach; a record's key is its model's name."""
        lines = [metrics(f1=self.chance.choice((0.5, 0.9, 0.95)), model__name=f"m{n}")
                 for _ in range(count) for n in range(2 * self.partitions)]
        self.kafka.produce("events", lines)
        self.written += len(lines)

    def wait_for_all(self):
        self.wait_until("all was read", lambda: self.sql('SELECT sum("offset") FROM sources') == [[str(self.written)]])
        self.wait_until("all was delivered", lambda: self.sql("SELECT count(*) FROM outbox") == [["0"]])

    def test_nothing_is_lost_and_nothing_doubled(self):
        seed = int(os.environ.get("MLMON_SEED", time.time()))
        self.chance = random.Random(seed)
        disturbances = {"killed": self.kill, "stopped": self.stop, "ended": self.end, "cut off": self.cut,
                        "database killed": self.kill_database, "broker killed": self.kill_broker}
        counts = dict.fromkeys(disturbances, 0)
        self.running = [self.join() for _ in range(8)]
        end = time.monotonic() + SECONDS
        try:
            while time.monotonic() < end:
                self.produce(self.chance.randint(1, 4))
                what = self.chance.choices(list(disturbances), [8, 3, 3, 3, 1, 1])[0]
                disturbances[what]()
                counts[what] += 1
            self.wait_for_all()
            for member in self.running:
                member.end()
            lines = self.expect_undisturbed()
        finally:
            print(f"seed {seed}: {self.written} events; {counts}", file=sys.stderr)
        print(f"{len(set(lines))} actions, none lost, none doubled; {len(lines) - len(set(lines))} lines written twice",
              file=sys.stderr)

    def kill(self):
        self.running.pop(self.chance.randrange(len(self.running))).kill()
        self.running.append(self.join())

    def end(self):
        # What another run had taken to deliver when it was killed waits for its lease to end.
        self.running.pop(self.chance.randrange(len(self.running))).end(codes=(0, 4))
        self.running.append(self.join())

    def stop(self):
        process = self.chance.choice(self.running).process
        process.send_signal(signal.SIGSTOP)
        time.sleep(self.chance.uniform(0, 2 * groups_test.SESSION))
        process.send_signal(signal.SIGCONT)

    def cut(self):
        postgres_server.SERVER.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                    "WHERE application_name LIKE 'mlmon run%'")

    def kill_database(self):
        postgres_server.SERVER.stop(signal.SIGKILL)
        postgres_server.SERVER.start()

    def kill_broker(self):
        self.kafka.kill()
        self.kafka.start()


if __name__ == "__main__":
    postgres_server.run_tests(mlmon_run.main)
