"""What tests do with a real Kafka. Run by the Python that has confluent-kafka: kafka_client.py BROKERS COMMAND ..."""

import json
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

BROKERS = sys.argv[1]


def admin():
    return AdminClient({"bootstrap.servers": BROKERS, "log_level": 0})


def finish(futures):
    for future in futures.values():
        future.result()


def wait():
    """Until the broker answers, at most a minute."""
    client = admin()
    for _ in range(60):
        try:
            return client.list_topics(timeout=1)
        except Exception:  # of the library's own kind; there is nothing to do but to ask again
            time.sleep(0.1)
    raise SystemExit("no broker answers")


def create(topic, partitions, *config):
    settings = dict(pair.split("=", 1) for pair in config)
    client = admin()
    finish(client.create_topics([NewTopic(topic, int(partitions), 1, config=settings)]))
    while topic not in client.list_topics(timeout=10).topics:
        time.sleep(0.1)


def grow(topic, partitions):
    client = admin()
    finish(client.create_partitions([NewPartitions(topic, int(partitions))]))


def delete(topic):
    client = admin()
    finish(client.delete_topics([topic]))
    while topic in client.list_topics(timeout=10).topics:
        time.sleep(0.1)


def delete_before(topic, partition, offset):
    client = admin()
    finish(client.delete_records([TopicPartition(topic, int(partition), int(offset))]))


def topics():
    print("\n".join(sorted(admin().list_topics(timeout=10).topics)))


def produce(topic, partition, codec, transaction):
    settings = {"bootstrap.servers": BROKERS, "compression.type": codec, "linger.ms": 20, "log_level": 0,
                "partitioner": "murmur2_random", "queue.buffering.max.messages": 1_000_000}
    if transaction:
        settings["transactional.id"] = f"t-{time.time_ns()}"
    producer = Producer(settings)
    if transaction:
        producer.init_transactions(30)
        producer.begin_transaction()
    for line in sys.stdin.buffer:
        value = line.rstrip(b"\n")
        where = {"partition": int(partition)} if int(partition) >= 0 else {"key": json.loads(value)["model"]["name"]}
        while True:
            try:
                producer.produce(topic, value, headers={"traceparent": b"ignored"}, **where)
                break
            except BufferError:
                producer.poll(0.1)
    if producer.flush(60):
        raise SystemExit("not all was taken")
    if transaction == "commit":
        producer.commit_transaction(30)
    elif transaction == "abort":
        producer.abort_transaction(30)
    # open: the transaction is left as it is


def committed(group, topic, partition):
    consumer = Consumer({"bootstrap.servers": BROKERS, "group.id": group, "log_level": 0})
    print(consumer.committed([TopicPartition(topic, int(partition))], timeout=30)[0].offset)
    consumer.close()


if __name__ == "__main__":
    {f.__name__: f for f in (wait, create, grow, delete, delete_before, topics, produce, committed)}[sys.argv[2]](*sys.argv[3:])
