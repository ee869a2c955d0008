"""Brokers of Kafka that end with the test: librdkafka's own, in a process of theirs (tests/kafka/mock_kafka.cpp)."""

import os
import subprocess

PROGRAM = os.environ.get("MLMON_MOCK_KAFKA", "")


class MockKafka:
    def __init__(self, test, brokers=1):
        self.process = subprocess.Popen([PROGRAM, str(brokers)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        test.addCleanup(self.end)
        self.brokers = self.process.stdout.readline().strip()

    def end(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait()
            self.process.stdout.close()

    def url(self, *topics):
        return f"kafka://{self.brokers}/{','.join(topics)}"

    def tell(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def topic(self, name, partitions=1):
        answer = self.tell("topic", name, partitions)
        assert answer == "NO_ERROR", answer

    def produce(self, topic, *values, partition=0, codec="none"):
        """Records, bytes or None each; returns the offset of the last."""
        offset = None
        for value in values:
            answer = self.tell("produce", topic, partition, "-" if value is None else value.hex(), codec)
            offset = int(answer)
        return offset

    def down(self, broker=1):
        assert self.tell("down", broker) == "NO_ERROR"

    def up(self, broker=1):
        assert self.tell("up", broker) == "NO_ERROR"

    def lead(self, topic, partition, broker=1):
        """`broker`: -1 for none."""
        assert self.tell("leader", topic, partition, broker) == "NO_ERROR"

    def committed(self, group, topic, partition=0):
        return int(self.tell("committed", group, topic, partition))
