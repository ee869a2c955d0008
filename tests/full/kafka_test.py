#!/usr/bin/env python3
"""Events from Kafka itself: transactions, retention, topics made anew, partitions that are added, kill -9 of the run
and of the broker, memory, and a broker that is never there."""

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

import mlmon_run
from components import free_port
from kafka_runs import KafkaRuns, source
from lines import metrics
from real_kafka import RealKafka, available, storm, wait_until, without_places


@available
class FromKafka(KafkaRuns):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="mlmon-kafka-")
        cls.addClassCleanup(folder.cleanup)

        class Cleanups:
            addCleanup = staticmethod(cls.addClassCleanup)

        cls.kafka = RealKafka(Cleanups, folder.name)

    def setUp(self):
        super().setUp()
        self.topic = self.id().rsplit(".", 1)[1][:80]

    def run_topic(self, *args, topic=None, **more):
        return self.run_events("--state", self.state, *args, self.kafka.url(topic or self.topic), state=True, **more)

    def test_many_partitions_give_the_actions_of_a_file(self):
        lines = storm(20_000, models=50)
        self.kafka.create(self.topic, 8)
        self.kafka.produce(self.topic, lines, codec="lz4")
        run = self.run_topic()
        self.expect_code(run, 0)
        file = self.run_events(self.write("events.ndjson", lines))
        self.assertGreater(len(file.actions), 100)
        self.assertEqual(without_places(run.out.splitlines()), without_places(file.out.splitlines()))
        self.assertEqual(sum(s["events"] for s in run.receipt["sources"]), len(lines))
        self.assertEqual(sum(s["misplaced"] for s in run.receipt["sources"]), 0)
        self.assertEqual(sum(s["lines"] for s in self.run_topic().receipt["sources"]), 0)

    def test_transactions(self):
        self.kafka.create(self.topic)
        events = [metrics(f1=0.5, model__name=f"m{i}") for i in range(4)]
        self.kafka.produce(self.topic, events[:1], transaction="commit")
        self.kafka.produce(self.topic, events[1:2], transaction="abort")
        self.kafka.produce(self.topic, events[2:3], transaction="commit")
        run = self.run_topic()
        self.expect_code(run, 0)
        self.assertEqual([a["model"]["name"] for a in run.actions if a["action"] == "retrain"], ["m0", "m2"])
        # Behind the marks of the transactions: nothing is left for tools that watch the lag.
        self.assertEqual(source(run, f"kafka://{self.topic}/0")["to_offset"], 6)
        self.assertEqual(self.kafka.client("committed", "mlmon", self.topic, 0), "6")
        self.kafka.produce(self.topic, events[3:], transaction="open")
        run = self.run_topic()
        self.expect_code(run, 0)
        self.assertEqual(source(run, f"kafka://{self.topic}/0")["lines"], 0)

    def test_an_unknown_topic_is_named_and_not_made(self):
        run = self.run_topic(topic="no.such")
        self.expect_code(run, 1)
        self.assertIn("kafka://no.such: there is no such topic", run.err)
        self.assertNotIn("no.such", self.kafka.client("topics").split())

    def test_a_topic_that_comes_later_is_waited_for(self):
        process = self.follow(self.kafka.url(self.topic))
        wait_until(self, lambda: "there is no such topic" in self.stderr())
        self.kafka.create(self.topic)
        self.kafka.produce(self.topic, [metrics(f1=0.5)])
        self.assertEqual(json.loads(process.stdout.readline())["source"], f"kafka://{self.topic}/0")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0, self.stderr())

    def test_partitions_that_are_added_are_read(self):
        self.kafka.create(self.topic)
        process = self.follow("--set", 'input.kafka.start="latest"', self.kafka.url(self.topic))
        time.sleep(1)
        self.kafka.client("grow", self.topic, 2)
        self.kafka.produce(self.topic, [metrics(f1=0.5)], partition=1)
        self.assertEqual(json.loads(process.stdout.readline())["source"], f"kafka://{self.topic}/1")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0, self.stderr())

    def test_a_topic_that_was_made_anew_is_named(self):
        self.kafka.create(self.topic)
        self.kafka.produce(self.topic, [metrics(f1=0.9)] * 3)
        self.expect_code(self.run_topic(), 0)
        self.kafka.client("delete", self.topic)
        self.kafka.create(self.topic)
        self.kafka.produce(self.topic, [metrics(f1=0.9)])
        told = f"kafka://{self.topic}/0: was read up to record 3, but ends at 1 now"
        run = self.run_topic()
        self.expect_code(run, 1)
        self.assertIn(told, run.err)
        process = self.follow(self.kafka.url(self.topic))
        self.assertEqual(process.wait(60), 1, self.stderr())
        self.assertIn(told, self.stderr())
        run = self.run_topic("--from-start")
        self.expect_code(run, 0)
        self.assertEqual(source(run, f"kafka://{self.topic}/0")["events"], 1)

    def test_records_that_were_deleted_unread_are_told_of(self):
        self.kafka.create(self.topic)
        self.kafka.produce(self.topic, [metrics(f1=0.9)] * 2)
        self.expect_code(self.run_topic(), 0)
        self.kafka.produce(self.topic, [metrics(f1=0.9)] * 5)
        self.kafka.client("delete_before", self.topic, 0, 5)
        run = self.run_topic()
        self.expect_code(run, 0)
        self.assertIn(f"kafka://{self.topic}/0: records 2 to 4 were deleted before they were read", run.err)
        self.assertEqual(source(run, f"kafka://{self.topic}/0")["events"], 2)

    def test_killed_in_the_middle_the_actions_are_those_of_one_run(self):
        lines = storm(100_000, models=200)
        self.kafka.create(self.topic, 6)
        self.kafka.produce(self.topic, lines, codec="zstd")
        self.expect_code(self.run_topic("-o", "one.ndjson"), 0)
        self.state = self.dir / "killed"
        dice = random.Random(7)
        kills = 0
        whole = (self.dir / "one.ndjson").stat().st_size
        written = self.dir / "killed.ndjson"
        written.touch()
        while kills < 15:
            enough = written.stat().st_size + dice.randrange(whole // 10)
            process = self.start("run", "--state", self.state, "-o", written, "--set",
                                 'bus.checkpoint_every="5ms"', self.kafka.url(self.topic), stderr=subprocess.DEVNULL)
            while process.poll() is None and written.stat().st_size <= enough:
                time.sleep(0.001)
            if process.poll() is not None:
                break
            process.kill()
            process.wait()
            kills += 1
        self.assertGreater(kills, 3)
        self.expect_code(self.run_topic("-o", "killed.ndjson"), 0)
        one, killed = ((self.dir / f"{name}.ndjson").read_text().splitlines() for name in ("one", "killed"))
        self.assertEqual(sorted(killed), sorted(one))

    def test_a_broker_that_is_killed_is_waited_for(self):
        lines = storm(30_000, models=20)
        self.kafka.create(self.topic, 3)
        process = self.follow("-o", "out.ndjson", self.kafka.url(self.topic))
        self.kafka.produce(self.topic, lines[:10_000])
        for outages, part in enumerate((lines[10_000:20_000], lines[20_000:]), 1):
            self.kafka.kill()
            time.sleep(3)
            self.kafka.start()
            self.kafka.produce(self.topic, part)
            # A broker that dies again before it was seen would be away once and not twice.
            wait_until(self, lambda: self.stderr().count("a broker answers again") == outages)
        file = self.run_events(self.write("events.ndjson", lines))
        wait_until(self, lambda: len((self.dir / "out.ndjson").read_bytes().splitlines()) >= len(file.actions))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0, self.stderr())
        self.assertEqual(without_places((self.dir / "out.ndjson").read_bytes().splitlines()),
                         without_places(file.out.splitlines()))
        self.assertEqual(self.stderr().count("no broker answers"), 2, self.stderr())

    def test_memory_is_bounded_however_well_records_are_compressed(self):
        self.kafka.create(self.topic, 4)
        for _ in range(10):
            self.kafka.produce(self.topic, [metrics(f1=0.9, model__name=f"m{i % 10}") for i in range(50_000)],
                               codec="zstd")
        run = self.run_topic()
        self.expect_code(run, 0)
        self.assertEqual(sum(s["events"] for s in run.receipt["sources"]), 500_000)
        self.assertLess(run.peak_kib, 128 * 1024)

    def test_a_broker_that_is_never_there_is_named(self):
        for follow in ([], ["--follow"]):
            url = f"kafka://127.0.0.1:{free_port()}/events"
            run = self.run_events(*follow, "--state", self.state, url, state=True)
            self.expect_code(run, 1)
            self.assertIn(url.rsplit("/", 1)[0] + ": no broker answers: ", run.err)


if __name__ == "__main__":
    mlmon_run.main()
