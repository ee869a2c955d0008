"""A broker of Kafka itself (KRaft, of Maven Central) that ends with the test, and a client of it (confluent-kafka of
PyPI). What is not there is fetched once into build/full; what cannot be had skips the test."""

import json
import random
import shutil
import subprocess
import time
import unittest
from pathlib import Path

from components import FOLDER, environment_of, free_port
from lines import metrics

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>t</groupId><artifactId>t</artifactId><version>1</version><dependencies><dependency>
<groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.4.0</version></dependency>
</dependencies></project>"""

CLIENT = Path(__file__).with_name("kafka_client.py")
available = unittest.skipUnless(shutil.which("mvn") and shutil.which("java"), "needs maven and a JRE")


def jars():
    folder = FOLDER / "kafka"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "libs").exists():
        (folder / "pom.xml").write_text(POM)
        done = subprocess.run(["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=libs",
                               "-DincludeScope=runtime"], cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            shutil.rmtree(folder / "libs", ignore_errors=True)
            raise unittest.SkipTest(f"Kafka: {done.stdout.strip().splitlines()[-1:]}")
    return folder / "libs"


class RealKafka:
    """`folder`: where its data and logs go."""

    def __init__(self, test, folder, **settings):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, controller = free_port(), free_port()
        self.brokers = f"127.0.0.1:{self.port}"
        self.java = ["java", "-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-cp", f"{jars()}/*"]
        more = "\n".join(f"{key.replace('_', '.')}={value}" for key, value in settings.items())
        (self.folder / "server.properties").write_text(f"""
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://{self.brokers},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://{self.brokers}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={self.folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
log.cleaner.dedupe.buffer.size=4194304
log.retention.check.interval.ms=1000
{more}
""")
        tool = [*self.java, "kafka.tools.StorageTool"]
        uuid = subprocess.run([*tool, "random-uuid"], check=True, capture_output=True, text=True).stdout
        subprocess.run([*tool, "format", "-t", uuid.strip(), "-c", "server.properties"], cwd=self.folder, check=True,
                       capture_output=True)
        self.process = None
        test.addCleanup(self.kill)
        self.start()

    def start(self):
        log = open(self.folder / "broker.log", "ab")
        self.process = subprocess.Popen([*self.java, "kafka.Kafka", "server.properties"], cwd=self.folder, stdout=log,
                                        stderr=log)
        log.close()
        self.client("wait")

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def url(self, *topics):
        return f"kafka://{self.brokers}/{','.join(topics)}"

    def client(self, *command, stdin=b""):
        python = environment_of("kafka-client", "confluent-kafka==2.16.0") / "python3"
        done = subprocess.run([python, CLIENT, self.brokers, *map(str, command)], input=stdin, capture_output=True)
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode("utf-8", "replace")[-2000:])
        return done.stdout.decode().strip()

    def create(self, topic, partitions=1, **config):
        self.client("create", topic, partitions, *(f"{k.replace('_', '.')}={v}" for k, v in config.items()))

    def produce(self, topic, lines, partition=-1, codec="none", transaction=""):
        """A record a line; `partition` -1: by the model's name. `transaction`: commit, abort or open."""
        self.client("produce", topic, partition, codec, transaction, stdin=b"".join(lines))


def wait_until(test, holds, seconds=60):
    end = time.monotonic() + seconds
    while not holds():
        test.assertLess(time.monotonic(), end, "it took too long")
        time.sleep(0.1)


def storm(count, models):
    """Events of which some breach, in event time."""
    dice = random.Random(count)
    return [metrics(f1=round(dice.uniform(0.7, 1.0) - 0.5 * (dice.random() < 0.02), 3), model__name=f"m{i % models}",
                    captured_at=f"2026-02-{i // 86400 % 28 + 1:02}T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}Z")
            for i in range(count)]


def without_places(lines):
    """Actions but for where their events stand, in order of their ids."""
    actions = [json.loads(line) for line in lines]
    return sorted(json.dumps({k: v for k, v in a.items() if k not in ("source", "line", "offset")}, sort_keys=True)
                  for a in actions)
