#!/usr/bin/env python3
"""Events from Kafka, against brokers of librdkafka's own (mock_kafka.py). The real one is in full/kafka_test.py."""

import json
import signal
import subprocess
import time
import unittest

import mlmon_run
from kafka_runs import KafkaRuns, source
from lines import drift, metrics
from mlmon_run import SANITIZED, environment
from mock_kafka import PROGRAM, MockKafka

SECONDS = 240 if SANITIZED else 60


def value(line):
    """A record's value needs no newline."""
    return line.rstrip(b"\n")


def without_places(actions):
    return [{k: v for k, v in action.items() if k not in ("source", "line", "offset")} for action in actions]


class KafkaTest(KafkaRuns):
    def setUp(self):
        super().setUp()
        self.kafka = MockKafka(self)

    def run_topics(self, *topics, args=(), state=True, **more):
        where = ["--state", self.state] if state else []
        return self.run_events(*where, *args, self.kafka.url(*topics), state=state, **more)

    def until(self, holds):
        end = time.monotonic() + SECONDS
        while not holds():
            self.assertLess(time.monotonic(), end, "it took too long")
            time.sleep(0.05)


class Batch(KafkaTest):
    def test_a_topic_gives_the_actions_that_a_file_gives(self):
        lines = [metrics(f1=0.5), metrics(f1=0.9), drift(p_value=0.01), metrics(f1=0.4, model__name="other")]
        self.kafka.topic("events")
        self.kafka.produce("events", *map(value, lines))
        run = self.run_topics("events")
        self.expect_code(run, 0)
        file = self.run_events(self.write("events.ndjson", lines))
        self.assertTrue(file.actions)
        self.assertEqual(without_places(run.actions), without_places(file.actions))
        self.assertEqual({a["source"] for a in run.actions}, {"kafka://events/0"})
        self.assertEqual({a["line"] for a in run.actions}, {1})
        self.assertEqual([a["offset"] for a in run.actions], [a["line"] - 1 for a in file.actions])
        self.assertEqual(source(run, "kafka://events/0")["events"], 4)

    def test_the_next_run_goes_on_behind_the_last(self):
        self.kafka.topic("events", 2)
        self.kafka.produce("events", value(metrics(f1=0.5)))
        self.assertEqual(len(self.run_topics("events").receipt["sources"]), 2)
        self.kafka.produce("events", value(metrics(f1=0.9)))
        self.kafka.produce("events", value(metrics(f1=0.9, model__name="b")), partition=1)
        run = self.run_topics("events")
        self.assertEqual(source(run, "kafka://events/0")["from_offset"], 1)
        self.assertEqual(source(run, "kafka://events/0")["events"], 1)
        self.assertEqual(source(run, "kafka://events/1")["events"], 1)
        again = self.run_topics("events")
        self.assertEqual(sum(s["lines"] for s in again.receipt["sources"]), 0)
        from_start = self.run_topics("events", args=["--from-start"])
        self.assertEqual(sum(s["events"] for s in from_start.receipt["sources"]), 3)
        self.assertEqual(from_start.receipt["actions"]["new"], 0)

    def test_records_of_several_lines_tombstones_and_bad_lines(self):
        self.kafka.topic("events")
        self.kafka.produce("events", metrics(f1=0.9) + metrics(f1=0.5), None, b"no event",
                           metrics(f1=0.9) + b'{"type":"metrics"}\n')
        run = self.run_topics("events", args=["--quarantine", "bad.ndjson", "-v"])
        self.expect_code(run, 0)
        counts = source(run, "kafka://events/0")
        self.assertEqual((counts["lines"], counts["events"], counts["empty"], counts["bad"]), (6, 3, 1, 2))
        self.assertEqual((counts["from_offset"], counts["to_offset"]), (0, 4))
        self.assertEqual({(a["offset"], a["line"]) for a in run.actions if a["action"] == "retrain"}, {(0, 2)})
        bad = [json.loads(line) for line in (self.dir / "bad.ndjson").read_text().splitlines()]
        self.assertEqual([(b["source"], b["offset"], b["line"], b["reason"]) for b in bad],
                         [("kafka://events/0", 2, 1, "invalid_json"), ("kafka://events/0", 3, 2, "missing_field")])
        self.assertIn("kafka://events/0: offset 2, line 1: invalid_json", run.err)

    def test_stop_at_a_bad_line_goes_on_in_its_record(self):
        self.kafka.topic("events")
        self.kafka.produce("events", value(metrics(f1=0.5)), metrics(f1=0.9) + b"bad\n" + metrics(f1=0.9))
        run = self.run_topics("events", args=["--bad-lines", "stop"])
        self.expect_code(run, 3)
        self.assertEqual(source(run, "kafka://events/0")["events"], 2)
        run = self.run_topics("events")
        counts = source(run, "kafka://events/0")
        self.assertEqual((counts["lines"], counts["bad"], counts["events"]), (2, 1, 1))

    def test_compressed_records(self):
        self.kafka.topic("events")
        for codec in ("gzip", "snappy", "lz4", "zstd"):
            self.kafka.produce("events", value(metrics(f1=0.9)), codec=codec)
        self.assertEqual(source(self.run_topics("events"), "kafka://events/0")["events"], 4)

    def test_a_model_in_two_partitions_is_told_once_and_counted(self):
        self.kafka.topic("events", 2)
        self.kafka.produce("events", *[value(metrics(f1=0.9))] * 2, partition=0)
        self.kafka.produce("events", *[value(metrics(f1=0.9))] * 2, partition=1)
        run = self.run_topics("events")
        self.assertEqual(sum(s["misplaced"] for s in run.receipt["sources"]), 2)
        self.assertEqual(run.err.count("their order is kept in one partition only"), 1, run.err)

    def test_the_latest_is_kept_as_a_place(self):
        self.kafka.topic("events")
        self.kafka.produce("events", value(metrics(f1=0.5)))
        latest = ["--set", 'input.kafka.start="latest"']
        self.assertEqual(source(self.run_topics("events", args=latest), "kafka://events/0")["lines"], 0)
        self.kafka.produce("events", value(metrics(f1=0.9)))
        self.assertEqual(source(self.run_topics("events", args=latest), "kafka://events/0")["lines"], 1)

    def test_the_offsets_of_the_group_follow_and_do_not_lead(self):
        self.kafka.topic("events")
        self.kafka.produce("events", *[value(metrics(f1=0.9))] * 3)
        group = ["--set", 'input.kafka.group="g1"']
        self.run_topics("events", args=[*group, "--dry-run"])
        self.assertEqual(self.kafka.committed("g1", "events"), -1001)
        self.run_topics("events", args=group)
        self.assertEqual(self.kafka.committed("g1", "events"), 3)
        self.state = self.dir / "other"
        self.assertEqual(source(self.run_topics("events", args=group), "kafka://events/0")["lines"], 3)

    def test_a_topic_that_was_made_anew_is_named(self):
        self.kafka.topic("events")
        self.kafka.produce("events", *[value(metrics(f1=0.9))] * 3)
        self.run_topics("events")
        self.kafka = MockKafka(self)
        self.kafka.topic("events")
        self.kafka.produce("events", value(metrics(f1=0.9)))
        run = self.run_topics("events")
        self.expect_code(run, 1)
        self.assertIn("kafka://events/0: was read up to record 3, but ends at 1 now", run.err)
        run = self.run_topics("events", args=["--from-start"])
        self.expect_code(run, 0)
        self.assertEqual(source(run, "kafka://events/0")["events"], 1)
        self.expect_code(self.run_topics("events"), 0)

    def test_without_a_state_all_is_read_each_time(self):
        self.kafka.topic("events")
        self.kafka.produce("events", value(metrics(f1=0.5)))
        for _ in range(2):
            run = self.run_topics("events", state=False)
            self.assertEqual([a["action"] for a in run.actions], ["retrain", "alert"])
        self.assertEqual(self.kafka.committed("mlmon", "events"), -1001)

    def test_a_topic_that_is_not_there_is_named_and_others_are_read(self):
        self.kafka.topic("events")
        self.kafka.produce("events", value(metrics(f1=0.5)))
        run = self.run_topics("events", "no.such")
        if "no.such/0" in json.dumps(run.receipt):
            self.skipTest("this librdkafka's brokers make topics that are asked for")
        self.expect_code(run, 1)
        self.assertIn("kafka://no.such: there is no such topic", run.err)
        self.assertEqual([a["action"] for a in run.actions], ["retrain", "alert"])


