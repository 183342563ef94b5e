#!/usr/bin/env python3
"""Writes one record to a partition in a transaction: poison-partition.py BROKERS TOPIC PARTITION

A transaction ends with a marker, which takes an offset that holds no record. A job that declares its topic contiguous
(kafka.contiguous) stops the partition there: it cannot know that nothing was lost. Uses librdkafka, as the services do.
"""
import ctypes
import sys

PRODUCER, COPY, TIMEOUT_MS = 0, 2, 30_000


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    brokers, topic, partition = sys.argv[1], sys.argv[2], int(sys.argv[3])
    kafka = ctypes.CDLL("librdkafka.so.1")
    pointer = ctypes.c_void_p
    for name in ("conf_new", "new", "topic_new", "init_transactions", "begin_transaction", "commit_transaction"):
        getattr(kafka, "rd_kafka_" + name).restype = pointer
    kafka.rd_kafka_error_string.restype = ctypes.c_char_p
    error = ctypes.create_string_buffer(512)

    def checked(problem):
        if problem:
            sys.exit("poison-partition: " + kafka.rd_kafka_error_string(pointer(problem)).decode())

    configuration = pointer(kafka.rd_kafka_conf_new())
    for key, value in (("bootstrap.servers", brokers), ("transactional.id", topic + "-poison")):
        if kafka.rd_kafka_conf_set(configuration, key.encode(), value.encode(), error, len(error)) != 0:
            sys.exit("poison-partition: " + error.value.decode())
    producer = pointer(kafka.rd_kafka_new(PRODUCER, configuration, error, len(error)))
    if not producer:
        sys.exit("poison-partition: " + error.value.decode())
    checked(kafka.rd_kafka_init_transactions(producer, TIMEOUT_MS))
    checked(kafka.rd_kafka_begin_transaction(producer))
    handle = pointer(kafka.rd_kafka_topic_new(producer, topic.encode(), None))
    value = b"not an ad event"
    if kafka.rd_kafka_produce(handle, partition, COPY, value, ctypes.c_size_t(len(value)), None, ctypes.c_size_t(0), None):
        sys.exit("poison-partition: the record was not taken")
    checked(kafka.rd_kafka_commit_transaction(producer, TIMEOUT_MS))


main()