class Follow(KafkaTest):
    def test_lines_are_decided_on_as_they_come(self):
        self.kafka.topic("events", 2)
        process = self.follow(self.kafka.url("events"))
        for number, partition in enumerate((0, 1, 0)):
            self.kafka.produce("events", value(metrics(f1=0.5, model__name=f"m{number}")), partition=partition)
            for _ in ("retrain", "alert"):
                action = json.loads(process.stdout.readline())
                self.assertEqual(action["source"], f"kafka://events/{partition}")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(SECONDS), 0, self.stderr())
        receipt = json.loads((self.dir / "receipt.json").read_text())
        self.assertEqual(sum(s["events"] for s in receipt["sources"]), 3)

    def test_a_broker_that_goes_is_told_once_and_waited_for(self):
        self.kafka.topic("events")
        process = self.follow(self.kafka.url("events"), "--set", 'input.kafka.properties."reconnect.backoff.max.ms"=200')
        self.kafka.produce("events", value(metrics(f1=0.5)))
        self.assertTrue(process.stdout.readline() and process.stdout.readline())
        self.kafka.down()
        self.until(lambda: "no broker answers" in self.stderr())
        self.kafka.up()
        self.until(lambda: "a broker answers again" in self.stderr())
        self.kafka.produce("events", value(metrics(f1=0.5, model__name="b")))
        self.assertEqual(json.loads(process.stdout.readline())["offset"], 1)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(SECONDS), 0, self.stderr())
        self.assertEqual(self.stderr().count("no broker answers"), 1, self.stderr())

    def test_a_partition_without_a_leader_is_named_and_read_once_it_has_one(self):
        self.kafka.topic("events", 2)
        for partition in (0, 1):
            self.kafka.produce("events", value(metrics(f1=0.5, model__name=f"m{partition}")), partition=partition)
        self.kafka.lead("events", 1, -1)
        process = self.follow(self.kafka.url("events"))
        for partition in (0, 1):
            for _ in ("retrain", "alert"):
                self.assertEqual(json.loads(process.stdout.readline())["source"], f"kafka://events/{partition}")
            self.until(lambda: "kafka://events/1: has no leader, and is read once it has one" in self.stderr())
            self.kafka.lead("events", 1)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(SECONDS), 0, self.stderr())
        self.assertEqual(self.stderr().count("has no leader"), 1, self.stderr())

    def test_killed_at_any_time_the_actions_are_those_of_one_run(self):
        names = [f"m{i}" for i in range(40)]
        lines = [value(metrics(f1=0.5, model__name=name)) for name in names for _ in range(5)]
        self.kafka.topic("events", 3)
        for at, line in enumerate(lines):
            self.kafka.produce("events", line, partition=at // 5 % 3)
        undisturbed = self.run_topics("events", args=["-o", "one.ndjson"])
        self.expect_code(undisturbed, 0)
        self.state = self.dir / "killed"
        for kill in range(6):
            process = self.start("run", "--state", self.state, "-o", "killed.ndjson", "--set",
                                 'bus.checkpoint_every="1ms"', self.kafka.url("events"), stderr=subprocess.DEVNULL)
            time.sleep(0.01 * kill + 0.01)
            process.kill()
            process.wait()
        self.expect_code(self.run_topics("events", args=["-o", "killed.ndjson"]), 0)
        one, killed = [sorted((self.dir / f"{name}.ndjson").read_text().splitlines()) for name in ("one", "killed")]
        self.assertGreaterEqual(len(one), len(names))
        self.assertEqual(killed, one)


class Refused(KafkaTest):
    def refused(self, *args, config=None):
        if config is not None:
            args = ("-c", self.write("mlmon.toml", config), *args)
        run = self.mlmon("run", "--no-state", *args)
        self.expect_code(run, 2)
        return run.err

    def test_files_and_topics_do_not_mix(self):
        file = self.write("a.ndjson", [])
        self.assertIn("either files or Kafka", self.refused(file, self.kafka.url("t")))
        self.assertIn("either files or Kafka", self.refused("-", self.kafka.url("t")))
        both = f'[input]\nfiles = ["a.ndjson"]\n[input.kafka]\nbrokers = ["b"]\ntopics = ["t"]\n'
        self.assertIn("mlmon.toml:5: input.kafka.topics", self.refused(config=both))

    def test_addresses_that_name_nothing(self):
        self.assertIn("no broker is named", self.refused("kafka:///t"))
        self.assertIn("no topic is named", self.refused("kafka://b:9092"))
        self.assertIn("other brokers", self.refused("kafka://a:1/t", "kafka://b:1/t"))
        err = self.refused("kafka://me:s3cret@b/t")
        self.assertNotIn("s3cret", err)

    def test_keys_are_checked_and_named(self):
        err = self.refused(config="""[input.kafka]
brokers = ["b:x"]
topics = ["a b"]
start = "middle"
[input.kafka.properties]
"no.such.thing" = "1"
security.protocol = "s3cret"
"group.id" = "g"
""")
        self.assertIn('mlmon.toml:2: input.kafka.brokers[0]: expected HOST or HOST:PORT, got "b:x"', err)
        self.assertIn("mlmon.toml:3: input.kafka.topics[0]", err)
        self.assertIn("mlmon.toml:4: input.kafka.start", err)
        self.assertIn('mlmon.toml:6: input.kafka.properties."no.such.thing": not a property of librdkafka', err)
        self.assertIn('mlmon.toml:7: input.kafka.properties."security.protocol"', err)
        self.assertIn("mlmon.toml:8", err)
        self.assertNotIn("s3cret", err)

    def test_properties_are_hidden(self):
        config = self.write("mlmon.toml", '[input.kafka.properties]\nsasl.password = "s3cret"\n')
        for args in (("config", "show", "--json"), ("config", "show"), ("check",)):
            run = self.mlmon(*args, "-c", config)
            self.expect_code(run, 0)
            self.assertNotIn("s3cret", run.out.decode() + run.err)

    def test_only_run_reads_topics(self):
        run = self.mlmon("backtest", self.kafka.url("t"))
        self.assertNotEqual(run.code, 0)
        self.assertIn("only `mlmon run` reads topics of Kafka", run.err)


class Configured(KafkaTest):
    def test_topics_of_the_configuration_are_read_and_an_address_wins(self):
        for topic in ("a", "b"):
            self.kafka.topic(topic)
            self.kafka.produce(topic, value(metrics(f1=0.9)))
        brokers = json.dumps(self.kafka.brokers.split(","))
        config = self.write("mlmon.toml", f'[input.kafka]\nbrokers = {brokers}\ntopics = ["a"]\n')
        names = lambda *args: [s["source"] for s in self.run_events("-c", config, *args).receipt["sources"]]
        self.assertEqual(names(), ["kafka://a/0"])
        self.assertEqual(names("kafka:///b"), ["kafka://b/0"])
        self.assertEqual(names(self.write("f.ndjson", [metrics(f1=0.9)])), [str(self.dir / "f.ndjson")])


if __name__ == "__main__":
    if not PROGRAM:
        raise SystemExit("MLMON_MOCK_KAFKA must name tests/mock_kafka of the build")
    mlmon_run.main()
